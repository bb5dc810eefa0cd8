/**
 * Sets of flags, each kept once.
 *
 * Ten thousand messages have a handful of different sets of flags between them. A mailbox keeps one table
 * of the sets it has seen; a message holds the index of its set. What is true of the set (seen, deleted)
 * and what it looks like on a wire is worked out once a set, not once a message.
 *
 * @module
 */

import { type FlagChange, SYSTEM_FLAGS } from "./model.ts";

/** A set of flags. Two sets with the same flags, in whatever case and order, are one object in a table. */
export interface FlagSet {
  /** Its place in the table. */
  readonly index: number;
  /** System flags first, in the order of {@linkcode SYSTEM_FLAGS}; then keywords as first spelled. */
  readonly flags: readonly string[];
  /** Whether it holds `\Seen`. */
  readonly seen: boolean;
  /** Whether it holds `\Deleted`. */
  readonly deleted: boolean;
}

const SYSTEM_ORDER = new Map(
  SYSTEM_FLAGS.map((flag, order) => [flag.toLowerCase(), order]),
);

/** The sets of flags that a mailbox has, and the spelling of its keywords. */
export class FlagTable {
  #sets: FlagSet[] = [];
  #byKey = new Map<string, FlagSet>();
  /** Lower-case keyword to its spelling; keywords compare without case (RFC 9051 § 2.3.2). */
  #keywords = new Map<string, string>();

  /** The set without flags is always number 0. */
  constructor() {
    this.intern([]);
  }

  /** How many sets there are. */
  get length(): number {
    return this.#sets.length;
  }

  /** The keywords, as first spelled, in the order in which they came. */
  get keywords(): readonly string[] {
    return [...this.#keywords.values()];
  }

  /** Whether a flag is a system flag or a keyword that the mailbox has already. */
  has(flag: string): boolean {
    const lower = flag.toLowerCase();
    return SYSTEM_ORDER.has(lower) || this.#keywords.has(lower);
  }

  /** The set at an index. */
  at(index: number): FlagSet {
    const set = this.#sets[index];
    if (set === undefined) throw new RangeError(`No flag set ${index}`);
    return set;
  }

  /** The set of these flags; made when it is new. */
  intern(flags: readonly string[]): FlagSet {
    const lowered = new Set(flags.map((flag) => flag.toLowerCase()));
    const spelled: string[] = [];
    for (const flag of SYSTEM_FLAGS) {
      if (lowered.delete(flag.toLowerCase())) spelled.push(flag);
    }
    for (const flag of flags) {
      const lower = flag.toLowerCase();
      if (lowered.has(lower) && !this.#keywords.has(lower)) {
        this.#keywords.set(lower, flag);
      }
    }
    for (const lower of [...lowered].sort()) {
      spelled.push(this.#keywords.get(lower)!);
    }
    const key = spelled.join(" ");
    let set = this.#byKey.get(key);
    if (set === undefined) {
      set = {
        index: this.#sets.length,
        flags: spelled,
        seen: spelled.includes("\\Seen"),
        deleted: spelled.includes("\\Deleted"),
      };
      this.#sets.push(set);
      this.#byKey.set(key, set);
    }
    return set;
  }

  /** Returns a function that says which set a set becomes by a change; it remembers what it has said. */
  changer(change: FlagChange): (index: number) => FlagSet {
    const changed = new Map<number, FlagSet>();
    const lowered = new Set(change.flags.map((flag) => flag.toLowerCase()));
    return (index) => {
      let to = changed.get(index);
      if (to === undefined) {
        const flags = this.at(index).flags;
        if (change.mode === "replace") to = this.intern(change.flags);
        else if (change.mode === "add") {
          to = this.intern([...flags, ...change.flags]);
        } else {to = this.intern(flags.filter((flag) =>
            !lowered.has(flag.toLowerCase())
          ));}
        changed.set(index, to);
      }
      return to;
    };
  }
}
