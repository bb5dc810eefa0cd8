/**
 * Slows down guessing: whoever failed waits before the next try, longer each time, whichever connection it
 * comes on. Failures are counted by address and by user, and forgotten with time.
 *
 * Tries wait in turn, and of an address no more than {@linkcode MAX_WAITING} at once, so that a thousand
 * connections guess no faster than a few. A right password is delayed as well, as nobody knows before that it is
 * right; so what a user can be made to wait by others is kept short, and nobody is refused for it.
 *
 * @module
 */

import type { Host } from "../protocol/host.ts";
import type { Limits } from "../protocol/limits.ts";
import { networkOf } from "./admission.ts";
import { isLoopback } from "./peer.ts";

/** How long guessing is slowed down. Times are in milliseconds. */
export interface ThrottleOptions {
  /** What the first wait takes; each failure more doubles it. 0: there is no wait. */
  readonly delay: number;
  /** The longest wait for an address. */
  readonly longestByAddress: number;
  /** The longest wait for a user, whose failures may be another's. */
  readonly longestByUser: number;
  /** After how long one failure is forgotten. */
  readonly forget: number;
  /** The time. */
  readonly now: () => number;
}

/** The limits of a server, as they are at that moment, for {@linkcode LoginThrottle}. */
export function throttleOf(
  limits: () => Limits,
  now: () => number,
): Host["throttle"] {
  const throttle = new LoginThrottle({
    get delay() {
      return limits().failedLoginDelay;
    },
    get longestByAddress() {
      return limits().loginWaitByAddress;
    },
    get longestByUser() {
      return limits().loginWaitByUser;
    },
    forget: FORGET,
    now,
  });
  return {
    wait: (remote, user) => throttle.wait(addressOf(remote), user),
    failed: (remote, user) => throttle.failed(addressOf(remote), user),
    succeeded: (user) => throttle.succeeded(user),
  };
}

/** One failure is forgotten after this time. */
const FORGET = 60_000;

/** The network of a remote address; of this machine none, where a webmail may stand for all users. */
function addressOf(remote: string): string | undefined {
  const address = remote.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  if (address === "unix" || isLoopback(address)) return undefined;
  return networkOf(address);
}

/** So many failures cost nothing: people mistype. */
const FREE = 2;
/** So many tries from an address wait; others are refused. There may be a webmail behind it, with all its users. */
const MAX_WAITING = 10;
/** So many addresses, and users, are remembered; the oldest go first. */
const MAX_ENTRIES = 50_000;
/** More failures than these count no more. */
const MAX_FAILURES = 32;

interface Entry {
  /** Failures, as many as have not been forgotten since `at`. */
  failures: number;
  /** When they were counted last. */
  at: number;
  /** When the next try may be made. */
  next: number;
  /** When the tries are made that wait. */
  turns: number[];
}

/** See the module's text. */
export class LoginThrottle {
  readonly #options: ThrottleOptions;
  readonly #addresses = new Map<string, Entry>();
  readonly #users = new Map<string, Entry>();

  /** Nobody has failed yet. */
  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /** How many addresses and users are remembered. */
  get size(): number {
    return this.#addresses.size + this.#users.size;
  }

  /** How long a try has to wait; it takes its turn by asking. Infinity: too many wait already. */
  wait(address: string | undefined, user: string): number {
    const { longestByAddress, longestByUser } = this.#options;
    const wait = address === undefined
      ? 0
      : this.#turn(this.#addresses.get(address), longestByAddress, MAX_WAITING);
    return wait === Infinity
      ? wait
      : Math.max(wait, this.#turn(this.#users.get(user), longestByUser));
  }

  /** A try has failed. */
  failed(address: string | undefined, user: string): void {
    if (this.#options.delay === 0) return;
    if (address !== undefined) this.#count(this.#addresses, address);
    this.#count(this.#users, user);
  }

  /** A try has succeeded: its user is known there. What others did from the address is not forgotten. */
  succeeded(user: string): void {
    this.#users.delete(user);
  }

  #turn(
    entry: Entry | undefined,
    longest: number,
    most = Infinity,
  ): number {
    if (entry === undefined) return 0;
    this.#forget(entry);
    if (entry.failures <= FREE) return 0;
    const { delay, now } = this.#options;
    const own = Math.min(longest, delay * 2 ** (entry.failures - FREE - 1));
    const time = now();
    // Those who wait already go before; nobody waits longer than the longest for that.
    const turn = Math.min(Math.max(time, entry.next) + own, time + longest);
    if (most < Infinity) {
      // A clock that was set back leaves nobody waiting for longer than the longest.
      entry.turns = entry.turns.filter((at) => at > time && at <= turn);
      if (entry.turns.length >= most) return Infinity;
      entry.turns.push(turn);
    }
    entry.next = turn;
    return turn - time;
  }

  #count(entries: Map<string, Entry>, key: string): void {
    const now = this.#options.now();
    const entry = entries.get(key) ??
      { failures: 0, at: now, next: 0, turns: [] };
    this.#forget(entry);
    entry.failures = Math.min(MAX_FAILURES, entry.failures + 1);
    entry.at = now;
    // The youngest at the end.
    entries.delete(key);
    entries.set(key, entry);
    if (entries.size > MAX_ENTRIES) {
      entries.delete(entries.keys().next().value!);
    }
  }

  #forget(entry: Entry): void {
    const { forget, now } = this.#options;
    // A clock that was set back forgets nothing.
    const forgotten = Math.max(0, Math.floor((now() - entry.at) / forget));
    if (forgotten === 0) return;
    entry.failures = Math.max(0, entry.failures - forgotten);
    entry.at += forgotten * forget;
  }
}
