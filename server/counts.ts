/**
 * Counts by key, with a most: in the memory of one thread, or in memory that all threads of a server see.
 *
 * @module
 */

/** See the module's text. */
export interface Counts {
  /** Counts one more of a key, unless there are `max` already. */
  add(key: string, max: number): boolean;
  /** Counts one less. */
  remove(key: string): void;
  /** How many there are. */
  of(key: string): number;
}

/** Counts of one thread. */
export class OwnCounts implements Counts {
  readonly #counts = new Map<string, number>();

  /** See {@linkcode Counts.of}. */
  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** See {@linkcode Counts.add}. */
  add(key: string, max: number): boolean {
    const there = this.of(key);
    if (there >= max) return false;
    this.#counts.set(key, there + 1);
    return true;
  }

  /** See {@linkcode Counts.remove}. */
  remove(key: string): void {
    const there = this.of(key);
    if (there <= 1) this.#counts.delete(key);
    else this.#counts.set(key, there - 1);
  }
}

/** Numbers of an entry: two hashes of its key, and the count. */
const ENTRY = 3;
/** So often the lock is asked for before the thread sleeps, for a millisecond at the most. */
const SPINS = 100;
/** In front of the entries: the lock. */
const HEADER = 1;

/**
 * Counts in shared memory: a hash table with linear probing, under a lock that is held for less than a microsecond.
 * Keys are known by 64 bits of hash.
 */
export class SharedCounts implements Counts {
  /** What is handed to other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #mask: number;

  /** Counts in the memory of others. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
    this.#mask = (this.#cells.length - HEADER) / ENTRY - 1;
  }

  /** New ones, with room for so many keys. */
  static for(keys: number): SharedCounts {
    // Half of it stays empty, so that what is looked for is soon found.
    const entries = 2 ** Math.ceil(Math.log2(Math.max(keys, 8) * 2));
    return new SharedCounts(
      new SharedArrayBuffer((HEADER + entries * ENTRY) * 4),
    );
  }

  /** See {@linkcode Counts.of}. */
  of(key: string): number {
    return this.#locked(() => {
      const at = this.#find(key);
      return this.#cells[at + 2]!;
    });
  }

  /** See {@linkcode Counts.add}. */
  add(key: string, max: number): boolean {
    if (max <= 0) return false;
    return this.#locked(() => {
      const at = this.#find(key);
      const cells = this.#cells;
      if (cells[at + 2]! >= max) return false;
      [cells[at], cells[at + 1]] = hashesOf(key);
      cells[at + 2]!++;
      return true;
    });
  }

  /** See {@linkcode Counts.remove}. */
  remove(key: string): void {
    this.#locked(() => {
      const at = this.#find(key);
      const cells = this.#cells;
      if (cells[at + 2] === 0) return;
      if (--cells[at + 2]! === 0) this.#close(at);
    });
  }

  /** Where a key is, or the empty entry where it belongs. */
  #find(key: string): number {
    const [first, second] = hashesOf(key);
    const cells = this.#cells;
    for (let index = first & this.#mask;; index = (index + 1) & this.#mask) {
      const at = HEADER + index * ENTRY;
      if (cells[at + 2] === 0) return at;
      if (cells[at] === first && cells[at + 1] === second) return at;
    }
  }

  /** Fills the gap of an entry that is gone with those behind it that were pushed aside. */
  #close(gap: number): void {
    const cells = this.#cells;
    let hole = (gap - HEADER) / ENTRY;
    for (
      let index = (hole + 1) & this.#mask;;
      index = (index + 1) & this.#mask
    ) {
      const at = HEADER + index * ENTRY;
      if (cells[at + 2] === 0) break;
      const home = cells[at]! & this.#mask;
      const pushed = (index - home) & this.#mask;
      if (pushed < ((index - hole) & this.#mask)) continue;
      cells.copyWithin(HEADER + hole * ENTRY, at, at + ENTRY);
      cells[at + 2] = 0;
      hole = index;
    }
  }

  #locked<T>(action: () => T): T {
    for (
      let tries = 1;
      Atomics.compareExchange(this.#cells, 0, 0, 1);
      tries++
    ) {
      // Whoever has it may have lost the processor.
      if (tries % SPINS === 0) Atomics.wait(this.#cells, 0, 1, 1);
    }
    try {
      return action();
    } finally {
      Atomics.store(this.#cells, 0, 0);
    }
  }
}

/** FNV-1a, and the same from elsewhere. */
function hashesOf(key: string): [number, number] {
  let first = 0x811c9dc5;
  let second = 0x1b873593;
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x85ebca6b);
    second ^= second >>> 13;
  }
  return [first ^ (first >>> 16), second | 0];
}
