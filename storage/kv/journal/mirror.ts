/**
 * What is in the journal alone as a thread sees it that does not write it: it follows the records in memory that all
 * threads see (ring.ts), whenever it is about to read.
 *
 * @module
 */

import { Pending } from "./pending.ts";
import { type JournalRecord, readRecord } from "./record.ts";
import type { Ring, RingState } from "./ring.ts";

/** So many times in a row the records may have been written over while they were copied. */
const MAX_ATTEMPTS = 100;

/** Whether a record is one, and the next one. */
function follows(
  record: JournalRecord | undefined,
  index: number,
  records: readonly (JournalRecord | undefined)[],
): boolean {
  return record !== undefined &&
    (index === 0 || record.number === records[index - 1]!.number + 1);
}

/** See the module's text. */
export class Mirror {
  readonly #ring: Ring;
  readonly #pending = new Pending();
  /** How far it has followed. */
  #seen: RingState = { tail: 0n, applied: 0, head: 0n };

  /** Of a ring that another thread writes. */
  constructor(ring: Ring) {
    this.#ring = ring;
  }

  /** What is in the journal alone now: a read of the database that begins later finds the rest there. */
  now(): Pending {
    if (!this.#ring.isAt(this.#seen)) this.#follow();
    return this.#pending;
  }

  #follow(): void {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const state = this.#ring.state();
      const { tail, applied, head } = state;
      const { head: seen } = this.#seen;
      const records = this.#read(seen > tail ? seen : tail, head);
      if (records === undefined) continue;
      for (const record of records) this.#pending.add(record);
      // Past the journal the database may have been told something else by now.
      if (applied !== this.#seen.applied) this.#pending.forget(applied);
      this.#seen = state;
      return;
    }
    throw new Error("The records of the journal cannot be followed");
  }

  /** Undefined where they have been written over meanwhile. */
  #read(from: bigint, to: bigint): JournalRecord[] | undefined {
    const records = this.#ring.copy(from, to)
      ?.map((bytes) => readRecord(bytes, 0));
    return records?.every(follows) ? records as JournalRecord[] : undefined;
  }
}
