/**
 * Counts connections, so that nobody takes all of them.
 *
 * @module
 */

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
  readonly #addresses = new Map<string, number>();
  readonly #users = new Map<string, number>();
  #connections = 0;

  /** Nobody yet. */
  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Connections that were let in and have not left. */
  get connections(): number {
    return this.#connections;
  }

  /** Lets a connection in, unless there are too many, altogether or from its address if it has one. */
  enter(address: string | undefined): boolean {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#connections >= maxConnections) return false;
    if (address !== undefined) {
      const network = networkOf(address);
      if (!count(this.#addresses, network, maxConnectionsPerAddress)) {
        return false;
      }
    }
    this.#connections++;
    return true;
  }

  /** A connection that {@linkcode enter} let in has ended. */
  leave(address: string | undefined): void {
    this.#connections--;
    if (address !== undefined) discount(this.#addresses, networkOf(address));
  }

  /** Lets a session of a user begin, unless there are too many of them. */
  login(user: string): boolean {
    return count(this.#users, user, this.#limits.maxConnectionsPerUser);
  }

  /** A session that {@linkcode login} let begin has ended. */
  logout(user: string): void {
    discount(this.#users, user);
  }
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

function count(counts: Map<string, number>, key: string, max: number): boolean {
  const there = counts.get(key) ?? 0;
  if (there >= max) return false;
  counts.set(key, there + 1);
  return true;
}

function discount(counts: Map<string, number>, key: string): void {
  const there = counts.get(key) ?? 0;
  if (there <= 1) counts.delete(key);
  else counts.set(key, there - 1);
}
