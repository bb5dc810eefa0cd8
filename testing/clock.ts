/**
 * A clock to set.
 *
 * @module
 */

/** A moment: a date, a text that `Date.parse` reads, or milliseconds since 1970. */
export type Moment = Date | string | number;

/**
 * The clock of a test server: what it takes for the time wherever a date is written down, such as
 * INTERNALDATE, SAVEDATE, UIDVALIDITY and the ages that WITHIN compares. It runs like the real one until it
 * is set. How long a client may be silent is measured in real time all the same.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer({ now: "2026-03-01T09:00:00Z" });
 * server.clock.advance(60_000);
 * await server.deliver("alice", "Subject: a minute later\n\n");
 * const [mail] = (await server.mailbox("alice")).messages;
 * assertEquals(mail?.internalDate, new Date("2026-03-01T09:01:00Z"));
 * ```
 */
export class TestClock {
  #stopped: number | undefined;
  #ahead = 0;

  /** The time in milliseconds since 1970. */
  now(): number {
    return this.#stopped ?? Date.now() + this.#ahead;
  }

  /**
   * Stops the clock at a moment.
   * @throws {RangeError} for what is no moment
   */
  set(moment: Moment): void {
    this.#stopped = timeOf(moment);
  }

  /** Puts it forward, or back, by so many milliseconds; it goes on running, or standing. */
  advance(milliseconds: number): void {
    if (this.#stopped !== undefined) this.#stopped += milliseconds;
    else this.#ahead += milliseconds;
  }

  /** Lets it run again, with the real time. */
  reset(): void {
    this.#stopped = undefined;
    this.#ahead = 0;
  }
}

/**
 * A moment in milliseconds since 1970.
 * @throws {RangeError} for what is none
 */
export function timeOf(moment: Moment): number {
  const time = new Date(moment).getTime();
  if (Number.isNaN(time)) throw new RangeError(`${moment} is no moment`);
  return time;
}
