/**
 * Long work in slices, so that other sessions get their turn.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";

/** How long to work at a stretch, in milliseconds. */
const SLICE = 10;

/** Measures a stretch of work. */
export class Pace {
  readonly #now: () => number;
  #since: number;

  /**
   * Begins to measure.
   * @param now a clock in milliseconds
   */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now();
  }

  /** Whether it is time to {@linkcode rest}. */
  get due(): boolean {
    return this.#now() - this.#since >= SLICE;
  }

  /** Lets everything else that waits go first, then begins anew. */
  async rest(): Promise<void> {
    await setImmediate();
    this.#since = this.#now();
  }
}
