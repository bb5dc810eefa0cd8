/**
 * Versionstamps of what came through the journal, and what they are in the database.
 *
 * A record gives what it writes a stamp of its own: an `f`, and its number. The database has a stamp for each commit that
 * brought records into it, so that a record's stamp stands for that of its commit, unless the key was written again by
 * the same commit. What is known of single keys is known of those that were, and of those that are checked again and
 * again: to save asking the database.
 *
 * @module
 */

/** Of so many keys, and of so many commits, something is known. */
const MAX_KNOWN = 100_000;
/** How many are forgotten at a time. */
const FORGOTTEN = 1_000;

/** By which stamps a key can be checked that is in the database alone; undefined where that is not known. */
interface Known {
  /** That of the last record that wrote it. */
  readonly journal: string | null | undefined;
  /** That in the database; where it is not known the other is not either. */
  readonly own: string | null | undefined;
}

const UNKNOWN: Known = { journal: undefined, own: undefined };

/** The versionstamp of what a record writes. */
export function stampOf(number: number): string {
  return `f${number.toString(16).padStart(19, "0")}`;
}

/** Whether two versionstamps are of one kind, so that the later one is the larger. */
export function areAlike(a: string, b: string): boolean {
  return a.startsWith("f") === b.startsWith("f");
}

/** See the module's text. */
export class Stamps {
  readonly #known = new Map<string, Known>();
  /** Commits of records, in order: up to which record, and as what. Of the first only the end is known. */
  readonly #commits: { readonly upTo: number; readonly own: string }[];
  /** Up to which record stamps stand for nothing. */
  #forgotten = 0;

  /** @param number the last record that is not to be asked about */
  constructor(number: number) {
    this.#commits = [{ upTo: number, own: "" }];
  }

  /** Something is to be known of a key from now on. */
  remember(name: string): void {
    if (this.#known.has(name)) return;
    this.#know(name, UNKNOWN);
  }

  /**
   * Nothing is known of a key any more. Of which records it was the last cannot be told from their commit, so that the
   * stamps of all of them up to now stand for nothing.
   */
  forget(name: string): void {
    const known = this.#known.get(name);
    if (known === undefined) return;
    this.#known.delete(name);
    if (known.journal !== undefined) {
      this.#forgotten = this.#commits.at(-1)!.upTo;
    }
  }

  /** The database has been read, and has a key under this stamp. */
  learn(name: string, own: string | null): void {
    this.#know(name, { journal: undefined, own });
  }

  /** Records up to one are in the database as one commit. */
  committed(upTo: number, own: string): void {
    this.#commits.push({ upTo, own });
    if (this.#commits.length > MAX_KNOWN) this.#commits.splice(0, FORGOTTEN);
  }

  /**
   * What the last commit did to a key.
   * @param number the last record that wrote it; null when that deleted it, undefined when a later one is pending
   * @param repeated whether it was written more than once
   */
  settle(
    name: string,
    number: number | null | undefined,
    repeated: boolean,
  ): void {
    if (!repeated && !this.#known.has(name)) return;
    const { own } = this.#commits.at(-1)!;
    if (number === undefined) this.#know(name, UNKNOWN);
    else if (number === null) this.#know(name, { journal: null, own: null });
    else this.#know(name, { journal: stampOf(number), own });
  }

  /** Whether a key in the database has this stamp; undefined when the database has to be read first. */
  holds(name: string, stamp: string | null): boolean | undefined {
    const { journal, own } = this.#known.get(name) ?? UNKNOWN;
    if (own === undefined) return undefined;
    if (own === stamp || journal === stamp) return true;
    return journal === undefined && own !== null && own === this.#ownOf(stamp);
  }

  /** The stamp of a key in the database that a caller knows by another. */
  own(name: string, stamp: string | null): string | null {
    return this.holds(name, stamp) ? this.#known.get(name)!.own! : stamp;
  }

  /** The stamp by which callers know a key that is in the database under this one. */
  given(name: string, own: string | null): string | null {
    const known = this.#known.get(name);
    return known?.journal !== undefined && known.own === own
      ? known.journal
      : own;
  }

  /** What a record's stamp stands for; undefined for others, and for those of long ago. */
  #ownOf(stamp: string | null): string | undefined {
    if (!stamp?.startsWith("f")) return undefined;
    const number = parseInt(stamp.slice(1), 16);
    if (number <= this.#forgotten) return undefined;
    let [from, to] = [0, this.#commits.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#commits[middle]!.upTo < number) from = middle + 1;
      else to = middle;
    }
    return from === 0 ? undefined : this.#commits[from]?.own;
  }

  #know(name: string, known: Known): void {
    this.#known.delete(name);
    this.#known.set(name, known);
    if (this.#known.size <= MAX_KNOWN) return;
    let left = FORGOTTEN;
    for (const oldest of this.#known.keys()) {
      if (left-- === 0) break;
      this.forget(oldest);
    }
  }
}
