/**
 * An account in this process: its tree of mailboxes, valid while the account's head is.
 *
 * @module
 */

import { Listeners } from "../listeners.ts";
import { StorageError } from "../model.ts";
import type { AccountChange, MessagesChange } from "../storage.ts";
import type { Subject } from "./batch.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import type { Database } from "./database.ts";
import type { HeadWatch } from "./head_watch.ts";
import {
  accountKey,
  COMMON,
  indexesOf,
  nodesOf,
  subscriptionsOf,
} from "./keys.ts";
import { decodeIndex, differingEntries, NO_MAILBOX } from "./metadata.ts";
import { decodeNode, MailboxTree, type Node } from "./tree.ts";

const VERSION = 1;
const MAX_ATTEMPTS = 20;

/** No user's name: what stands under it belongs to all accounts together, and is there from the beginning. */
export const EVERYBODY = "";

/** The head of an account. */
export interface AccountHead {
  /** The last UIDVALIDITY that was given. */
  readonly lastUidValidity: number;
  /** Counts the changes of the list. */
  readonly listVersion: number;
}

/** An account's head in bytes. */
export function encodeAccountHead(head: AccountHead): Uint8Array {
  return new ByteWriter(13).u8(VERSION).u32(head.lastUidValidity)
    .f64(head.listVersion).bytes();
}

/** An account's head from bytes. */
export function decodeAccountHead(bytes: Uint8Array): AccountHead {
  const from = new ByteReader(bytes).version(VERSION);
  return { lastUidValidity: from.u32(), listVersion: from.f64() };
}

/** See the module's text. */
export class AccountEntry implements Subject<AccountHead | null> {
  /** The user. */
  readonly user: string;
  /** See {@linkcode Subject.key}. */
  readonly key: Deno.KvKey;
  /** Who hears of changes to the list. */
  readonly listeners: Listeners<AccountChange> = new Listeners();
  /** Who hears of messages in any of the mailboxes. */
  readonly messageListeners: Listeners<MessagesChange> = new Listeners();
  /** What tells of other processes' changes while there is somebody who hears. */
  headWatch: HeadWatch | undefined;
  /** See {@linkcode Subject.versionstamp}. */
  versionstamp: string | null = null;
  /** See {@linkcode Subject.stale}. */
  stale = true;
  /** Open handles, of mailboxes too. */
  pins = 0;
  readonly #db: Database;
  #head: AccountHead | null = null;
  #tree = new MailboxTree();
  /** Whether anything has been read. */
  #known = false;

  /** Nothing is known yet. */
  constructor(db: Database, user: string) {
    this.#db = db;
    this.user = user;
    this.key = user === EVERYBODY ? COMMON : accountKey(user);
  }

  /** Whether there is such an account. */
  get exists(): boolean {
    return this.#head !== null;
  }

  /** The head. @throws {StorageError} NONEXISTENT when the account is gone */
  get head(): AccountHead {
    if (this.#head !== null) return this.#head;
    if (this.user === EVERYBODY) return { lastUidValidity: 0, listVersion: 0 };
    throw new StorageError("NONEXISTENT", "The account is gone");
  }

  /** The mailboxes. */
  get tree(): MailboxTree {
    return this.#tree;
  }

  /** See {@linkcode Subject.invalidate}. */
  invalidate(): void {
    this.stale = true;
  }

  /** See {@linkcode Subject.catchUp}. */
  async catchUp(): Promise<void> {
    const { reader } = this.#db;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const entry = await reader.get<Uint8Array>(this.key);
      if (entry.value === null || entry.versionstamp !== this.versionstamp) {
        const tree = await readTree(reader, this.user);
        const again = await reader.get(this.key);
        if (again.versionstamp !== entry.versionstamp) continue;
        const before = this.#tree;
        const known = this.#known &&
          (this.exists || this.user === EVERYBODY);
        this.#tree = tree;
        this.#head = entry.value === null
          ? null
          : decodeAccountHead(entry.value);
        this.versionstamp = entry.versionstamp;
        if (known) this.#tellDifference(before, tree);
      }
      this.stale = false;
      this.#known = true;
      return;
    }
    throw new StorageError(
      "UNAVAILABLE",
      "The account changes too fast to load",
    );
  }

  /** See {@linkcode Subject.encode}. */
  encode(draft: AccountHead | null): Uint8Array | null {
    return draft && encodeAccountHead(draft);
  }

  /** See {@linkcode Subject.committed}. */
  committed(draft: AccountHead | null, versionstamp: string): void {
    this.#head = draft;
    this.versionstamp = draft && versionstamp;
    if (draft === null) this.#tree = new MailboxTree();
  }

  /** Tells of a change to the messages of a mailbox. */
  messagesChanged(id: number, change: Omit<MessagesChange, "mailbox">): void {
    if (this.messageListeners.size === 0) return;
    const node = this.#tree.carrierOf(id);
    if (node === undefined) return;
    const { hierarchyDelimiter } = this.#db.settings;
    const mailbox = this.#tree.pathOf(node).join(hierarchyDelimiter);
    this.messageListeners.notify({ mailbox, ...change });
  }

  /** Tells of what others have done to the list. */
  #tellDifference(before: MailboxTree, after: MailboxTree): void {
    if (this.listeners.size === 0) return;
    const { hierarchyDelimiter } = this.#db.settings;
    const nameIn = (tree: MailboxTree, node: Node) =>
      tree.pathOf(node).join(hierarchyDelimiter);
    for (const node of before.nodes) {
      if (node.mailbox === 0 || after.carrierOf(node.mailbox)) continue;
      this.listeners.notify({ type: "delete", name: nameIn(before, node) });
    }
    for (const node of after.nodes) {
      if (node.mailbox === 0) continue;
      const name = nameIn(after, node);
      const old = before.carrierOf(node.mailbox);
      if (old === undefined) this.listeners.notify({ type: "create", name });
      else if (nameIn(before, old) !== name) {
        this.listeners.notify({
          type: "rename",
          name,
          oldName: nameIn(before, old),
        });
      } else if (old.specialUse.join(" ") !== node.specialUse.join(" ")) {
        this.listeners.notify({ type: "update", name, aspect: "specialUse" });
      }
    }
    const changed = new Set([
      ...before.metadata.mailboxes,
      ...after.metadata.mailboxes,
    ]);
    for (const mailbox of changed) {
      const node = after.carrierOf(mailbox);
      const here = mailbox === NO_MAILBOX ||
        node !== undefined && before.carrierOf(mailbox) !== undefined;
      if (!here) continue;
      const entries = differingEntries(
        before.metadata.of(mailbox),
        after.metadata.of(mailbox),
      );
      if (entries.length === 0) continue;
      const name = node === undefined ? "" : nameIn(after, node);
      this.listeners.notify({ type: "metadata", name, entries });
    }
    for (
      const name of before.subscribed.symmetricDifference(after.subscribed)
    ) {
      this.listeners.notify({ type: "update", name, aspect: "subscription" });
    }
  }
}

/** Reads the list of mailboxes of an account. */
export async function readTree(
  kv: Deno.Kv,
  user: string,
): Promise<MailboxTree> {
  const nodes: Node[] = [];
  const options = { batchSize: 500 };
  for await (
    const { key, value } of kv.list<Uint8Array>(
      { prefix: nodesOf(user) },
      options,
    )
  ) {
    nodes.push(decodeNode(key[2] as number, value));
  }
  const tree = new MailboxTree(nodes);
  for await (
    const { key } of kv.list({ prefix: subscriptionsOf(user) }, options)
  ) {
    tree.subscribe(key[2] as string, true);
  }
  for await (
    const { key, value } of kv.list<Uint8Array>(
      { prefix: indexesOf(user) },
      options,
    )
  ) {
    tree.metadata.set(key[2] as number, decodeIndex(value));
  }
  return tree;
}
