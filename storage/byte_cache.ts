/**
 * Keeps bytes within a bound: what was not wanted for longest goes first.
 *
 * @module
 */

/** See the module's text. */
export class ByteCache<Key = string> {
  readonly #limit: number;
  readonly #entries = new Map<Key, Uint8Array>();
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
    const bytes = this.#entries.get(key);
    if (bytes === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, bytes);
    return bytes;
  }

  /** Keeps bytes, unless they are larger than everything may be. */
  set(key: Key, bytes: Uint8Array): void {
    this.delete(key);
    if (bytes.length > this.#limit) return;
    this.#entries.set(key, bytes);
    this.#size += bytes.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#limit) break;
      this.delete(oldest);
    }
  }

  /** Forgets a key. */
  delete(key: Key): void {
    const bytes = this.#entries.get(key);
    if (bytes === undefined) return;
    this.#entries.delete(key);
    this.#size -= bytes.length;
  }
}
