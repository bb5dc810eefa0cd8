/**
 * Ends the sessions of users who are there no more, have been disabled, or have another password, and those by
 * tokens that are there no more or have ended.
 *
 * What a session was opened with is looked at again from time to time, once a user however many sessions there
 * are. Where users are not looked up but decided on by a function, nothing is known of them: what ends then is the
 * sessions whose identity says when, and those that the application ends.
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
  /** The tokens of a user that have not ended, by what they are known by. Default: there are none. */
  tokens?(name: string): Promise<ReadonlySet<string>>;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  now?(): number;
  /** A look-up has failed; sessions go on. */
  failed(error: unknown): void;
}

/** The sessions of one user. */
interface Watched {
  readonly sessions: Set<OpenSession>;
  /** By what the user is known, as it was when looked at first; undefined before. */
  stamp: string | undefined;
  /** What that may become with the password still the same. */
  next: string | undefined;
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
      { sessions: new Set(), stamp: undefined, next: undefined };
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
  }

  /** A user is known by another record of the same password, or about to be. */
  renewing(user: string, passwordHash: string): void {
    const watched = this.#users.get(user);
    if (watched !== undefined) {
      watched.next = stampOf({ name: user, passwordHash });
    }
  }

  /** Ends all sessions of a user. */
  endAll(user: string, reason: string): void {
    for (const session of [...this.#users.get(user)?.sessions ?? []]) {
      session.end(reason);
    }
  }

  /** Looks at all users who have sessions; settles when that is done. Never rejects. */
  async check(): Promise<void> {
    if (this.#users.size === 0) return this.close();
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
    const now = this.#options.now?.() ?? Date.now();
    for (const session of [...watched.sessions]) {
      const { expires = Infinity } = session.identity;
      if (expires <= now) session.end("What you have logged in by has ended");
    }
    let known: KnownUser | undefined;
    let tokens: ReadonlySet<string> = new Set();
    const byToken = [...watched.sessions]
      .filter(({ identity }) => identity.token !== undefined);
    try {
      known = await this.#options.user(user);
      if (byToken.length > 0) {
        tokens = await this.#options.tokens?.(user) ?? tokens;
      }
    } catch (error) {
      this.#options.failed(error);
      return;
    }
    const stamp = stampOf(known);
    if (stamp === watched.next) watched.stamp = stamp;
    watched.stamp ??= stamp;
    // Nothing is known of one who was let in without a record.
    if (watched.stamp === "") return;
    for (const session of byToken) {
      if (known !== undefined && tokens.has(session.identity.token!)) continue;
      session.end("The token has ended, or its user is disabled or gone");
    }
    if (watched.stamp === stamp) return;
    watched.stamp = stamp;
    for (const session of [...watched.sessions]) {
      if (session.identity.token !== undefined) continue;
      session.end("The user is disabled, gone, or has another password");
    }
  }
}

/** What must stay the same; empty for nobody. */
function stampOf(user: KnownUser | undefined): string {
  if (user === undefined) return "";
  // A record of SCRAM that comes beside another is of the same password.
  const record = user.passwordHash ?? user.scram ?? "";
  return JSON.stringify([record, user.password ?? ""]);
}
