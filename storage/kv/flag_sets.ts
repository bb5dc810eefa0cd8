/**
 * Sets of flags inside a page or a record: each flag written once, each set as indexes of flags.
 *
 * @module
 */

import type { ByteReader, ByteWriter } from "./binary.ts";

const encoder = new TextEncoder();

/** Gathers sets of flags and knows how much room they take. */
export class FlagSetWriter {
  #flags = new Map<string, number>();
  #sets: number[][] = [];
  #byKey = new Map<string, number>();
  #byArray = new Map<readonly string[], number>();
  #size = 4;

  /** How many bytes {@linkcode write} will write. */
  get size(): number {
    return this.#size;
  }

  /** The index of a set; new ones are added. */
  add(flags: readonly string[]): number {
    const known = this.#byArray.get(flags);
    if (known !== undefined) return known;
    const key = flags.join(" ");
    let index = this.#byKey.get(key);
    if (index === undefined) {
      index = this.#sets.length;
      this.#sets.push(flags.map((flag) => this.#flag(flag)));
      this.#byKey.set(key, index);
      this.#size += 2 + 2 * flags.length;
    }
    this.#byArray.set(flags, index);
    return index;
  }

  /** Writes the table. */
  write(to: ByteWriter): void {
    to.u16(this.#flags.size);
    for (const flag of this.#flags.keys()) to.text(flag);
    to.u16(this.#sets.length);
    for (const set of this.#sets) {
      to.u16(set.length);
      for (const flag of set) to.u16(flag);
    }
  }

  #flag(flag: string): number {
    let index = this.#flags.get(flag);
    if (index === undefined) {
      index = this.#flags.size;
      this.#flags.set(flag, index);
      this.#size += 2 + encoder.encode(flag).length;
    }
    return index;
  }
}

/** How many bytes more a set of flags can take in a table that does not have it. */
export function flagSetSize(flags: readonly string[]): number {
  return flags.reduce((size, flag) => size + 4 + 3 * flag.length, 2);
}

/** Reads a table of sets. Each is frozen, so that a mailbox recognises it quickly. */
export function readFlagSets(from: ByteReader): (readonly string[])[] {
  const flags = Array.from({ length: from.u16() }, () => from.text());
  return Array.from({ length: from.u16() }, () => {
    const indexes = Array.from({ length: from.u16() }, () => from.u16());
    return Object.freeze(indexes.map((index) => flags[index]!));
  });
}
