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

/**
 * The sets of flags that a mailbox has, and the spelling of its keywords.
 *
 * ```ts
 * import { assertEquals, assertStrictEquals } from "@std/assert";
 * import { FlagTable } from "@x/imapd";
 *
 * const table = new FlagTable();
 * const set = table.intern(["Work", "\\Seen"]);
 * assertEquals(set.flags, ["\\Seen", "Work"]);
 * assertStrictEquals(table.intern(["\\SEEN", "work"]), set);
 * ```
 */
export class FlagTable {
  #sets: FlagSet[] = [];
  #byKey = new Map<string, FlagSet>();
  /** Sets by the very array that holds their flags, when that is frozen as those of a table are. */
  #byArray = new WeakMap<readonly string[], FlagSet>();
  #keywordsEver = 0;
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

  /** How many keywords have come up, those forgotten since included: it only grows. */
  get keywordCount(): number {
    return this.#keywordsEver;
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
    const known = this.#byArray.get(flags);
    if (known !== undefined) return known;
    const set = this.#intern(flags);
    if (Object.isFrozen(flags)) this.#byArray.set(flags, set);
    return set;
  }

  /**
   * Forgets the sets that no message has, and the keywords in them alone; set 0 stays.
   * @param used for each index whether a message has the set
   * @returns for each old index that is used, the new one
   */
  retain(used: (index: number) => boolean): Uint32Array {
    const old = this.#sets;
    const moved = new Uint32Array(old.length);
    this.#sets = [];
    this.#byKey = new Map();
    this.#byArray = new WeakMap();
    const keywords = this.#keywords;
    this.#keywords = new Map();
    const kept = old.filter((set) => set.index === 0 || used(set.index));
    const needed = new Set(kept.flatMap((set) => set.flags));
    for (const [lower, spelled] of keywords) {
      if (needed.has(spelled)) this.#keywords.set(lower, spelled);
    }
    for (const set of kept) moved[set.index] = this.intern(set.flags).index;
    return moved;
  }

  #intern(flags: readonly string[]): FlagSet {
    const lowered = new Set(flags.map((flag) => flag.toLowerCase()));
    const spelled: string[] = [];
    for (const flag of SYSTEM_FLAGS) {
      if (lowered.delete(flag.toLowerCase())) spelled.push(flag);
    }
    for (const flag of flags) {
      const lower = flag.toLowerCase();
      if (lowered.has(lower) && !this.#keywords.has(lower)) {
        this.#keywords.set(lower, flag);
        this.#keywordsEver++;
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
        flags: Object.freeze(spelled),
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
    const changed: (FlagSet | undefined)[] = [];
    const lowered = new Set(change.flags.map((flag) => flag.toLowerCase()));
    return (index) => {
      return changed[index] ??= this.intern(
        applied(this.at(index).flags, change, lowered),
      );
    };
  }
}

function applied(
  flags: readonly string[],
  change: FlagChange,
  lowered: ReadonlySet<string>,
): readonly string[] {
  switch (change.mode) {
    case "replace":
      return change.flags;
    case "add":
      return [...flags, ...change.flags];
    case "remove":
      return flags.filter((flag) => !lowered.has(flag.toLowerCase()));
  }
}
