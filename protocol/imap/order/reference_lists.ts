/**
 * Lists of what messages refer to, as numbers in few arrays.
 *
 * @module
 */

/** Lists are in blocks of this many numbers. */
const BLOCK_BITS = 16, BLOCK = 1 << BLOCK_BITS;

/** See the module's text. A list is known by its place; those that are there stay as they are. */
export class ReferenceLists {
  /** One list behind the other: the message's own number, how many references follow, and those. */
  readonly #blocks = [new Int32Array(64)];
  #used = 0;

  /**
   * Adds a list.
   * @param own the number of the message's own ID, or -1
   * @param references those of the IDs that it refers to, some thousand at the most
   * @returns its place
   */
  add(own: number, references: readonly number[]): number {
    const size = 2 + references.length;
    // A list is in one block.
    if (this.#used % BLOCK + size > BLOCK) {
      this.#used += BLOCK - this.#used % BLOCK;
    }
    const place = this.#used;
    const at = place % BLOCK;
    const block = this.#block(place >>> BLOCK_BITS, at + size);
    block[at] = own;
    block[at + 1] = references.length;
    block.set(references, at + 2);
    this.#used += size;
    return place;
  }

  /** The message's own number in a list. */
  own(place: number): number {
    return this.#blocks[place >>> BLOCK_BITS]![place % BLOCK]!;
  }

  /** How many references are in a list. */
  count(place: number): number {
    return this.#blocks[place >>> BLOCK_BITS]![place % BLOCK + 1]!;
  }

  /** A reference of a list. */
  at(place: number, index: number): number {
    return this.#blocks[place >>> BLOCK_BITS]![place % BLOCK + 2 + index]!;
  }

  /** A block with room for as many numbers. */
  #block(index: number, size: number): Int32Array {
    const block = this.#blocks[index];
    if (block !== undefined && block.length >= size) return block;
    const larger = new Int32Array(Math.min(BLOCK, 2 * size));
    if (block !== undefined) larger.set(block);
    return this.#blocks[index] = larger;
  }
}
