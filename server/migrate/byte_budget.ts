/**
 * How many bytes of messages may be in memory at once, for all who fetch together.
 *
 * Who holds nothing may wait; who holds something asks, and goes on without when there is no room. So nobody
 * waits for a room that only another one who waits could give back.
 *
 * @module
 */

/** See the module's text. */
export class ByteBudget {
  readonly #total: number;
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly wake: () => void }[] =
    [];

  /** @param total bytes; a larger request takes all of them */
  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /** Takes so many bytes, in the order of the calls; returns how many {@linkcode release} gives back. */
  async take(bytes: number): Promise<number> {
    const wanted = Math.min(bytes, this.#total);
    if (this.tryTake(wanted) === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push({ bytes: wanted, wake: resolve });
      await promise;
    }
    return wanted;
  }

  /** As {@linkcode take}, or undefined when there is no room now. */
  tryTake(bytes: number): number | undefined {
    const wanted = Math.min(bytes, this.#total);
    if (this.#waiting.length > 0 || wanted > this.#free) return undefined;
    this.#free -= wanted;
    return wanted;
  }

  /** Gives bytes back. */
  release(bytes: number): void {
    this.#free += bytes;
    for (let next; (next = this.#waiting[0]) !== undefined;) {
      if (next.bytes > this.#free) return;
      this.#free -= next.bytes;
      this.#waiting.shift();
      next.wake();
    }
  }
}
