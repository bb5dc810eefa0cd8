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

import { type FlagSet, FlagTable } from "./flag_set.ts";
import type {
  ContentId,
  MailboxChange,
  MailboxId,
  Modseq,
  Uid,
  UidList,
} from "./model.ts";

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
  /** When it came into this mailbox, in milliseconds since 1970 (RFC 8514). */
  readonly saveDate: number;
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

interface Change {
  readonly type: "append" | "flags" | "expunge";
  readonly modseq: Modseq;
  readonly uids: UidList;
}

/** See the module's text. */
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
  /** When each came into this mailbox, milliseconds since 1970. */
  saveDates: Float64Array = new Float64Array(16);
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

  /** Recent changes, oldest first, and the modseq from which on none is missing. */
  #changes: Change[] = [];
  #changesFloor: number;
  #changesSize = 0;
  readonly #maxRecentChanges: number;
  /** Expunged messages, oldest first, and the modseq from which on none is missing. */
  #expunged: { modseq: Modseq; uids: UidList }[] = [];
  #expungedFloor = 0;
  #expungedSize = 0;
  readonly #maxExpunged: number;

  /** An empty mailbox with the given head. */
  constructor(options: MailboxStateOptions) {
    this.id = options.id;
    this.uidValidity = options.uidValidity;
    this.uidNext = options.uidNext as Uid;
    this.highestModseq = options.highestModseq as Modseq;
    this.firstRecent = options.firstRecent as Uid;
    this.#changesFloor = options.highestModseq;
    this.#maxRecentChanges = options.maxRecentChanges ?? 20_000;
    this.#maxExpunged = options.maxExpunged ?? 20_000;
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
    if (modseq < this.#changesFloor) return undefined;
    let from = this.#changes.length;
    while (from > 0 && this.#changes[from - 1]!.modseq > modseq) from--;
    return this.#changes.slice(from);
  }

  /**
   * The messages expunged after a modseq, or undefined when that is too long ago to know (RFC 7162 § 3.2.5.1:
   * the server may then name all UIDs that are not there).
   */
  expungedSince(modseq: number): UidList | undefined {
    if (modseq < this.#expungedFloor) return undefined;
    const parts = this.#expunged.filter((entry) => entry.modseq > modseq).map((
      entry,
    ) => entry.uids);
    return concatUids(parts).sort();
  }

  /** The expunged messages that are kept, for a storage to write, and where what is kept begins. */
  get expungedHistory(): {
    floor: number;
    entries: readonly { modseq: Modseq; uids: UidList }[];
  } {
    return { floor: this.#expungedFloor, entries: this.#expunged };
  }

  /** Puts the history of expunged messages in place, when a storage loads a mailbox. */
  restoreExpunged(
    floor: number,
    entries: readonly { modseq: Modseq; uids: UidList }[],
  ): void {
    this.#expunged = [...entries];
    this.#expungedFloor = floor;
    this.#expungedSize = entries.reduce(
      (sum, entry) => sum + entry.uids.length,
      0,
    );
    this.#trimExpunged();
  }

  /**
   * Puts a message in place when a storage loads a mailbox: in the order of the UIDs, without a change being
   * noted.
   */
  load(record: MessageRecord): void {
    this.#push(record);
    this.#changesFloor = Math.max(this.#changesFloor, this.highestModseq);
  }

  /** Applies a committed append: records in the order of their UIDs, all above those there. */
  applyAppend(
    modseq: Modseq,
    records: readonly MessageRecord[],
  ): MailboxChange {
    for (const record of records) this.#push(record);
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
    let index = 0;
    for (const uid of uids) {
      if (this.uids[index] !== uid) index = this.indexOf(uid);
      if (index < 0) throw new RangeError(`No message ${uid}`);
      const before = this.flagsAt(index);
      const after = change(before.index, uid as Uid);
      this.unseen += Number(before.seen) - Number(after.seen);
      this.deletedCount += Number(after.deleted) - Number(before.deleted);
      this.flagSets[index] = after.index;
      this.modseqs[index] = modseq;
      index++;
    }
    return this.#note({ type: "flags", modseq, uids });
  }

  /** Applies a committed expunge of messages that are there. */
  applyExpunge(modseq: Modseq, uids: UidList): MailboxChange {
    const old = this.uids;
    const uidsLeft = new Uint32Array(old.length);
    let to = 0;
    let gone = 0;
    for (let from = 0; from < this.length; from++) {
      if (gone < uids.length && old[from] === uids[gone]) {
        const set = this.flagsAt(from);
        this.unseen -= Number(!set.seen);
        this.deletedCount -= Number(set.deleted);
        this.totalSize -= this.sizes[from]!;
        gone++;
        continue;
      }
      uidsLeft[to] = old[from]!;
      if (to !== from) {
        this.flagSets[to] = this.flagSets[from]!;
        this.modseqs[to] = this.modseqs[from]!;
        this.sizes[to] = this.sizes[from]!;
        this.internalDates[to] = this.internalDates[from]!;
        this.saveDates[to] = this.saveDates[from]!;
        this.contentHomes[to] = this.contentHomes[from]!;
        this.contentNumbers[to] = this.contentNumbers[from]!;
      }
      to++;
    }
    if (gone !== uids.length) throw new RangeError(`No message ${uids[gone]}`);
    this.uids = uidsLeft;
    this.length = to;
    this.epoch++;
    this.#expunged.push({ modseq, uids });
    this.#expungedSize += uids.length;
    this.#trimExpunged();
    return this.#note({ type: "expunge", modseq, uids });
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
    this.contentHomes = grown(new Uint32Array(capacity), this.contentHomes);
    this.contentNumbers = grown(
      new Float64Array(capacity),
      this.contentNumbers,
    );
  }

  #note(change: Change): MailboxChange {
    if (change.modseq <= this.highestModseq) {
      throw new RangeError(`Modseq ${change.modseq} does not ascend`);
    }
    this.highestModseq = change.modseq;
    this.#changes.push(change);
    this.#changesSize += change.uids.length + 1;
    while (
      this.#changesSize > this.#maxRecentChanges && this.#changes.length > 1
    ) {
      const dropped = this.#changes.shift()!;
      this.#changesSize -= dropped.uids.length + 1;
      this.#changesFloor = dropped.modseq;
    }
    return change;
  }

  #trimExpunged(): void {
    while (this.#expungedSize > this.#maxExpunged) {
      const dropped = this.#expunged.shift()!;
      this.#expungedSize -= dropped.uids.length;
      this.#expungedFloor = dropped.modseq;
    }
  }
}

/** A change that {@linkcode MailboxState.changedSince} still knows. */
export type MailboxChangeRecord = Exclude<MailboxChange, { type: "delete" }>;

/** The first place among the first `length` of an ascending array whose value is not below `value`. */
export function lowerBound(
  sorted: Uint32Array,
  length: number,
  value: number,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Several lists in one, in the order given. */
export function concatUids(parts: readonly UidList[]): UidList {
  const all = new Uint32Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
