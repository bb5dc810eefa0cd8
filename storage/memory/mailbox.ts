/**
 * A mailbox in memory, and the handles on it.
 *
 * @module
 */

import { checkFlags, NO_FLAGS, planFlagChange } from "../flag_change.ts";
import { checkSizes, MAX_UID, type StorageLimits } from "../limits.ts";
import { Listeners } from "../listeners.ts";
import { MailboxState, type MessageRecord } from "../mailbox_state.ts";
import {
  type AppendResult,
  type ContentId,
  type CopyResult,
  type ExpungeResult,
  type FlagChange,
  type MailboxChange,
  type MailboxId,
  type MailboxStatus,
  type MessageBytes,
  type Modseq,
  type NewMessage,
  StorageError,
  type StoreResult,
  type Uid,
  type UidList,
} from "../model.ts";
import { statusOf } from "../status.ts";
import type { Mailbox } from "../storage.ts";
import type { ThreadNotes } from "../threads.ts";

/** What never changes of a message, and how many messages share it. */
interface Content {
  readonly source: Uint8Array;
  readonly summary: Uint8Array;
  references: number;
}

/** The contents of all messages of a storage, by number. */
export class Contents {
  readonly #contents = new Map<number, Content>();
  #last = 0;

  /** Keeps a message's content with one reference. */
  add(home: MailboxId, message: NewMessage): ContentId {
    const number = ++this.#last;
    this.#contents.set(number, {
      source: message.source.slice(),
      summary: message.summary.slice(),
      references: 1,
    });
    return { home, number };
  }

  /** One more message has the content. */
  share(id: ContentId): void {
    this.get(id)!.references++;
  }

  /** One message less has the content. */
  release(id: ContentId): void {
    const content = this.get(id)!;
    if (--content.references === 0) this.#contents.delete(id.number);
  }

  /** A content, or undefined when no message has it any more. */
  get(id: ContentId): Content | undefined {
    return this.#contents.get(id.number);
  }

  /** How many references each content should have, against how many it has. */
  *verify(counted: ReadonlyMap<number, number>): Iterable<string> {
    for (const [number, content] of this.#contents) {
      const references = counted.get(number) ?? 0;
      if (references !== content.references) {
        yield `Content ${number} counts ${content.references} references, has ${references}`;
      }
    }
  }
}

/** What the mailboxes of a storage share. */
export interface MemoryContext {
  /** The contents. */
  readonly contents: Contents;
  /** The limits. */
  readonly limits: StorageLimits;
  /** The time in milliseconds since 1970. */
  now(): number;
}

/** A mailbox: its state, who listens, and what can be done to it. Everything happens at once. */
export class MemoryBox {
  /** The state that all handles share. */
  readonly state: MailboxState;
  /** Who hears of changes. */
  readonly listeners: Listeners<MailboxChange> = new Listeners();
  /** Special uses (RFC 6154). */
  specialUse: readonly string[] = [];
  /** Its metadata. */
  readonly metadata: Map<string, Uint8Array> = new Map();

  /** An empty mailbox. */
  constructor(
    readonly context: MemoryContext,
    /** The full name. */
    public name: string,
    identity: { readonly id: MailboxId; readonly uidValidity: number },
    /** What is noted of the threads of the account. */
    readonly threads: ThreadNotes,
  ) {
    this.state = new MailboxState({
      ...identity,
      uidNext: 1,
      highestModseq: 1,
      firstRecent: 1,
      maxExpunged: context.limits.maxExpunged,
    });
  }

  /** The counts. */
  status(): MailboxStatus {
    return statusOf(this.state);
  }

  /** The mailbox has changed, and no message: it gets a modseq (RFC 7162 § 3.2.3). */
  touch(): void {
    const { state } = this;
    const changer = state.flagTable.changer(NO_FLAGS);
    const modseq = nextModseq(state);
    this.listeners.notify(
      state.applyFlags(modseq, new Uint32Array(), changer),
    );
  }

  /** Refuses when the mailbox is gone. */
  checkThere(): void {
    if (this.state.deleted) {
      throw new StorageError("NONEXISTENT", "The mailbox is gone");
    }
  }

  /**
   * Puts new messages at the end, as one change.
   * @param keep keeps the content of a message, or shares it; called when nothing can be refused any more
   * @throws {StorageError} NONEXISTENT, TOOBIG, LIMIT
   */
  append(
    messages: readonly NewMessage[],
    keep: (message: NewMessage) => ContentId,
  ): AppendResult {
    const { state, context: { limits, now } } = this;
    this.checkThere();
    checkSizes(messages, limits);
    checkFlags(state, messages.flatMap((m) => m.flags), limits);
    this.#checkUids(messages.length);
    if (messages.length === 0) {
      return { uids: new Uint32Array(), modseq: state.highestModseq };
    }
    const saveDate = now();
    const uids = this.add(messages.map((message) => {
      const content = keep(message);
      return {
        flags: [...message.flags],
        size: message.source.length,
        internalDate: message.internalDate,
        saveDate,
        thread: this.threads.assign(message.clues, content.number, saveDate),
        content,
      };
    }));
    return { uids, modseq: state.highestModseq };
  }

  /** Puts messages at the end, as one change, and returns their UIDs. @throws {StorageError} LIMIT */
  add(records: readonly Omit<MessageRecord, "uid" | "modseq">[]): UidList {
    const { state } = this;
    const first = state.uidNext;
    this.#checkUids(records.length);
    const modseq = nextModseq(state);
    const added = records.map((record, index): MessageRecord => ({
      ...record,
      uid: (first + index) as Uid,
      modseq,
    }));
    this.listeners.notify(state.applyAppend(modseq, added));
    return Uint32Array.from(added, (record) => record.uid);
  }

  /** Takes messages out, as one change. Their contents are the caller's business. */
  remove(uids: UidList): void {
    const { state } = this;
    this.listeners.notify(state.applyExpunge(nextModseq(state), uids));
  }

  #checkUids(count: number): void {
    if (this.state.uidNext + count - 1 > MAX_UID) {
      throw new StorageError("LIMIT", "The mailbox has no UIDs left");
    }
  }

  /** The mailbox goes, with everything in it. */
  destroy(): void {
    const { state } = this;
    for (let index = 0; index < state.length; index++) {
      this.context.contents.release(state.contentAt(index));
    }
    state.deleted = true;
    this.listeners.notify({ type: "delete" });
  }

  /** The places in the state of those UIDs that are there. */
  indexesOf(uids: UidList): number[] {
    return Array.from(uids, (uid) => this.state.indexOf(uid))
      .filter((index) => index >= 0);
  }
}

/** A handle on a mailbox. */
export class MemoryMailbox implements Mailbox {
  readonly #box: MemoryBox;

  /** A handle on this mailbox. */
  constructor(box: MemoryBox) {
    this.#box = box;
  }

  /** See {@linkcode Mailbox.state}. */
  get state(): MailboxState {
    return this.#box.state;
  }

  /** See {@linkcode Mailbox.name}. */
  get name(): string {
    return this.#box.name;
  }

  /** Nobody else writes. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  /** See {@linkcode Mailbox.append}. */
  // deno-lint-ignore require-await
  async append(messages: readonly NewMessage[]): Promise<AppendResult> {
    const box = this.#box;
    const { contents } = box.context;
    return box.append(
      messages,
      (message) => contents.add(box.state.id, message),
    );
  }

  /** See {@linkcode Mailbox.storeFlags}. */
  // deno-lint-ignore require-await
  async storeFlags(uids: UidList, change: FlagChange): Promise<StoreResult> {
    const box = this.#box;
    const { state } = box;
    box.checkThere();
    if (change.mode !== "remove") {
      checkFlags(state, change.flags, box.context.limits);
    }
    const { changed, modified, missing } = planFlagChange(state, uids, change);
    if (changed.length === 0) {
      return { changed, modified, missing, modseqs: [] };
    }
    const modseq = nextModseq(state);
    const changer = state.flagTable.changer(change);
    box.listeners.notify(state.applyFlags(modseq, changed, changer));
    return { changed, modified, missing, modseqs: [modseq] };
  }

  /** See {@linkcode Mailbox.expunge}. */
  // deno-lint-ignore require-await
  async expunge(uids: UidList): Promise<ExpungeResult> {
    const box = this.#box;
    const { state } = box;
    box.checkThere();
    const indexes = box.indexesOf(uids);
    const there = Uint32Array.from(indexes, (index) => state.uids[index]!);
    if (there.length > 0) {
      const contents = indexes.map((index) => state.contentAt(index));
      box.remove(there);
      for (const content of contents) box.context.contents.release(content);
    }
    return { uids: there, modseq: state.highestModseq };
  }

  /** See {@linkcode Mailbox.copyTo}. */
  // deno-lint-ignore require-await
  async copyTo(uids: UidList, target: Mailbox): Promise<CopyResult> {
    const indexes = this.#box.indexesOf(uids);
    this.#box.checkThere();
    if (indexes.length < uids.length) {
      throw new StorageError("EXPUNGEISSUED", "Some messages have gone");
    }
    const result = this.#transfer(indexes, this.#boxOf(target));
    for (const index of indexes) {
      this.#box.context.contents.share(this.state.contentAt(index));
    }
    return result;
  }

  /** See {@linkcode Mailbox.moveTo}. */
  // deno-lint-ignore require-await
  async moveTo(uids: UidList, target: Mailbox): Promise<CopyResult> {
    this.#box.checkThere();
    const result = this.#transfer(
      this.#box.indexesOf(uids),
      this.#boxOf(target),
    );
    if (result.source.length > 0) this.#box.remove(result.source);
    return result;
  }

  /** See {@linkcode Mailbox.replace}. */
  // deno-lint-ignore require-await
  async replace(
    uid: Uid,
    message: NewMessage,
    target: Mailbox,
  ): Promise<AppendResult> {
    const box = this.#box;
    const { contents } = box.context;
    const to = this.#boxOf(target);
    box.checkThere();
    const index = box.state.indexOf(uid);
    if (index < 0) {
      throw new StorageError("EXPUNGEISSUED", "The message has gone");
    }
    const content = box.state.contentAt(index);
    const result = to.append(
      [message],
      (message) => contents.add(to.state.id, message),
    );
    box.remove(Uint32Array.of(uid));
    contents.release(content);
    return result;
  }

  /** See {@linkcode Mailbox.readSource}. */
  // deno-lint-ignore require-await
  async readSource(
    uid: Uid,
    start = 0,
    end = Infinity,
  ): Promise<Uint8Array | undefined> {
    return this.#content(uid)?.source.subarray(start, Math.max(start, end));
  }

  /** See {@linkcode Mailbox.readSources}. */
  readSources(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#read(uids, "source");
  }

  /** See {@linkcode Mailbox.readSummaries}. */
  readSummaries(uids: UidList): AsyncIterable<readonly MessageBytes[]> {
    return this.#read(uids, "summary");
  }

  /** See {@linkcode Mailbox.claimRecent}. */
  claimRecent(): Uid {
    const { state } = this;
    const first = state.firstRecent;
    state.firstRecent = state.uidNext;
    return first;
  }

  /** See {@linkcode Mailbox.onChange}. */
  onChange(listener: (change: MailboxChange) => void): () => void {
    return this.#box.listeners.add(listener);
  }

  /** Nothing to give back. */
  close(): void {}

  /**
   * The mailbox that a handle is on, for the storage's own use.
   * @throws {TypeError} when it is a handle of another storage
   */
  static box(context: MemoryContext, mailbox: Mailbox): MemoryBox {
    if (mailbox instanceof MemoryMailbox) {
      const box = mailbox.#box;
      if (box.context === context) return box;
    }
    throw new TypeError("The other mailbox is in another storage");
  }

  #boxOf(target: Mailbox): MemoryBox {
    return MemoryMailbox.box(this.#box.context, target);
  }

  /** Puts messages of this mailbox into another too. */
  #transfer(indexes: readonly number[], target: MemoryBox): CopyResult {
    const records = indexes.map((index) => this.state.recordAt(index));
    const source = Uint32Array.from(records, (record) => record.uid);
    target.checkThere();
    if (records.length === 0) return { source, target: new Uint32Array() };
    const flags = new Set(records.flatMap((record) => record.flags));
    checkFlags(target.state, [...flags], target.context.limits);
    const saveDate = target.context.now();
    const uids = target.add(records.map((r) => ({ ...r, saveDate })));
    return { source, target: uids };
  }

  #content(uid: Uid): Content | undefined {
    const index = this.state.indexOf(uid);
    if (index < 0 || this.state.deleted) return undefined;
    return this.#box.context.contents.get(this.state.contentAt(index));
  }

  async *#read(
    uids: UidList,
    part: "source" | "summary",
  ): AsyncIterable<readonly MessageBytes[]> {
    for (let from = 0; from < uids.length; from += 100) {
      const batch: MessageBytes[] = [];
      for (const uid of uids.subarray(from, from + 100)) {
        const bytes = this.#content(uid as Uid)?.[part];
        if (bytes !== undefined) batch.push({ uid: uid as Uid, bytes });
      }
      if (batch.length > 0) yield batch;
    }
  }
}

function nextModseq(state: MailboxState): Modseq {
  return state.highestModseq + 1 as Modseq;
}
