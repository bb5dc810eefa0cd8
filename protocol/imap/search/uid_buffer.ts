/**
 * A list of UIDs that grows up to a size that is known before.
 *
 * @module
 */

/** UIDs, as many as there can be at the most. */
export class UidBuffer {
  readonly #uids: Uint32Array;
  #length = 0;

  /** @param capacity how many there can be */
  constructor(capacity: number) {
    this.#uids = new Uint32Array(capacity);
  }

  /** Adds one. */
  push(uid: number): void {
    this.#uids[this.#length++] = uid;
  }

  /** Those that were added, as an array of their own. */
  take(): Uint32Array {
    return this.#uids.slice(0, this.#length);
  }
}
