/**
 * The room in memory that the literals of one connection take, see {@linkcode LiteralBudget}.
 *
 * @module
 */

import type { LiteralBudget } from "../literal_budget.ts";
import type { Pause } from "../patience.ts";

/** See the module's text. */
export class LiteralRoom {
  readonly #budget: LiteralBudget | undefined;
  readonly #pause: Pause;
  /** What the command that is being read, or executed, holds; and whose it is. */
  #held = 0;
  #user: string | undefined;

  /**
   * @param budget that of the server; without one there is room for all
   * @param pause ends a wait when the connection ends
   */
  constructor(budget: LiteralBudget | undefined, pause: Pause) {
    this.#budget = budget;
    this.#pause = pause;
  }

  /**
   * Takes room for a literal.
   * @param user who has logged in
   * @param settled waits until no command before this one holds room
   * @param time how long to wait for room, in milliseconds
   * @returns whether there is room
   */
  async take(
    bytes: number,
    user: string | undefined,
    settled: () => Promise<void>,
    time: number,
  ): Promise<boolean> {
    const budget = this.#budget;
    if (budget === undefined) return true;
    let taken = budget.tryTake(bytes, user);
    if (!taken && this.#held === 0) {
      await settled();
      taken = await this.#wait(budget, bytes, user, time);
    }
    if (!taken) return false;
    this.#held += bytes;
    this.#user = user;
    return true;
  }

  async #wait(
    budget: LiteralBudget,
    bytes: number,
    user: string | undefined,
    time: number,
  ): Promise<boolean> {
    const waiting = budget.wait(bytes, user);
    const granted = waiting.granted.then(() => this.#pause.end());
    await Promise.race([granted, this.#pause.wait(time)]);
    return !waiting.leave();
  }

  /** Gives back what the command holds, once it is done or refused. */
  release(): void {
    if (this.#held > 0) this.handOver()();
  }

  /** Lets go of what the command holds, which goes on while the next is read; returns what gives it back. */
  handOver(): () => void {
    const [bytes, user] = [this.#held, this.#user];
    if (bytes === 0) return () => {};
    this.#held = 0;
    return () => this.#budget!.release(bytes, user);
  }
}
