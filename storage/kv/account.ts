/**
 * A handle on an account.
 *
 * @module
 */

import {
  changeSomething,
  checkMetadata,
  type MetadataChanges,
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
import { checkNewName, INBOX, parseName, tryParseName } from "../names.ts";
import type {
  Account,
  AccountChange,
  Mailbox,
  MessagesChange,
} from "../storage.ts";
import type { AccountEntry } from "./account_entry.ts";
import { type Change, together } from "./batch.ts";
import { touchChange } from "./changes.ts";
import {
  createChange,
  deleteChange,
  type ListContext,
  metadataChange,
  renameChange,
  updateChange,
} from "./list_changes.ts";
import { HeadWatch } from "./head_watch.ts";
import { decodeHead, statusOf } from "./head.ts";
import { headKey } from "./keys.ts";
import { KvMailbox } from "./mailbox.ts";
import { NO_MAILBOX, readEntries } from "./metadata.ts";
import type { Process } from "./process.ts";
import type { Node } from "./tree.ts";

/** Keys in one read: Deno KV takes no more. */
const KEYS_AT_ONCE = 10;
/** Reads of heads under way together. */
const READS_AT_ONCE = 50;

/** See the module's text. */
export class KvAccount implements Account {
  /** See {@linkcode Account.user}. */
  readonly user: string;
  readonly #process: Process;
  readonly #entry: AccountEntry;
  readonly #common: AccountEntry;
  readonly #release: (entry: AccountEntry) => void;
  #open = true;
  readonly #stops = new Set<() => void>();

  /**
   * A handle on an account that is pinned for it.
   * @param common what all accounts have together
   * @param release gives one pin of the account back
   */
  constructor(
    process: Process,
    entry: AccountEntry,
    common: AccountEntry,
    release: (entry: AccountEntry) => void,
  ) {
    this.#process = process;
    this.#entry = entry;
    this.#common = common;
    this.#release = release;
    this.user = entry.user;
  }

  /** See {@linkcode Account.mailboxes}. */
  async mailboxes(): Promise<readonly MailboxInfo[]> {
    await this.#refresh();
    return this.#entry.tree.infos(this.#delimiter);
  }

  /** See {@linkcode Account.mailbox}. */
  async mailbox(name: string): Promise<MailboxInfo | undefined> {
    const path = tryParseName(name, this.#delimiter);
    if (path === undefined) return undefined;
    await this.#refresh();
    return this.#info(path);
  }

  /** See {@linkcode Account.createMailbox}. */
  async createMailbox(
    name: string,
    options: { specialUse?: readonly string[] } = {},
  ): Promise<MailboxInfo> {
    const path = this.#newName(name);
    await this.#create(path, options.specialUse);
    return this.#info(path)!;
  }

  async #create(
    path: readonly string[],
    specialUse: readonly string[] = [],
    oldName?: string,
  ): Promise<void> {
    await this.#refresh();
    const numbers = await this.#numbers(path.length + 1);
    const uses = [...specialUse];
    await this.#process.db.committer.submit(
      createChange(this.#context, path, numbers, uses, oldName),
    );
  }

  /** See {@linkcode Account.deleteMailbox}. */
  async deleteMailbox(name: string): Promise<void> {
    const path = tryParseName(name, this.#delimiter);
    await this.#refresh();
    const node = path && this.#entry.tree.find(path);
    if (node === undefined) throw noSuchMailbox();
    if (path!.length === 1 && path![0] === INBOX) {
      throw new StorageError("CANNOT", "INBOX cannot be deleted");
    }
    if (node.mailbox === 0) {
      throw new StorageError("HASCHILDREN", "There are mailboxes below it");
    }
    const { cache, db, maintenance } = this.#process;
    const mailbox = cache.pin(node.mailbox as MailboxId);
    try {
      await db.committer.submit(deleteChange(this.#context, path!, mailbox));
    } finally {
      cache.unpin(mailbox);
    }
    maintenance.garbage();
  }

  /** See {@linkcode Account.renameMailbox}. */
  async renameMailbox(from: string, to: string): Promise<void> {
    const path = tryParseName(from, this.#delimiter);
    await this.#refresh();
    if (path === undefined || this.#entry.tree.find(path) === undefined) {
      throw noSuchMailbox();
    }
    const newPath = this.#newName(to);
    if (path.length === 1 && path[0] === INBOX) {
      await this.#renameInbox(newPath);
      return;
    }
    const numbers = await this.#numbers(newPath.length);
    const change = renameChange(this.#context, path, newPath, numbers);
    await this.#process.db.committer.submit(change);
  }

  /** The messages move, the mailbox stays (RFC 9051 § 6.3.6). */
  async #renameInbox(newPath: readonly string[]): Promise<void> {
    const node = this.#entry.tree.find(newPath);
    if (node !== undefined) throw alreadyThere();
    const name = newPath.join(this.#delimiter);
    const [entries] = await this.metadata([{ mailbox: INBOX }]);
    const metadata = new Map(entries!.map((e) => [e.name, e.value]));
    const { limits } = this.#process.db.settings;
    const { total } = this.#entry.tree.metadata;
    checkMetadata(new Map(), metadata, total, limits);
    await this.#create(newPath, [], INBOX);
    if (metadata.size > 0) await this.setMetadata({ mailbox: name }, metadata);
    const inbox = await this.openMailbox(INBOX);
    try {
      const target = await this.openMailbox(name);
      try {
        await inbox.moveTo(inbox.state.allUids(), target);
      } finally {
        target.close();
      }
    } finally {
      inbox.close();
    }
  }

  /** See {@linkcode Account.updateMailbox}. */
  async updateMailbox(
    name: string,
    update: { subscribed?: boolean; specialUse?: readonly string[] },
  ): Promise<void> {
    const path = parseName(name, this.#delimiter);
    if (update.subscribed === true) {
      checkNewName(path, this.#delimiter, this.#process.db.settings.limits);
    }
    await this.#refresh();
    const change = updateChange(this.#context, path, update);
    await this.#process.db.committer.submit(change);
  }

  /** See {@linkcode Account.status}. */
  async status(
    names: readonly string[],
  ): Promise<(MailboxStatus | undefined)[]> {
    await this.#refresh();
    const { db, cache } = this.#process;
    const found = names.map((): MailboxStatus | undefined => undefined);
    const wanted: { index: number; mailbox: number }[] = [];
    for (const [index, name] of names.entries()) {
      const mailbox = this.#node(name)?.mailbox ?? 0;
      if (mailbox === 0) continue;
      const known = cache.peek(mailbox as MailboxId);
      if (known?.loaded && !known.stale) {
        if (!db.freshness.holds(known)) await db.committer.refresh(known);
        found[index] = known.status;
      } else wanted.push({ index, mailbox });
    }
    const read = async (from: number) => {
      const some = wanted.slice(from, from + KEYS_AT_ONCE);
      const keys = some.map(({ mailbox }) => headKey(mailbox));
      const heads = await db.reader.getMany<Uint8Array[]>(keys);
      for (const [at, { value }] of heads.entries()) {
        if (value === null) continue;
        found[some[at]!.index] = statusOf(decodeHead(value as Uint8Array));
      }
    };
    const reading: Promise<void>[] = [];
    for (let from = 0; from < wanted.length; from += KEYS_AT_ONCE) {
      reading.push(read(from));
      if (reading.length === READS_AT_ONCE) {
        await Promise.all(reading.splice(0));
      }
    }
    await Promise.all(reading);
    return found;
  }

  /** See {@linkcode Account.metadata}. */
  async metadata(
    owners: readonly MetadataOwner[],
    wanted: MetadataFilter = () => true,
  ): Promise<(readonly MetadataEntry[] | undefined)[]> {
    await this.#refresh();
    if (owners.includes("storage")) await this.#refresh(this.#common);
    const { reader } = this.#process.db;
    const all: (readonly MetadataEntry[] | undefined)[] = [];
    for (const owner of owners) {
      const mailbox = typeof owner === "string"
        ? NO_MAILBOX
        : this.#node(owner.mailbox)?.mailbox || undefined;
      const { tree } = owner === "storage" ? this.#common : this.#entry;
      const index = mailbox === undefined
        ? undefined
        : tree.metadata.of(mailbox);
      const entries = await readEntries(reader, index, wanted);
      all.push(mailbox === undefined ? undefined : entries);
    }
    return all;
  }

  /** See {@linkcode Account.setMetadata}. */
  async setMetadata(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): Promise<void> {
    let change = await this.#metadataChange(owner, changes);
    if (common !== undefined) {
      change = together(change, await this.#metadataChange("storage", common));
    }
    const [before] = await this.metadata([owner], (name) => changes.has(name));
    const values = new Map(before?.map(({ name, value }) => [name, value]));
    const changed = before === undefined || changeSomething(values, changes);
    if (!changed && common === undefined) return;
    const { db: { committer }, maintenance } = this.#process;
    if (typeof owner === "string") {
      await committer.submit(change);
      return;
    }
    const mailbox = await this.openMailbox(owner.mailbox);
    try {
      const entry = KvMailbox.entryOf(this.#process, mailbox);
      await committer.submit(together(change, touchChange(entry)));
      maintenance.changed(entry);
    } finally {
      mailbox.close();
    }
  }

  async #metadataChange(
    owner: MetadataOwner,
    changes: MetadataChanges,
  ): Promise<Change<void>> {
    const account = owner === "storage" ? this.#common : this.#entry;
    let path: string[] | undefined;
    if (typeof owner !== "string") {
      path = tryParseName(owner.mailbox, this.#delimiter);
      if (path === undefined) throw noSuchMailbox();
    }
    await this.#refresh(account);
    const copied = new Map(
      [...changes].map(([name, value]) => [name, value && value.slice()]),
    );
    const home = path === undefined ? (await this.#numbers(1))[0]! : 0;
    const context = { account, settings: this.#process.db.settings };
    return metadataChange(context, path, copied, home);
  }

  /** See {@linkcode Account.openMailbox}. */
  async openMailbox(name: string): Promise<Mailbox> {
    await this.#refresh();
    const node = this.#node(name);
    if (node === undefined || node.mailbox === 0) throw noSuchMailbox();
    const id = node.mailbox as MailboxId;
    const mailbox = await this.#process.cache.open(id);
    const account = this.#entry;
    mailbox.account = account;
    account.pins++;
    const inbox = account.tree.find([INBOX])?.mailbox ?? 0;
    mailbox.owner = { user: account.user, inbox };
    let lastName = account.tree.pathOf(node).join(this.#delimiter);
    const nameOf = () => {
      const carrier = account.tree.carrierOf(id);
      if (carrier) {
        lastName = account.tree.pathOf(carrier).join(this.#delimiter);
      }
      return lastName;
    };
    return new KvMailbox(
      this.#process,
      mailbox,
      nameOf,
      () => this.#release(account),
    );
  }

  /** See {@linkcode Account.onChange}. */
  onChange(listener: (change: AccountChange) => void): () => void {
    const ends = [this.#entry, this.#common].flatMap((entry) => [
      entry.listeners.add(listener),
      this.#process.watch(entry),
    ]);
    return this.#stopOnce(() => {
      for (const end of ends) end();
    });
  }

  /** See {@linkcode Account.watchMessages}. */
  async watchMessages(
    listener: (change: MessagesChange) => void,
  ): Promise<() => void> {
    const entry = this.#entry;
    const stopListening = entry.messageListeners.add(listener);
    const stop = this.#stopOnce(() => {
      stopListening();
      if (entry.messageListeners.size > 0) return;
      entry.headWatch?.close();
      entry.headWatch = undefined;
    });
    if (this.#process.watching) {
      entry.headWatch ??= new HeadWatch(this.#process, entry);
      await entry.headWatch.ready;
    }
    return stop;
  }

  /** What is stopped when it is called, or when the handle is given back; once. */
  #stopOnce(end: () => void): () => void {
    const stop = () => {
      if (this.#stops.delete(stop)) end();
    };
    this.#stops.add(stop);
    return stop;
  }

  /** See {@linkcode Account.close}. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const stop of [...this.#stops]) stop();
    this.#release(this.#entry);
  }

  get #delimiter(): string {
    return this.#process.db.settings.hierarchyDelimiter;
  }

  get #context(): ListContext {
    return { account: this.#entry, settings: this.#process.db.settings };
  }

  async #refresh(entry = this.#entry): Promise<void> {
    const { freshness, committer } = this.#process.db;
    if (!freshness.holds(entry)) await committer.refresh(entry);
  }

  #newName(name: string): string[] {
    const path = parseName(name, this.#delimiter);
    checkNewName(path, this.#delimiter, this.#process.db.settings.limits);
    return path;
  }

  #node(name: string): Node | undefined {
    const path = tryParseName(name, this.#delimiter);
    return path && this.#entry.tree.find(path);
  }

  #info(path: readonly string[]): MailboxInfo | undefined {
    const { tree } = this.#entry;
    const node = tree.find(path);
    const name = path.join(this.#delimiter);
    if (node === undefined && !tree.subscribed.has(name)) return undefined;
    return tree.info(name, node);
  }

  async #numbers(count: number): Promise<number[]> {
    const first = await this.#process.db.mailboxNumbers.take(count);
    return Array.from({ length: count }, (_, index) => first + index);
  }
}

function noSuchMailbox(): StorageError {
  return new StorageError("NONEXISTENT", "There is no such mailbox");
}

function alreadyThere(): StorageError {
  return new StorageError("ALREADYEXISTS", "There is such a mailbox already");
}
