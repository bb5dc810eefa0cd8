/**
 * Long work in slices, so that other sessions get their turn.
 *
 * @module
 */

import { setTimeout as timer } from "node:timers/promises";

/** How long to work at a stretch, in milliseconds. */
const SLICE = 10;
/** After how long a rest is long enough for all that wait, whoever else works, in milliseconds. */
const LONG_REST = 50;
/** How much is done between two looks at the clock, of what takes very little each. */
const BLOCK = 4_096;
const NOTHING = new Uint8Array(0);

/** Measures a stretch of work. */
export class Pace {
  readonly #now: () => number;
  #since: number;
  #rested: number;

  /**
   * Begins to measure.
   * @param now a clock in milliseconds
   */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#since = now();
    this.#rested = this.#since;
  }

  /** Whether it is time to {@linkcode rest}. */
  get due(): boolean {
    return this.#now() - this.#since >= SLICE;
  }

  /** How long has been worked; what comes until {@linkcode resume} does not count. */
  pause(): number {
    return this.#now() - this.#since;
  }

  /** Goes on after a pause. */
  resume(worked: number): void {
    this.#since = this.#now() - worked;
  }

  /**
   * Lets everything else that waits go first, then begins anew.
   *
   * The runtime looks at its sockets when it has nothing else to do, or every 61st time it looks for work. Who goes on
   * by `setImmediate` always has work for it, and everybody else waits for 61 slices. So what is waited for is done
   * elsewhere: by another thread, which takes some 0.1 ms, and now and then by the clock, which is looked at together
   * with the sockets, in case that others work as well.
   */
  async rest(): Promise<void> {
    const now = this.#now();
    if (now - this.#rested >= LONG_REST) {
      await timer(0);
      this.#rested = this.#now();
    } else await crypto.subtle.digest("SHA-1", NOTHING);
    this.#since = this.#now();
  }
}

/**
 * Does a little work so many times, in slices.
 * @param work what is done each time; told the number of the time, from 0
 */
export async function inBlocks(
  times: number,
  pace: Pace,
  work: (at: number) => void,
): Promise<void> {
  for (let from = 0; from < times; from += BLOCK) {
    const to = Math.min(from + BLOCK, times);
    for (let at = from; at < to; at++) work(at);
    if (pace.due) await pace.rest();
  }
}
