/**
 * UIDVALIDITYs from the clock, for mailboxes whose UIDs do not outlive the process.
 *
 * No two mailboxes of a user get the same, and none comes again in the process, nor in a later one: each
 * gives out none but from the second after its start on (RFC 9051 § 2.3.1.1).
 *
 * @module
 */

import { nextUidValidity } from "../../storage/names.ts";

/** How many users are remembered. */
const MAX_USERS = 100_000;

/** See the module's text. */
export class UidValidities {
  readonly #now: () => number;
  readonly #start: number;
  readonly #last = new Map<string, number>();

  /** @param now the time in milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#start = Math.floor(now() / 1000);
  }

  /** One that no mailbox of the user has had. */
  next(user: string): number {
    const last = this.#last.get(user) ?? this.#start;
    const next = nextUidValidity(last, this.#now());
    this.#last.delete(user);
    this.#last.set(user, next);
    if (this.#last.size > MAX_USERS) {
      this.#last.delete(this.#last.keys().next().value!);
    }
    return next;
  }
}
