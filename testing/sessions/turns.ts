/**
 * Who goes on next, where several wait: chosen by a list of numbers, so that a run can be had again.
 *
 * @module
 */

import { setImmediate } from "node:timers/promises";

/** How long all may stand still before that is taken for a hang, in milliseconds. */
const STILL = 10_000;

/** Lets those who wait go on one at a time, in an order that the choices make. */
export class Turns {
  readonly #choices: readonly number[];
  #chosen = 0;
  #waiting: (() => void)[] = [];
  #resting: (() => void)[] = [];
  #stir: (() => void) | undefined;
  /** Whether everybody goes on as they like. */
  stopped = false;

  /**
   * @param choices each picks one of those who wait, 0 the one who has waited longest; when they are used up
   * all go in the order in which they came
   */
  constructor(choices: readonly number[]) {
    this.#choices = choices;
  }

  /** A number below a limit, by the next choice. */
  choose(limit: number): number {
    const choice = this.#choices[this.#chosen++] ?? 0;
    return choice % limit;
  }

  /** Lets everybody go on from now on, after something has gone wrong. */
  stop(): void {
    this.stopped = true;
    for (const go of this.#waiting.splice(0)) go();
    for (const go of this.#resting.splice(0)) go();
  }

  /** Waits for a turn. */
  next(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((go) => {
      this.#waiting.push(go);
      this.#stir?.();
    });
  }

  /** Waits until nobody waits for a turn: all that was set off has come to rest. */
  quiet(): Promise<void> {
    return new Promise((go) => {
      this.#resting.push(go);
      this.#stir?.();
    });
  }

  /**
   * Gives turns until something is done. Between two of them everything that the first sets off comes to
   * rest, short of what the system itself takes time for.
   * @throws {Error} when all stand still
   */
  async runUntil<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => {
      done = true;
      this.#stir?.();
    };
    work.then(end, end);
    for (;;) {
      await setImmediate();
      if (done) return await work;
      const { length } = this.#waiting;
      if (length > 0) this.#waiting.splice(this.choose(length), 1)[0]!();
      else if (this.#resting.length > 0) this.#resting.shift()!();
      else await this.#somethingToDo();
    }
  }

  #somethingToDo(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error("All stand still")),
        STILL,
      );
      this.#stir = () => {
        clearTimeout(timer);
        this.#stir = undefined;
        resolve();
      };
    });
  }
}
