/**
 * A message while it comes in.
 *
 * @module
 */

import type { LiteralBudget } from "../literal_budget.ts";

/** The first block; each that follows is twice as large as the one before. */
const FIRST_BLOCK = 8 * 1024;
/** The largest block. */
const MAX_BLOCK = 1024 * 1024;

/**
 * Gathers the bytes of a message up to a limit, and while there is room in memory; of one that is larger, or finds
 * no room, it keeps nothing.
 */
export class MessageBuffer implements Disposable {
  readonly #limit: number;
  readonly #budget: LiteralBudget | undefined;
  readonly #blocks: Uint8Array[] = [];
  /** How many bytes of the last block are taken. */
  #used = 0;
  #size = 0;
  #taken = 0;
  #noRoom = false;

  /**
   * @param limit how large the message may be, in bytes
   * @param budget what there is of memory; without one there is enough
   */
  constructor(limit: number, budget?: LiteralBudget) {
    this.#limit = limit;
    this.#budget = budget;
  }

  /** How many bytes have come, kept or not. */
  get size(): number {
    return this.#size;
  }

  /** Whether there are more than the limit. */
  get tooLarge(): boolean {
    return this.#size > this.#limit;
  }

  /** Whether there was no room in memory for it. */
  get noRoom(): boolean {
    return this.#noRoom;
  }

  /** Adds a copy of bytes. */
  add(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.tooLarge) this[Symbol.dispose]();
    let from = 0;
    while (from < bytes.length && !this.tooLarge && !this.#noRoom) {
      const block = this.#room();
      if (block === undefined) return;
      const piece = bytes.subarray(from, from + block.length - this.#used);
      block.set(piece, this.#used);
      this.#used += piece.length;
      from += piece.length;
    }
  }

  /** Forgets what has come, and gives its room back. */
  [Symbol.dispose](): void {
    this.#blocks.length = 0;
    this.#budget?.release(this.#taken, undefined);
    this.#taken = 0;
  }

  /** What has come, in pieces, in order; nothing when it was too large. */
  pieces(): readonly Uint8Array[] {
    return this.#blocks.map((block, index) =>
      index < this.#blocks.length - 1 ? block : block.subarray(0, this.#used)
    );
  }

  /** The last block, with room in it; undefined when there is none to be had. */
  #room(): Uint8Array | undefined {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#used < last.length) return last;
    const length = last === undefined
      ? Math.min(FIRST_BLOCK, this.#limit)
      : Math.min(last.length * 2, MAX_BLOCK);
    if (this.#budget?.tryTake(length, undefined) === false) {
      this.#noRoom = true;
      this[Symbol.dispose]();
      return undefined;
    }
    this.#taken += length;
    const block = new Uint8Array(length);
    this.#blocks.push(block);
    this.#used = 0;
    return block;
  }
}
