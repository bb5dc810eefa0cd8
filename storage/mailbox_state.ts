/**
 * The committed state of a mailbox, in memory, in columns.
 *
 * One object a mailbox and process, shared by every session that has the mailbox selected and written to by
 * its storage alone, after each commit. Laws that readers lean on:
 *
 * - `uids` ascends. The array is never written below `length`: an append writes beyond it (or into a larger
 *   array), an expunge puts a new array in its place and raises `epoch`. A session that keeps the array it
 *   has told its client of, with the length it has told, holds a right map of sequence numbers for as long
 *   as it likes, for the price of a reference.
 * - Each change has one modseq, above all before it, and stands in `changedSince` until it is too old.
 * - Nothing here is ahead of what is durable.
 *
 * @module
 */

import {
  ChangeHistory,
  type ExpungedHistory,
  type MailboxChangeRecord,
} from "./change_history.ts";
import { type FlagSet, FlagTable } from "./flag_set.ts";
import { DEFAULT_STORAGE_LIMITS } from "./limits.ts";
import type {
  ContentId,
  MailboxChange,
  MailboxId,
  Modseq,
  Uid,
  UidList,
} from "./model.ts";
import { lowerBound } from "./uid_list.ts";

export type { MailboxChangeRecord } from "./change_history.ts";
export { concatUids, lowerBound } from "./uid_list.ts";

/** What a mailbox keeps of a message in memory. */
export interface MessageRecord {
  /** Its UID. */
  readonly uid: Uid;
  /** Its flags. */
  readonly flags: readonly string[];
  /** The modseq of its last change. */
  readonly modseq: Modseq;
  /** The size of the source in bytes (RFC822.SIZE). */
  readonly size: number;
  /** INTERNALDATE in milliseconds since 1970. */
  readonly internalDate: number;
  /** When it came into this mailbox, in milliseconds since 1970 (RFC 8514); 0 where nobody knows. */
  readonly saveDate: number;
  /** The number of its thread (RFC 8474 § 5.2), the same for all of one content; 0 or absent where it has none. */
  readonly thread?: number;
  /** Its body. */
  readonly content: ContentId;
}

/** Where a state begins: what a storage keeps in the head of a mailbox. */
export interface MailboxStateOptions {
  /** The mailbox's identifier. */
  readonly id: MailboxId;
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** UIDNEXT. */
  readonly uidNext: number;
  /** The highest modseq; 1 for a new mailbox, since 0 is none (RFC 7162 § 3.1.2.1). */
  readonly highestModseq: number;
  /** The first message that no session has been told of. */
  readonly firstRecent: number;
  /** How many UIDs the list of recent changes may hold together, at the most. Default 20,000. */
  readonly maxRecentChanges?: number;
  /** How many UIDs the list of expunged messages may hold, at the most. Default 20,000. */
  readonly maxExpunged?: number;
}

/** A page of messages in columns, as a storage may keep them; see {@linkcode MailboxState.loadColumns}. */
export interface MessageColumns {
  /** UIDs, ascending. */
  readonly uids: Uint32Array;
  /** Indexes into `sets`. */
  readonly flagSets: Uint16Array | Uint32Array;
  /** The sets of flags of these messages. */
  readonly sets: readonly (readonly string[])[];
  /** The modseq of each message's last change. */
  readonly modseqs: Float64Array;
  /** RFC822.SIZE. */
  readonly sizes: Uint32Array;
  /** INTERNALDATE, milliseconds since 1970. */
  readonly internalDates: Float64Array;
  /** When each came into the mailbox, milliseconds since 1970. */
  readonly saveDates: Float64Array;
  /** The numbers of the threads; absent where none is known. */
  readonly threads?: Float64Array;
  /** `ContentId.home`. */
  readonly contentHomes: Uint32Array;
  /** `ContentId.number`. */
  readonly contentNumbers: Float64Array;
}

/**
 * The messages of a mailbox in columns, as sessions see them. A storage makes one for each mailbox, fills it,
 * and applies every change to it once that is committed.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type MailboxId, MailboxState, type Modseq, type Uid } from "@x/imapd";
 *
 * const state = new MailboxState({
 *   id: 1 as MailboxId,
 *   uidValidity: 1_767_225_600,
 *   uidNext: 1,
 *   highestModseq: 1,
 *   firstRecent: 1,
 * });
 * state.applyAppend(2 as Modseq, [{
 *   uid: 1 as Uid,
 *   flags: ["\\Seen"],
 *   modseq: 2 as Modseq,
 *   size: 1_024,
 *   internalDate: Date.UTC(2026, 0, 1),
 *   saveDate: Date.UTC(2026, 0, 1),
 *   content: { home: 1, number: 1 },
 * }]);
 * assertEquals([...state.allUids()], [1]);
 * assertEquals([state.unseen, state.uidNext, state.highestModseq], [0, 2, 2]);
 * ```
 */
export class MailboxState {
  /** The mailbox's identifier. */
  readonly id: MailboxId;
  /** UIDVALIDITY (RFC 9051 § 2.3.1.1). */
  readonly uidValidity: number;
  /** The UID that the next message gets at the least. */
  uidNext: Uid;
  /** The modseq of the last change. */
  highestModseq: Modseq;
  /** The first message that no session has been told of (`\Recent`). */
  firstRecent: Uid;
  /** Whether the mailbox is gone. */
  deleted = false;
  /** How often `uids` has been replaced because messages went. */
  epoch = 0;
  /** How many messages there are; the columns may be longer. */
  length = 0;
  /** UIDs, ascending. */
  uids: Uint32Array = new Uint32Array(16);
  /** Indexes into {@linkcode flagTable}. */
  flagSets: Uint32Array = new Uint32Array(16);
  /** The modseq of each message's last change. */
  modseqs: Float64Array = new Float64Array(16);
  /** RFC822.SIZE. */
  sizes: Uint32Array = new Uint32Array(16);
  /** INTERNALDATE, milliseconds since 1970. */
  internalDates: Float64Array = new Float64Array(16);
  /** When each came into this mailbox, milliseconds since 1970; 0 where nobody knows. */
  saveDates: Float64Array = new Float64Array(16);
  /** The number of each message's thread, 0 for none. */
  threads: Float64Array = new Float64Array(16);
  /** `ContentId.home`. */
  contentHomes: Uint32Array = new Uint32Array(16);
  /** `ContentId.number`. */
  contentNumbers: Float64Array = new Float64Array(16);
  /** The sets of flags that the messages have. */
  readonly flagTable: FlagTable = new FlagTable();
  /** Messages without `\Seen`. */
  unseen = 0;
  /** Messages with `\Deleted`. */
  deletedCount = 0;
  /** The sum of all sizes. */
  totalSize = 0;

  readonly #history: ChangeHistory;

  /** An empty mailbox with the given head. */
  constructor(options: MailboxStateOptions) {
    this.id = options.id;
    this.uidValidity = options.uidValidity;
    this.uidNext = options.uidNext as Uid;
    this.highestModseq = options.highestModseq as Modseq;
    this.firstRecent = options.firstRecent as Uid;
    this.#history = new ChangeHistory(
      options.highestModseq,
      options.maxRecentChanges ?? 20_000,
      options.maxExpunged ?? DEFAULT_STORAGE_LIMITS.maxExpunged,
    );
  }

  /** The place of a UID in the columns, or -1. */
  indexOf(uid: number): number {
    const index = lowerBound(this.uids, this.length, uid);
    return index < this.length && this.uids[index] === uid ? index : -1;
  }

  /** The flags of the message at a place in the columns. */
  flagsAt(index: number): FlagSet {
    return this.flagTable.at(this.flagSets[index]!);
  }

  /** Where the body of the message at a place in the columns is. */
  contentAt(index: number): ContentId {
    return {
      home: this.contentHomes[index]!,
      number: this.contentNumbers[index]!,
    };
  }

  /** All that is known of the message at a place in the columns, as an object. */
  recordAt(index: number): MessageRecord {
    return {
      uid: this.uids[index]! as Uid,
      flags: this.flagsAt(index).flags,
      modseq: this.modseqs[index]! as Modseq,
      size: this.sizes[index]!,
      internalDate: this.internalDates[index]!,
      saveDate: this.saveDates[index]!,
      thread: this.threads[index]!,
      content: this.contentAt(index),
    };
  }

  /** The UIDs of all messages, copied. */
  allUids(): UidList {
    return this.uids.slice(0, this.length);
  }

  /**
   * The changes after a modseq, oldest first, or undefined when some of them are no longer known: then
   * comparing `modseqs` and `uids` with what was known is the way.
   */
  changedSince(modseq: number): readonly MailboxChangeRecord[] | undefined {
    return this.#history.changedSince(modseq);
  }

  /**
   * The messages expunged after a modseq, or undefined when that is too long ago to know (RFC 7162 § 3.2.5.1:
   * the server may then name all UIDs that are not there).
   */
  expungedSince(modseq: number): UidList | undefined {
    return this.#history.expungedSince(modseq);
  }

  /** The expunged messages that are kept, for a storage to write, and where what is kept begins. */
  get expungedHistory(): ExpungedHistory {
    return this.#history.expunged;
  }

  /** Puts the history of expunged messages in place, when a storage loads a mailbox. */
  restoreExpunged(floor: number, entries: ExpungedHistory["entries"]): void {
    this.#history.restoreExpunged(floor, entries);
  }

  /**
   * Puts a message in place when a storage loads a mailbox: in the order of the UIDs, without a change being
   * noted.
   */
  load(record: MessageRecord): void {
    this.#push(record);
  }

  /** As {@linkcode load}, for a page of messages at once; those not above the last one are passed over. */
  loadColumns(page: MessageColumns): void {
    const last = this.length === 0 ? 0 : this.uids[this.length - 1]!;
    const from = lowerBound(page.uids, page.uids.length, last + 1);
    const count = page.uids.length - from;
    if (count <= 0) return;
    const at = this.length;
    this.reserve(at + count);
    const sets = page.sets.map((flags) => this.flagTable.intern(flags));
    this.uids.set(page.uids.subarray(from), at);
    this.modseqs.set(page.modseqs.subarray(from), at);
    this.sizes.set(page.sizes.subarray(from), at);
    this.internalDates.set(page.internalDates.subarray(from), at);
    this.saveDates.set(page.saveDates.subarray(from), at);
    if (page.threads === undefined) this.threads.fill(0, at, at + count);
    else this.threads.set(page.threads.subarray(from), at);
    this.contentHomes.set(page.contentHomes.subarray(from), at);
    this.contentNumbers.set(page.contentNumbers.subarray(from), at);
    for (let index = 0; index < count; index++) {
      const set = sets[page.flagSets[from + index]!]!;
      this.flagSets[at + index] = set.index;
      this.unseen += Number(!set.seen);
      this.deletedCount += Number(set.deleted);
      this.totalSize += this.sizes[at + index]!;
    }
    this.length = at + count;
    const next = this.uids[this.length - 1]! + 1;
    if (next > this.uidNext) this.uidNext = next as Uid;
  }

  /** Makes room for so many messages. */
  reserve(capacity: number): void {
    if (capacity <= this.uids.length) return;
    this.#grow(
      Math.max(capacity, Math.min(this.uids.length * 2, capacity * 2)),
    );
  }

  /** Forgets sets of flags, and keywords, that no message has. */
  compactFlags(): void {
    const used = new Uint8Array(this.flagTable.length);
    for (let index = 0; index < this.length; index++) {
      used[this.flagSets[index]!] = 1;
    }
    const moved = this.flagTable.retain((index) => used[index] === 1);
    for (let index = 0; index < this.length; index++) {
      this.flagSets[index] = moved[this.flagSets[index]!]!;
    }
  }

  /** Applies a committed append: records in the order of their UIDs, all above those there. */
  applyAppend(
    modseq: Modseq,
    records: readonly MessageRecord[],
  ): MailboxChange {
    this.#checkModseq(modseq);
    this.reserve(this.length + records.length);
    for (const record of records) this.#push(record);
    this.#boundFlags();
    const uids = Uint32Array.from(records, (record) => record.uid);
    return this.#note({ type: "append", modseq, uids });
  }

  /**
   * Applies a committed change of flags.
   * @param uids messages that are there
   * @param change what each message's set becomes
   */
  applyFlags(
    modseq: Modseq,
    uids: UidList,
    change: (flagSetIndex: number, uid: Uid) => FlagSet,
  ): MailboxChange {
    this.#checkModseq(modseq);
    const { uids: there, length } = this;
    let index = 0;
    for (let at = 0; at < uids.length; at++) {
      const uid = uids[at]!;
      if (index >= length || there[index] !== uid) index = this.indexOf(uid);
      if (index < 0) throw new RangeError(`No message ${uid}`);
      this.#setFlags(index, modseq, change);
      index++;
    }
    this.#boundFlags();
    return this.#note({ type: "flags", modseq, uids });
  }

  /** Applies a committed expunge of messages that are there. */
  applyExpunge(modseq: Modseq, uids: UidList): MailboxChange {
    this.#checkModseq(modseq);
    this.#remove(uids);
    this.#history.noteExpunged(modseq, uids);
    return this.#note({ type: "expunge", modseq, uids });
  }

  /**
   * As {@linkcode load}, for a change of flags that is read back: messages that are not there, or that this
   * change or a later one has reached already, are passed over.
   */
  loadFlags(
    modseq: Modseq,
    uids: UidList,
    change: (flagSetIndex: number) => FlagSet,
  ): void {
    let index = 0;
    for (const uid of uids) {
      if (index >= this.length || this.uids[index] !== uid) {
        index = lowerBound(this.uids, this.length, uid);
      }
      if (this.uids[index] !== uid || index >= this.length) continue;
      if (this.modseqs[index]! < modseq) this.#setFlags(index, modseq, change);
      index++;
    }
    this.#boundFlags();
  }

  /** As {@linkcode load}, for an expunge: messages that are not there are passed over. */
  loadExpunge(uids: UidList): void {
    this.#remove(uids.filter((uid) => this.indexOf(uid) >= 0));
  }

  #setFlags(
    index: number,
    modseq: Modseq,
    change: (flagSetIndex: number, uid: Uid) => FlagSet,
  ): void {
    const before = this.flagsAt(index);
    const after = change(before.index, this.uids[index]! as Uid);
    this.unseen += Number(before.seen) - Number(after.seen);
    this.deletedCount += Number(after.deleted) - Number(before.deleted);
    this.flagSets[index] = after.index;
    this.modseqs[index] = modseq;
  }

  #remove(uids: UidList): void {
    const gone = Uint32Array.from(uids, (uid) => this.indexOf(uid));
    const missing = gone.indexOf(0xffff_ffff);
    if (missing >= 0) throw new RangeError(`No message ${uids[missing]}`);
    for (const index of gone) {
      const set = this.flagsAt(index);
      this.unseen -= Number(!set.seen);
      this.deletedCount -= Number(set.deleted);
      this.totalSize -= this.sizes[index]!;
    }
    // A new array for the UIDs, since sessions keep the old one; the others move in place.
    const old = this.uids;
    this.uids = new Uint32Array(old.length);
    this.uids.set(old.subarray(0, gone[0] ?? this.length));
    const columns = this.#columnsInPlace();
    let to = gone[0] ?? this.length;
    for (let i = 0; i < gone.length; i++) {
      const from = gone[i]! + 1;
      const end = gone[i + 1] ?? this.length;
      if (from === end) continue;
      this.uids.set(old.subarray(from, end), to);
      for (const column of columns) {
        column.copyWithin(to, from, end);
      }
      to += end - from;
    }
    this.length = to;
    this.epoch++;
    this.#boundFlags();
  }

  #columnsInPlace(): (Uint32Array | Float64Array)[] {
    return [
      this.flagSets,
      this.modseqs,
      this.sizes,
      this.internalDates,
      this.saveDates,
      this.threads,
      this.contentHomes,
      this.contentNumbers,
    ];
  }

  /** Keeps the table of sets in proportion to the messages, whatever clients do to flags. */
  #boundFlags(): void {
    if (this.flagTable.length > 1024 + 2 * this.length) this.compactFlags();
  }

  #checkModseq(modseq: number): void {
    if (modseq <= this.highestModseq) {
      throw new RangeError(`Modseq ${modseq} does not ascend`);
    }
  }

  #push(record: MessageRecord): void {
    const index = this.length;
    if (index > 0 && this.uids[index - 1]! >= record.uid) {
      throw new RangeError(`UID ${record.uid} does not ascend`);
    }
    if (index === this.uids.length) this.#grow(Math.max(16, index * 2));
    const set = this.flagTable.intern(record.flags);
    this.uids[index] = record.uid;
    this.flagSets[index] = set.index;
    this.modseqs[index] = record.modseq;
    this.sizes[index] = record.size;
    this.internalDates[index] = record.internalDate;
    this.saveDates[index] = record.saveDate;
    this.threads[index] = record.thread ?? 0;
    this.contentHomes[index] = record.content.home;
    this.contentNumbers[index] = record.content.number;
    this.length = index + 1;
    this.unseen += Number(!set.seen);
    this.deletedCount += Number(set.deleted);
    this.totalSize += record.size;
    if (record.uid >= this.uidNext) this.uidNext = (record.uid + 1) as Uid;
  }

  #grow(capacity: number): void {
    const grown = <T extends Uint32Array | Float64Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.uids = grown(new Uint32Array(capacity), this.uids);
    this.flagSets = grown(new Uint32Array(capacity), this.flagSets);
    this.modseqs = grown(new Float64Array(capacity), this.modseqs);
    this.sizes = grown(new Uint32Array(capacity), this.sizes);
    this.internalDates = grown(new Float64Array(capacity), this.internalDates);
    this.saveDates = grown(new Float64Array(capacity), this.saveDates);
    this.threads = grown(new Float64Array(capacity), this.threads);
    this.contentHomes = grown(new Uint32Array(capacity), this.contentHomes);
    this.contentNumbers = grown(
      new Float64Array(capacity),
      this.contentNumbers,
    );
  }

  #note(change: MailboxChangeRecord): MailboxChange {
    this.highestModseq = change.modseq;
    this.#history.note(change);
    return change;
  }
}
