/**
 * What a KV Connect server serves: keys in order, and commits one after the other, in memory.
 *
 * @module
 */

import {
  type AtomicWrite,
  type Check,
  Encoding,
  type Entry,
  type Mutation,
  MutationType,
  type ReadRange,
  type Value,
} from "./protocol.ts";
import { Refusal } from "./limits.ts";

interface Stored extends Entry {
  readonly expiresAt: number;
}

/** See the module's text. */
export class Store {
  /** By key, in which each byte is a character: these sort as the bytes do. */
  readonly #entries = new Map<string, Stored>();
  /** All keys, in order. */
  readonly #keys: string[] = [];
  readonly #watchers = new Map<string, Set<() => void>>();
  #commits = 0n;

  /** The value of a key that has one. */
  get(key: Uint8Array): Entry | undefined {
    return this.#live(text(key));
  }

  /** The values of a range, in order. */
  range({ start, end, limit, reverse }: ReadRange): Entry[] {
    const from = this.#placeOf(text(start));
    const keys = this.#keys.slice(from, this.#placeOf(text(end)));
    if (reverse) keys.reverse();
    const found: Entry[] = [];
    for (const key of keys) {
      if (found.length >= limit) break;
      const entry = this.#live(key);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  /**
   * Commits all of it, or nothing.
   * @returns the versionstamp, or undefined when a check has failed
   * @throws {Refusal} when a mutation cannot be done
   */
  commit({ checks, mutations }: AtomicWrite): Uint8Array | undefined {
    if (!checks.every((check) => this.#holds(check))) return undefined;
    const versionstamp = new Uint8Array(10);
    new DataView(versionstamp.buffer).setBigUint64(0, ++this.#commits);
    const touched = new Set<string>();
    // What a mutation makes is seen by those behind it; should one be refused, all goes back.
    const before = new Map<string, Stored | undefined>();
    try {
      for (const mutation of mutations) {
        const key = text(mutation.key);
        if (!touched.has(key)) before.set(key, this.#entries.get(key));
        touched.add(key);
        this.#mutate(key, mutation, versionstamp);
      }
    } catch (error) {
      for (const [key, entry] of before) this.#put(key, entry);
      throw error;
    }
    for (const key of touched) {
      for (const changed of this.#watchers.get(key) ?? []) changed();
    }
    return versionstamp;
  }

  /** Calls back when one of the keys has been written to, until the returned function is called. */
  watch(keys: readonly Uint8Array[], changed: () => void): () => void {
    const watched = keys.map((key) => {
      const watchers = this.#watchers.get(text(key)) ?? new Set();
      this.#watchers.set(text(key), watchers);
      return watchers.add(changed);
    });
    return () => {
      for (const watchers of watched) watchers.delete(changed);
    };
  }

  #holds({ key, versionstamp }: Check): boolean {
    const entry = this.get(key);
    return entry === undefined
      ? versionstamp.length === 0
      : text(entry.versionstamp) === text(versionstamp);
  }

  #mutate(
    key: string,
    { key: bytes, value, type, expiresAt }: Mutation,
    versionstamp: Uint8Array,
  ): void {
    if (type === MutationType.delete) return this.#put(key, undefined);
    const written = type === MutationType.set
      ? value
      : combine(type, this.#live(key), value);
    const entry = { ...written, key: bytes, versionstamp, expiresAt };
    this.#put(key, entry);
  }

  #put(key: string, entry: Stored | undefined): void {
    const known = this.#entries.has(key);
    const place = this.#placeOf(key);
    if (entry === undefined) {
      this.#entries.delete(key);
      if (known) this.#keys.splice(place, 1);
    } else {
      this.#entries.set(key, entry);
      if (!known) this.#keys.splice(place, 0, key);
    }
  }

  /** A value that has not expired. */
  #live(key: string): Stored | undefined {
    const entry = this.#entries.get(key);
    const expired = entry !== undefined && entry.expiresAt !== 0 &&
      entry.expiresAt <= Date.now();
    return expired ? undefined : entry;
  }

  /** The place of the first key that is not below one. */
  #placeOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The sum, the least or the greatest of a number that is there and one that is given. */
function combine(
  type: number,
  there: Value | undefined,
  given: Value,
): Value {
  const b = numberIn(given);
  const a = there === undefined ? undefined : numberIn(there);
  let result: bigint;
  if (type === MutationType.sum) result = BigInt.asUintN(64, (a ?? 0n) + b);
  else if (type === MutationType.max) result = a === undefined || a < b ? b : a;
  else if (type === MutationType.min) result = a === undefined || a > b ? b : a;
  else throw new Refusal(`Mutation type ${type} is none that is known here`);
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, result, true);
  return { data, encoding: Encoding.le64 };
}

function numberIn({ data, encoding }: Value): bigint {
  if (encoding !== Encoding.le64 || data.length !== 8) {
    throw new Refusal("Only unsigned 64-bit numbers can be combined");
  }
  return new DataView(data.buffer, data.byteOffset).getBigUint64(0, true);
}

/** Bytes as characters. */
function text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
