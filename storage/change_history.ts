/**
 * What a mailbox remembers of its past, within bounds: its last changes, and which messages were expunged.
 *
 * @module
 */

import type { MailboxChange, Modseq, UidList } from "./model.ts";
import { concatUids } from "./uid_list.ts";

/** A change that is remembered. */
export type MailboxChangeRecord = Exclude<MailboxChange, { type: "delete" }>;

/** The expunged messages that are remembered. */
export interface ExpungedHistory {
  /** No expunge after this modseq is missing. */
  readonly floor: number;
  /** The expunges, oldest first. */
  readonly entries: readonly ExpungedEntry[];
  /** How many messages they have. */
  readonly size: number;
}

/** The messages that one change expunged. */
export interface ExpungedEntry {
  /** The modseq of the change. */
  readonly modseq: Modseq;
  /** The messages. */
  readonly uids: UidList;
}

/** The remembered past of a mailbox. */
export class ChangeHistory {
  readonly #maxChanges: number;
  readonly #maxExpunged: number;
  #changes: MailboxChangeRecord[] = [];
  #changesFloor: number;
  #changesSize = 0;
  #expunged: ExpungedEntry[] = [];
  #expungedFloor: number;
  #expungedSize = 0;

  /**
   * Nothing remembered yet.
   * @param floor the modseq from which on every change will be noted
   * @param maxChanges how many UIDs the changes may hold together
   * @param maxExpunged how many expunged UIDs may be remembered
   */
  constructor(floor: number, maxChanges: number, maxExpunged: number) {
    this.#changesFloor = floor;
    this.#expungedFloor = floor;
    this.#maxChanges = maxChanges;
    this.#maxExpunged = maxExpunged;
  }

  /** Remembers a change; the last one is kept however large. */
  note(change: MailboxChangeRecord): void {
    this.#changes.push(change);
    this.#changesSize += change.uids.length + 1;
    while (this.#changesSize > this.#maxChanges && this.#changes.length > 1) {
      const dropped = this.#changes.shift()!;
      this.#changesSize -= dropped.uids.length + 1;
      this.#changesFloor = dropped.modseq;
    }
  }

  /** Remembers expunged messages. */
  noteExpunged(modseq: Modseq, uids: UidList): void {
    this.#expunged.push({ modseq, uids });
    this.#expungedSize += uids.length;
    this.#trimExpunged();
  }

  /** The changes after a modseq, oldest first; undefined when some of them are forgotten. */
  changedSince(modseq: number): readonly MailboxChangeRecord[] | undefined {
    if (modseq < this.#changesFloor) return undefined;
    let from = this.#changes.length;
    while (from > 0 && this.#changes[from - 1]!.modseq > modseq) from--;
    return this.#changes.slice(from);
  }

  /** The messages expunged after a modseq, sorted; undefined when some of them are forgotten. */
  expungedSince(modseq: number): UidList | undefined {
    if (modseq < this.#expungedFloor) return undefined;
    const parts = this.#expunged.filter((entry) => entry.modseq > modseq);
    return concatUids(parts.map((entry) => entry.uids)).sort();
  }

  /** The expunged messages that are remembered. */
  get expunged(): ExpungedHistory {
    return {
      floor: this.#expungedFloor,
      entries: this.#expunged,
      size: this.#expungedSize,
    };
  }

  /** Puts a history of expunged messages in place of what is remembered. */
  restoreExpunged(floor: number, entries: readonly ExpungedEntry[]): void {
    // A storage may still have older ones, and not all of them.
    this.#expunged = entries.filter(({ modseq }) => modseq > floor);
    this.#expungedFloor = floor;
    this.#expungedSize = this.#expunged.reduce(
      (sum, e) => sum + e.uids.length,
      0,
    );
    this.#trimExpunged();
  }

  #trimExpunged(): void {
    while (this.#expungedSize > this.#maxExpunged) {
      const dropped = this.#expunged.shift()!;
      this.#expungedSize -= dropped.uids.length;
      this.#expungedFloor = dropped.modseq;
    }
  }
}
