/**
 * Keeps bytes within a bound: what was not wanted for long goes first.
 *
 * Entries stand in the order in which they came. One that is wanted is marked, which costs less than to move it to the
 * end; where room is needed, the marked ones at the front lose their mark and go to the end instead. Those that came
 * together may share a buffer; one that stays for longer gets a buffer of its own, lest it keep the others in memory.
 *
 * @module
 */

interface Entry {
  bytes: Uint8Array;
  /** Whether it was wanted since it came, or came to the end again. */
  wanted: boolean;
}

/** See the module's text. */
export class ByteCache<Key = string> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Entry>();
  #size = 0;

  /** @param limit how many bytes all entries may have together */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many bytes are kept. */
  get size(): number {
    return this.#size;
  }

  /** The bytes of a key. */
  get(key: Key): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.wanted = true;
    return entry.bytes;
  }

  /** Keeps bytes, unless they are larger than everything may be. */
  set(key: Key, bytes: Uint8Array): void {
    this.delete(key);
    if (bytes.length > this.#limit) return;
    this.#entries.set(key, { bytes, wanted: false });
    this.#size += bytes.length;
    if (this.#size > this.#limit) this.#makeRoom();
  }

  /** Forgets a key. */
  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#size -= entry.bytes.length;
  }

  #makeRoom(): void {
    for (const [key, entry] of this.#entries) {
      this.#entries.delete(key);
      if (entry.wanted) {
        entry.wanted = false;
        entry.bytes = alone(entry.bytes);
        // Comes up again behind the others.
        this.#entries.set(key, entry);
      } else this.#size -= entry.bytes.length;
      if (this.#size <= this.#limit) return;
    }
  }
}

/** Bytes in a buffer that is not much larger than they are. */
function alone(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > 2 * bytes.length ? bytes.slice() : bytes;
}
