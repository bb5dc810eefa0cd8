/**
 * Records of the journal in memory that all threads see: those that the database does not have.
 *
 * One thread writes, others read, and nobody waits. Places in it are counted in bytes since the beginning, so that they
 * only grow. A record lies in one piece behind its length; where there is no room for one before the end of the memory,
 * a length of zero says that it is at its beginning.
 *
 * Nothing is written over from the first record on that the database does not have. Whoever has copied something looks
 * whether it was still behind that place when it was done.
 *
 * @module
 */

/** Commits wait where there would be more bytes than this in the journal alone, or on their way there. */
export const MOST_BYTES = 2_097_152;
/** How large it is: for all of that, what is before each record, and as much as the largest lost at the end. */
const SIZE = 2 * MOST_BYTES;
/** Where the first record is that the database does not have; up to which record it has them; where the next goes. */
const TAIL = 0, APPLIED = 1, HEAD = 2;
/** How long what is before the records is, and what is before each of them; bytes. */
const PLACES = 24, LENGTH = 4;

/** What the ring has, and what the database. */
export interface RingState {
  /** Where the first record is that the database does not have, or one before it. */
  readonly tail: bigint;
  /** The number of a record that the database has, as it has all before `tail`. */
  readonly applied: number;
  /** Where the last record ends. */
  readonly head: bigint;
}

/** See the module's text. */
export class Ring {
  /** What is handed to other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #places: BigInt64Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Of the thread that writes: where the records end that the database may not have. */
  readonly #ends: { readonly number: number; readonly end: bigint }[] = [];

  /** New memory, or that of another thread; new memory may have another size. */
  constructor(memory: SharedArrayBuffer | number = SIZE) {
    if (typeof memory === "number") {
      memory = new SharedArrayBuffer(PLACES + memory);
    }
    this.memory = memory;
    this.#places = new BigInt64Array(memory, 0, 3);
    this.#bytes = new Uint8Array(memory, PLACES);
    this.#view = new DataView(memory, PLACES);
  }

  /** What there is; what is before `tail` is in the database, as far as `applied` says. */
  state(): RingState {
    // In this order: whoever sees that records are gone sees that they are in the database.
    const tail = Atomics.load(this.#places, TAIL);
    const applied = Number(Atomics.load(this.#places, APPLIED));
    return { tail, applied, head: Atomics.load(this.#places, HEAD) };
  }

  /** Whether neither the records nor what the database has of them are others than at a state. */
  isAt({ applied, head }: RingState): boolean {
    return Atomics.load(this.#places, HEAD) === head &&
      Number(Atomics.load(this.#places, APPLIED)) === applied;
  }

  /**
   * Adds a record, which others see from then on.
   * @throws {RangeError} when there is no room
   */
  add(number: number, record: Uint8Array): void {
    const size = this.#bytes.length;
    let head = Atomics.load(this.#places, HEAD);
    let at = this.#at(head);
    const isSplit = at + LENGTH + record.length > size;
    const start = isSplit ? head + BigInt(size - at) : head;
    const end = start + BigInt(LENGTH + record.length);
    if (end - Atomics.load(this.#places, TAIL) > BigInt(size)) {
      throw new RangeError("A record finds no room");
    }
    if (isSplit) {
      if (at + LENGTH <= size) this.#view.setUint32(at, 0);
      [head, at] = [start, 0];
    }
    this.#view.setUint32(at, record.length);
    this.#bytes.set(record, at + LENGTH);
    this.#ends.push({ number, end });
    Atomics.store(this.#places, HEAD, end);
  }

  /** The database has all up to a record. */
  applied(number: number): void {
    let tail = Atomics.load(this.#places, TAIL);
    let count = 0;
    for (const one of this.#ends) {
      if (one.number > number) break;
      tail = one.end;
      count++;
    }
    this.#ends.splice(0, count);
    // The other way round than they are read.
    Atomics.store(this.#places, APPLIED, BigInt(number));
    Atomics.store(this.#places, TAIL, tail);
  }

  /**
   * Copies the records between two places.
   * @returns undefined when they have been written over meanwhile
   */
  copy(from: bigint, to: bigint): Uint8Array<ArrayBuffer>[] | undefined {
    const size = this.#bytes.length;
    const records: Uint8Array<ArrayBuffer>[] = [];
    for (let place = from; place < to;) {
      const at = this.#at(place);
      const length = at + LENGTH > size ? 0 : this.#view.getUint32(at);
      const start = at + LENGTH;
      const end = length === 0 ? size : start + length;
      if (end > size) return undefined;
      if (length > 0) {
        records.push(this.#bytes.slice(start, end) as Uint8Array<ArrayBuffer>);
      }
      if (Atomics.load(this.#places, TAIL) > from) return undefined;
      place += BigInt(end - at);
    }
    return records;
  }

  #at(place: bigint): number {
    return Number(place % BigInt(this.#bytes.length));
  }
}
