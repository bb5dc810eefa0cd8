/**
 * A message while it comes in.
 *
 * @module
 */

/** The first block; each that follows is twice as large as the one before. */
const FIRST_BLOCK = 8 * 1024;
/** The largest block. */
const MAX_BLOCK = 1024 * 1024;

/** Gathers the bytes of a message up to a limit; of one that is larger it keeps nothing. */
export class MessageBuffer {
  readonly #limit: number;
  readonly #blocks: Uint8Array[] = [];
  /** How many bytes of the last block are taken. */
  #used = 0;
  #size = 0;

  /** @param limit how large the message may be, in bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many bytes have come, kept or not. */
  get size(): number {
    return this.#size;
  }

  /** Whether there are more than the limit. */
  get tooLarge(): boolean {
    return this.#size > this.#limit;
  }

  /** Adds a copy of bytes. */
  add(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.tooLarge) {
      this.#blocks.length = 0;
      return;
    }
    let from = 0;
    while (from < bytes.length) {
      const block = this.#room();
      const piece = bytes.subarray(from, from + block.length - this.#used);
      block.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
    }
  }

  /** What has come, in pieces, in order; nothing when it was too large. */
  pieces(): readonly Uint8Array[] {
    return this.#blocks.map((block, index) =>
      index < this.#blocks.length - 1 ? block : block.subarray(0, this.#used)
    );
  }

  /** The last block, with room in it. */
  #room(): Uint8Array {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#used < last.length) return last;
    const length = last === undefined
      ? Math.min(FIRST_BLOCK, this.#limit)
      : Math.min(last.length * 2, MAX_BLOCK);
    const block = new Uint8Array(length);
    this.#blocks.push(block);
    this.#used = 0;
    return block;
  }
}
