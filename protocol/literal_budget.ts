/**
 * How many bytes of literals are in memory at once, over all connections.
 *
 * Room is taken for the whole of a literal when it is announced. Who holds nothing may wait for it; who holds
 * something asks, and is refused where there is none. So nobody waits for room that only another one who waits
 * could give back. What a single user holds is bounded too, so that one who holds on to it keeps out no other.
 *
 * @module
 */

import type { Limits } from "./limits.ts";

/** The limits that a {@linkcode LiteralBudget} goes by. */
export type LiteralBudgetLimits = Pick<
  Limits,
  "literalsInMemory" | "literalsInMemoryPerUser"
>;

/** One who waits for room. */
export interface WaitingLiteral {
  /** Settles when there is room: it is taken then. */
  readonly granted: Promise<void>;
  /** Waits no more; false when room has been taken already. */
  leave(): boolean;
}

interface Waiting {
  readonly bytes: number;
  readonly user: string | undefined;
  readonly grant: () => void;
}

/** See the module's text. */
export class LiteralBudget {
  readonly #limits: () => LiteralBudgetLimits;
  readonly #users = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #taken = 0;

  /** @param limits as they are at that moment */
  constructor(limits: () => LiteralBudgetLimits) {
    this.#limits = limits;
  }

  /** The bytes that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Takes room for so many bytes, unless there is none now, or others wait for it. */
  tryTake(bytes: number, user: string | undefined): boolean {
    for (const waiting of this.#waiting) {
      // Who waits for what his own connections hold is in nobody's way.
      if (this.#userFits(waiting)) return false;
    }
    return this.#take(bytes, user);
  }

  /** Waits for room, in the order of the calls. */
  wait(bytes: number, user: string | undefined): WaitingLiteral {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = { bytes, user, grant: resolve };
    this.#waiting.add(waiting);
    this.#serve();
    return {
      granted: promise,
      leave: () => {
        const waited = this.#waiting.delete(waiting);
        if (waited) this.#serve();
        return waited;
      },
    };
  }

  /** Gives bytes back. */
  release(bytes: number, user: string | undefined): void {
    this.#taken -= bytes;
    if (user !== undefined) {
      const left = this.#users.get(user)! - bytes;
      if (left > 0) this.#users.set(user, left);
      else this.#users.delete(user);
    }
    this.#serve();
  }

  #serve(): void {
    for (const waiting of this.#waiting) {
      if (!this.#userFits(waiting)) continue;
      // A large one is not overtaken for ever.
      if (!this.#take(waiting.bytes, waiting.user)) return;
      this.#waiting.delete(waiting);
      waiting.grant();
    }
  }

  #take(bytes: number, user: string | undefined): boolean {
    const { literalsInMemory } = this.#limits();
    // One that is larger than all the room is let in alone.
    const fits = this.#taken === 0 || this.#taken + bytes <= literalsInMemory;
    if (!fits || !this.#userFits({ bytes, user })) return false;
    this.#taken += bytes;
    if (user !== undefined) {
      this.#users.set(user, (this.#users.get(user) ?? 0) + bytes);
    }
    return true;
  }

  #userFits({ bytes, user }: Pick<Waiting, "bytes" | "user">): boolean {
    if (user === undefined) return true;
    const held = this.#users.get(user) ?? 0;
    return held === 0 || held + bytes <= this.#limits().literalsInMemoryPerUser;
  }
}
