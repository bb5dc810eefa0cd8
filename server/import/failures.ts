/**
 * What could not be done in a long run: all are counted, the first thousand are named.
 *
 * @module
 */

/** A message or a mailbox that was passed over. */
export interface Failure {
  /** What it is, for people: a file, a place in a file, a UID, a mailbox. */
  readonly what: string;
  /** Why. */
  readonly reason: string;
}

/** More are counted without being named. */
const MAX_NAMED = 1_000;

/** See the module's text. */
export class Failures {
  readonly #named: Failure[] = [];
  #count = 0;

  /** Those of an attempt before. */
  constructor(before: { count: number; named: readonly Failure[] } = NONE) {
    this.#named.push(...before.named.slice(0, MAX_NAMED));
    this.#count = before.count;
  }

  /** How many there are. */
  get count(): number {
    return this.#count;
  }

  /** The first of them. */
  get named(): readonly Failure[] {
    return this.#named;
  }

  /** Notes one. */
  add(what: string, reason: string): void {
    this.#count++;
    if (this.#named.length < MAX_NAMED) this.#named.push({ what, reason });
  }

  /** Notes those of a part of the run. */
  addAll(other: Failures): void {
    const room = MAX_NAMED - this.#named.length;
    this.#named.push(...other.#named.slice(0, room));
    this.#count += other.#count;
  }
}

const NONE = { count: 0, named: [] };
