/**
 * Counts connections, so that nobody takes all of them.
 *
 * @module
 */

import { type Counts, OwnCounts } from "./counts.ts";

/** How many there may be at once. */
export interface AdmissionLimits {
  /** Connections altogether. */
  readonly maxConnections: number;
  /** Connections from an address. */
  readonly maxConnectionsPerAddress: number;
  /** Sessions of a user. */
  readonly maxConnectionsPerUser: number;
}

/** Who is there. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #counts: Counts;

  /** Whoever is counted there: nobody yet, or those that other threads have let in. */
  constructor(limits: AdmissionLimits, counts: Counts = new OwnCounts()) {
    this.#limits = limits;
    this.#counts = counts;
  }

  /** Connections that were let in and have not left. */
  get connections(): number {
    return this.#counts.of(ALL);
  }

  /** Lets a connection in, unless there are too many, altogether or from its address if it has one. */
  enter(address: string | undefined): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (!this.#counts.add(ALL, maxConnections)) return false;
    if (address === undefined) return true;
    if (this.#counts.add(keyOf(address), maxConnectionsPerAddress)) return true;
    this.#counts.remove(ALL);
    return false;
  }

  /** A connection that {@linkcode enter} let in has ended. */
  leave(address: string | undefined): void {
    this.#counts.remove(ALL);
    if (address !== undefined) this.#counts.remove(keyOf(address));
  }

  /** Lets a session of a user begin, unless there are too many of them. */
  login(user: string): boolean {
    return this.#counts.add(
      `user ${user}`,
      this.#limits.maxConnectionsPerUser,
    );
  }

  /** A session that {@linkcode login} let begin has ended. */
  logout(user: string): void {
    this.#counts.remove(`user ${user}`);
  }
}

/** What all connections are counted by. */
const ALL = "all";

function keyOf(address: string): string {
  return `address ${networkOf(address)}`;
}

/** Whoever has an IPv6 address usually has the 2^64 around it: they count as one. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:([\d.]+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
