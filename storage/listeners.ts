/**
 * Those who want to hear of something.
 *
 * @module
 */

/** A list of listeners, told in the order in which they came. */
export class Listeners<T> {
  #listeners = new Set<{ readonly call: (event: T) => void }>();

  /** How many there are. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Adds one; the returned function takes it off again. */
  add(call: (event: T) => void): () => void {
    const entry = { call };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Tells all. One that throws keeps nobody else from hearing. */
  notify(event: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener.call(event);
      } catch (error) {
        console.error("A listener of a storage failed:", error);
      }
    }
  }
}
