/**
 * How long a connection waits: for a client that is silent, and on purpose before an answer.
 *
 * @module
 */

import type { Limits } from "./limits.ts";

/** What a {@linkcode SilenceWatch} looks at. Times are in milliseconds. */
export interface Silence {
  /** How long a client may take to log in. */
  readonly loginTime: number;
  /** How long it may be silent once it has, where it is now. */
  idleTime(): number;
  /** The least that {@linkcode idleTime} ever is. */
  readonly shortest: number;
  /** Whether somebody has logged in. */
  loggedIn(): boolean;
  /** Since when the client is waited for, on the clock of `performance`; undefined while it is not. */
  waitsSince(): number | undefined;
  /** The client has been silent for too long. */
  over(): void;
}

/** One timer a connection, looked at when it rings: who waits for an answer is not silent. */
export class SilenceWatch {
  readonly #silence: Silence;
  #begun = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Begins to watch. */
  constructor(silence: Silence) {
    this.#silence = silence;
    this.#look();
  }

  /** The time to log in begins anew. */
  restart(): void {
    this.#begun = performance.now();
    this.close();
    this.#look();
  }

  /** Watches no more. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const { loginTime, shortest } = this.#silence;
    const now = performance.now();
    const left = this.#silence.loggedIn()
      ? (this.#silence.waitsSince() ?? now) + this.#silence.idleTime() - now
      : this.#begun + loginTime - now;
    if (left <= 0) return this.#silence.over();
    const wait = Math.min(left, loginTime, shortest);
    this.#timer = setTimeout(() => this.#look(), wait + 1);
  }
}

/**
 * How long the answer to a bad command waits, in milliseconds.
 * @param count how many there were in a row, with it
 */
export function badCommandDelay(
  count: number,
  { badCommands, badCommandDelay }: Limits,
): number {
  return Math.max(0, Math.floor(count - badCommands / 4)) * badCommandDelay;
}

/** A wait on purpose, which the end of the connection cuts short. */
export class Pause {
  #resume: () => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Waits, in milliseconds. */
  wait(time: number): Promise<void> {
    return new Promise((resume) => {
      this.#resume = resume;
      this.#timer = setTimeout(resume, time);
    });
  }

  /** Ends the wait at once, if there is one. */
  end(): void {
    clearTimeout(this.#timer);
    this.#resume();
  }
}
