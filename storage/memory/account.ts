/**
 * The mailboxes of a user in memory: a map from names.
 *
 * @module
 */

import { Listeners } from "../listeners.ts";
import {
  changeSomething,
  checkMetadata,
  type MetadataChanges,
  metadataCost,
  type MetadataEntry,
  type MetadataFilter,
  type MetadataOwner,
} from "../metadata.ts";
import {
  type MailboxId,
  type MailboxInfo,
  type MailboxStatus,
  StorageError,
} from "../model.ts";
import {
  checkNewName,
  compareNames,
  INBOX,
  nextUidValidity,
  parseName,
  tryParseName,
} from "../names.ts";
import type {
  Account,
  AccountChange,
  Mailbox,
  MessagesChange,
} from "../storage.ts";
import { ThreadNotes } from "../threads.ts";
import { MemoryBox, type MemoryContext, MemoryMailbox } from "./mailbox.ts";

/** What the accounts of a storage share. */
export interface MemoryAccountContext extends MemoryContext {
  /** What separates the levels of a name. */
  readonly hierarchyDelimiter: string;
  /** A number that no mailbox has had. */
  nextMailboxId(): MailboxId;
  /** The metadata of all accounts together. */
  readonly metadata: Map<string, Uint8Array>;
  /** Who hears of changes to it. */
  readonly listeners: Listeners<AccountChange>;
}

/** One user's mailboxes, shared by all handles on the account. */
export class MemoryAccount {
  /** The mailboxes that exist, by full name. Names between them exist as names only. */
  readonly boxes: Map<string, MemoryBox> = new Map();
  /** Subscribed names. */
  readonly subscribed: Set<string> = new Set();
  /** Who hears of changes to the list. */
  readonly listeners: Listeners<AccountChange> = new Listeners();
  /** The metadata that is no mailbox's. */
  readonly metadata: Map<string, Uint8Array> = new Map();
  /** Who hears of messages in any of the mailboxes. */
  readonly messageListeners: Listeners<MessagesChange> = new Listeners();
  /** Whether the account is gone. */
  deleted = false;
  #lastUidValidity = 0;
  readonly #threads = new ThreadNotes();

  /** An account with an `INBOX`. */
  constructor(readonly context: MemoryAccountContext) {
    this.add(INBOX);
  }

  /** Makes a mailbox. */
  add(name: string): MemoryBox {
    const { context } = this;
    this.#lastUidValidity = nextUidValidity(
      this.#lastUidValidity,
      context.now(),
    );
    const id = context.nextMailboxId();
    const uidValidity = this.#lastUidValidity;
    const box = new MemoryBox(
      this.context,
      name,
      { id, uidValidity },
      this.#threads,
    );
    this.boxes.set(name, box);
    box.listeners.add((change) => {
      if (change.type === "delete") return;
      const { type, uids: { length: count } } = change;
      this.messageListeners.notify({ mailbox: box.name, type, count });
    });
    return box;
  }

  /** All metadata of the account. */
  *allMetadata(): Iterable<ReadonlyMap<string, Uint8Array>> {
    yield this.metadata;
    for (const { metadata } of this.boxes.values()) yield metadata;
  }

  /** The mailboxes below a name. */
  below(name: string): MemoryBox[] {
    const prefix = name + this.context.hierarchyDelimiter;
    return [...this.boxes.values()].filter((b) => b.name.startsWith(prefix));
  }

  /** What there is to say of a name; undefined when it is not in the list. */
  info(name: string): MailboxInfo | undefined {
    const box = this.boxes.get(name);
    const subscribed = this.subscribed.has(name);
    const hasChildren = this.below(name).length > 0;
    if (box === undefined && !subscribed && !hasChildren) return undefined;
    const there = box &&
      { id: box.state.id, uidValidity: box.state.uidValidity };
    const specialUse = box?.specialUse ?? [];
    return { name, ...there, specialUse, subscribed, hasChildren };
  }

  /** Every mailbox goes. */
  destroy(): void {
    this.deleted = true;
    for (const box of this.boxes.values()) box.destroy();
    this.boxes.clear();
    this.subscribed.clear();
    this.metadata.clear();
  }
}

/** A handle on an account. */
export class MemoryAccountHandle implements Account {
  readonly #account: MemoryAccount;

  /** A handle on this account. */
  constructor(readonly user: string, account: MemoryAccount) {
    this.#account = account;
  }

  get #delimiter(): string {
    return this.#account.context.hierarchyDelimiter;
  }

  /** See {@linkcode Account.mailboxes}. */
  // deno-lint-ignore require-await
  async mailboxes(): Promise<readonly MailboxInfo[]> {
    const paths = new Map<string, string[]>();
    for (const name of this.#account.subscribed) {
      paths.set(name, name.split(this.#delimiter));
    }
    for (const name of this.#account.boxes.keys()) {
      const path = name.split(this.#delimiter);
      for (let level = 1; level <= path.length; level++) {
        const upper = path.slice(0, level);
        paths.set(upper.join(this.#delimiter), upper);
      }
    }
    return [...paths].sort((a, b) => compareNames(a[1], b[1]))
      .map(([name]) => this.#account.info(name)!);
  }

  /** See {@linkcode Account.mailbox}. */
  // deno-lint-ignore require-await
  async mailbox(name: string): Promise<MailboxInfo | undefined> {
    const path = tryParseName(name, this.#delimiter);
    return path && this.#account.info(path.join(this.#delimiter));
  }

  /** See {@linkcode Account.createMailbox}. */
  // deno-lint-ignore require-await
  async createMailbox(
    name: string,
    options: { specialUse?: readonly string[] } = {},
  ): Promise<MailboxInfo> {
    const full = this.#newName(name);
    this.#create(full).specialUse = [...options.specialUse ?? []];
    this.#account.listeners.notify({ type: "create", name: full });
    return this.#account.info(full)!;
  }

  #create(name: string): MemoryBox {
    const { boxes, context } = this.#account;
    if (boxes.has(name)) throw taken();
    if (boxes.size >= context.limits.maxMailboxes) {
      throw new StorageError("LIMIT", "Too many mailboxes");
    }
    return this.#account.add(name);
  }

  /** See {@linkcode Account.deleteMailbox}. */
  // deno-lint-ignore require-await
  async deleteMailbox(name: string): Promise<void> {
    const full = this.#existing(name);
    const box = this.#account.boxes.get(full);
    if (full === INBOX) {
      throw new StorageError("CANNOT", "INBOX cannot be deleted");
    }
    if (box === undefined) {
      throw new StorageError("HASCHILDREN", "There are mailboxes below it");
    }
    this.#account.boxes.delete(full);
    box.destroy();
    this.#account.listeners.notify({ type: "delete", name: full });
  }

  /** See {@linkcode Account.renameMailbox}. */
  async renameMailbox(from: string, to: string): Promise<void> {
    const account = this.#account;
    const oldName = this.#existing(from);
    const name = this.#newName(to);
    const { limits } = account.context;
    if (account.boxes.has(name) || account.below(name).length > 0) {
      throw taken();
    }
    if (name.startsWith(oldName + this.#delimiter) && oldName !== INBOX) {
      throw new StorageError("CANNOT", "A mailbox cannot go below itself");
    }
    if (oldName === INBOX) {
      const inbox = new MemoryMailbox(account.boxes.get(INBOX)!);
      const { metadata } = account.boxes.get(INBOX)!;
      const total = costOf(account.allMetadata());
      checkMetadata(new Map(), metadata, total, limits);
      const box = this.#create(name);
      const target = new MemoryMailbox(box);
      for (const [entry, value] of metadata) box.metadata.set(entry, value);
      account.listeners.notify({ type: "rename", name, oldName });
      await inbox.moveTo(inbox.state.allUids(), target);
      return;
    }
    const below = account.below(oldName);
    const self = account.boxes.get(oldName);
    const moved = self === undefined ? below : [self, ...below];
    const newNames = moved.map((b) => name + b.name.slice(oldName.length));
    for (const newName of newNames) {
      checkNewName(newName.split(this.#delimiter), this.#delimiter, limits);
    }
    for (const box of moved) account.boxes.delete(box.name);
    moved.forEach((box, index) => {
      box.name = newNames[index]!;
      account.boxes.set(box.name, box);
    });
    account.listeners.notify({ type: "rename", name, oldName });
  }

  /** See {@linkcode Account.updateMailbox}. */
  // deno-lint-ignore require-await
  async updateMailbox(
    name: string,
    update: { subscribed?: boolean; specialUse?: readonly string[] },
  ): Promise<void> {
    const { boxes, subscribed, context } = this.#account;
    const path = parseName(name, this.#delimiter);
    const full = path.join(this.#delimiter);
    const box = boxes.get(full);
    this.#checkThere();
    if (update.specialUse !== undefined && box === undefined) {
      throw new StorageError("NONEXISTENT", "There is no such mailbox");
    }
    if (update.subscribed === true && !subscribed.has(full)) {
      checkNewName(path, this.#delimiter, context.limits);
      if (subscribed.size >= context.limits.maxMailboxes) {
        throw new StorageError("LIMIT", "Too many subscriptions");
      }
      subscribed.add(full);
    } else if (update.subscribed === false) subscribed.delete(full);
    if (box !== undefined && update.specialUse !== undefined) {
      box.specialUse = [...update.specialUse];
    }
    const aspect = update.subscribed === undefined
      ? "specialUse"
      : "subscription";
    this.#account.listeners.notify({ type: "update", name: full, aspect });
  }

  /** See {@linkcode Account.status}. */
  // deno-lint-ignore require-await
  async status(
    names: readonly string[],
  ): Promise<(MailboxStatus | undefined)[]> {
    return names.map((name) => this.#box(name)?.status());
  }

  /** See {@linkcode Account.metadata}. */
  // deno-lint-ignore require-await
  async metadata(
    owners: readonly MetadataOwner[],
    wanted: MetadataFilter = () => true,
  ): Promise<(readonly MetadataEntry[] | undefined)[]> {
    return owners.map((owner) => {
      const metadata = this.#metadataOf(owner);
      return metadata && [...metadata.keys()].sort()
        .map((name) => ({ name, value: metadata.get(name)! }))
        .filter(({ name, value }) => wanted(name, value.length));
    });
  }

  /** See {@linkcode Account.setMetadata}. */
  // deno-lint-ignore require-await
  async setMetadata(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): Promise<void> {
    const apply = this.#planMetadata(owner, changes);
    const applyCommon = common && this.#planMetadata("storage", common);
    apply();
    applyCommon?.();
  }

  /** Checks a change of metadata; the function that is returned makes it. */
  #planMetadata(owner: MetadataOwner, changes: MetadataChanges): () => void {
    this.#checkThere();
    const { context, listeners } = this.#account;
    const metadata = this.#metadataOf(owner);
    if (metadata === undefined) throw noSuchMailbox();
    const common = owner === "storage";
    const total = costOf(common ? [metadata] : this.#account.allMetadata());
    const sizes = new Map(
      [...metadata].map(([name, value]) => [name, value.length]),
    );
    checkMetadata(sizes, changes, total, context.limits);
    const box = typeof owner === "string"
      ? undefined
      : this.#box(owner.mailbox);
    return () => {
      if (!changeSomething(metadata, changes)) return;
      for (const [name, value] of changes) {
        if (value === null) metadata.delete(name);
        else metadata.set(name, value.slice());
      }
      (common ? context.listeners : listeners).notify({
        type: "metadata",
        name: typeof owner === "string"
          ? ""
          : parseName(owner.mailbox, this.#delimiter).join(this.#delimiter),
        entries: [...changes.keys()],
      });
      box?.touch();
    };
  }

  #metadataOf(owner: MetadataOwner): Map<string, Uint8Array> | undefined {
    if (owner === "storage") return this.#account.context.metadata;
    if (owner === "account") return this.#account.metadata;
    return this.#box(owner.mailbox)?.metadata;
  }

  /** See {@linkcode Account.openMailbox}. */
  // deno-lint-ignore require-await
  async openMailbox(name: string): Promise<Mailbox> {
    const box = this.#box(name);
    if (box === undefined) throw noSuchMailbox();
    return new MemoryMailbox(box);
  }

  /** See {@linkcode Account.onChange}. */
  onChange(listener: (change: AccountChange) => void): () => void {
    const { context, listeners } = this.#account;
    const ends = [listeners.add(listener), context.listeners.add(listener)];
    return () => {
      for (const end of ends) end();
    };
  }

  /** See {@linkcode Account.watchMessages}. */
  // deno-lint-ignore require-await
  async watchMessages(
    listener: (change: MessagesChange) => void,
  ): Promise<() => void> {
    return this.#account.messageListeners.add(listener);
  }

  /** Nothing to give back. */
  close(): void {}

  #checkThere(): void {
    if (this.#account.deleted) {
      throw new StorageError("NONEXISTENT", "The account is gone");
    }
  }

  #box(name: string): MemoryBox | undefined {
    const path = tryParseName(name, this.#delimiter);
    return path && this.#account.boxes.get(path.join(this.#delimiter));
  }

  /** A name under which there is a mailbox, or mailboxes below it. */
  #existing(name: string): string {
    const full = tryParseName(name, this.#delimiter)?.join(this.#delimiter);
    if (
      full === undefined ||
      !this.#account.boxes.has(full) && this.#account.below(full).length === 0
    ) throw noSuchMailbox();
    return full;
  }

  #newName(name: string): string {
    this.#checkThere();
    const path = parseName(name, this.#delimiter);
    checkNewName(path, this.#delimiter, this.#account.context.limits);
    return path.join(this.#delimiter);
  }
}

/** What entries count for. */
function costOf(all: Iterable<ReadonlyMap<string, Uint8Array>>): number {
  let sum = 0;
  for (const entries of all) {
    for (const [name, value] of entries) {
      sum += metadataCost(name, value.length);
    }
  }
  return sum;
}

function noSuchMailbox(): StorageError {
  return new StorageError("NONEXISTENT", "There is no such mailbox");
}

function taken(): StorageError {
  return new StorageError("ALREADYEXISTS", "There is such a mailbox already");
}
