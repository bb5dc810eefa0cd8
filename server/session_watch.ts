/**
 * Ends the sessions of users who are there no more, have been disabled, or have another password.
 *
 * What a session was opened with is looked at again from time to time, once a user however many sessions there
 * are. Where users are not looked up but decided on by a function, nothing is known of them and nothing ends.
 *
 * @module
 */

import type { OpenSession } from "../protocol/host.ts";
import type { KnownUser } from "./users.ts";

/** How often users are looked at, in milliseconds: their sessions end within a minute. */
const INTERVAL = 30_000;
/** How many are looked up at once. */
const AT_ONCE = 16;

/** What a {@linkcode SessionWatch} asks. */
export interface SessionWatchOptions {
  /** The record of a user, or undefined for nobody and for one who is disabled. */
  user(name: string): Promise<KnownUser | undefined>;
  /** A look-up has failed; sessions go on. */
  failed(error: unknown): void;
}

/** The sessions of one user. */
interface Watched {
  readonly sessions: Set<OpenSession>;
  /** By what the user is known, as it was when looked at first; undefined before. */
  stamp: string | undefined;
}

/** See the module's text. */
export class SessionWatch {
  readonly #options: SessionWatchOptions;
  readonly #users = new Map<string, Watched>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #checking = false;
  #again = false;

  /** Nobody is there yet. */
  constructor(options: SessionWatchOptions) {
    this.#options = options;
  }

  /** A session has begun. */
  add(session: OpenSession): void {
    const { user } = session.identity;
    const watched = this.#users.get(user) ??
      { sessions: new Set(), stamp: undefined };
    this.#users.set(user, watched);
    watched.sessions.add(session);
    if (watched.stamp === undefined) this.#look(user, watched);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.check(), INTERVAL);
    Deno.unrefTimer(Number(this.#timer));
  }

  /** A session has ended. */
  delete(session: OpenSession): void {
    const { user } = session.identity;
    const watched = this.#users.get(user);
    watched?.sessions.delete(session);
    if (watched?.sessions.size === 0) this.#users.delete(user);
    if (this.#users.size === 0) this.close();
  }

  /** Takes a user as known by what is there now: a password was hashed anew, and is the same. */
  renew(user: string): void {
    const watched = this.#users.get(user);
    if (watched === undefined) return;
    watched.stamp = undefined;
    this.#look(user, watched);
  }

  /** Looks at all users who have sessions; settles when that is done. Never rejects. */
  async check(): Promise<void> {
    if (this.#checking) {
      this.#again = true;
      return;
    }
    this.#checking = true;
    try {
      do {
        this.#again = false;
        const users = [...this.#users];
        for (let from = 0; from < users.length; from += AT_ONCE) {
          await Promise.all(
            users.slice(from, from + AT_ONCE)
              .map(([user, watched]) => this.#look(user, watched)),
          );
        }
      } while (this.#again);
    } finally {
      this.#checking = false;
    }
  }

  /** Looks no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(user: string, watched: Watched): Promise<void> {
    let stamp: string;
    try {
      stamp = stampOf(await this.#options.user(user));
    } catch (error) {
      this.#options.failed(error);
      return;
    }
    watched.stamp ??= stamp;
    // Nothing is known of one who was let in without a record.
    if (watched.stamp === stamp || watched.stamp === "") return;
    watched.stamp = stamp;
    for (const session of [...watched.sessions]) {
      session.end("The user is disabled, gone, or has another password");
    }
  }
}

/** What must stay the same; empty for nobody. */
function stampOf(user: KnownUser | undefined): string {
  if (user === undefined) return "";
  return JSON.stringify([user.passwordHash ?? "", user.password ?? ""]);
}
