/**
 * What is in the journal and not yet in the database, as reads of the database are to see it.
 *
 * @module
 */

import { keyOf, nameOf } from "../key_bytes.ts";
import type { KeyValue, ValueReader } from "../value_reader.ts";
import type { JournalRecord } from "./record.ts";

/** What a key is set to. */
export interface PendingValue {
  /** The value; null where the key is deleted. */
  readonly value: Uint8Array | null;
  /** The record that says so. */
  readonly number: number;
}

/** A pending value with its key. */
interface PendingEntry extends PendingValue {
  /** The key's name. */
  readonly name: string;
}

/** From one name on, up to and without another. */
export type Range = readonly [start: string, end: string];

/** See the module's text. */
export class Pending {
  readonly #values = new Map<string, PendingValue>();

  /** How many keys there are. */
  get size(): number {
    return this.#values.size;
  }

  /** What a key is set to; undefined where the database says. */
  get(name: string): PendingValue | undefined {
    return this.#values.get(name);
  }

  /** Takes what a record says. */
  add({ number, writes }: JournalRecord): void {
    for (const { name, value } of writes) {
      this.#values.set(name, { value, number });
    }
  }

  /** Forgets a key: the database has what it was set to. */
  delete(name: string): void {
    this.#values.delete(name);
  }

  /** Forgets what records up to one have said: the database has it. */
  forget(number: number): void {
    for (const [name, value] of this.#values) {
      if (value.number <= number) this.#values.delete(name);
    }
  }

  /** Those in a range, in order. */
  within([start, end]: Range): readonly PendingEntry[] {
    const found: PendingEntry[] = [];
    for (const [name, { value, number }] of this.#values) {
      if (name >= start && name < end) found.push({ name, value, number });
    }
    return found.sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /**
   * The entries of some keys: of those pending as they are now, of the others as the database has them.
   * @param read reads the entries of all of them; not called where all are pending
   * @param entry makes an entry of one that is pending
   */
  async over<T>(
    keys: readonly Deno.KvKey[],
    read: () => Promise<readonly T[]>,
    entry: (key: Deno.KvKey, pending: PendingValue) => T,
  ): Promise<T[]> {
    const pending = keys.map((key) => this.get(nameOf(key)));
    const rest = pending.includes(undefined) ? await read() : [];
    return keys.map((key, index) => {
      const one = pending[index];
      return one === undefined ? rest[index]! : entry(key, one);
    });
  }

  /**
   * The entries of a range: of those pending as they are now, and of the database where it has others.
   * @param list reads the range of the database by these options
   * @param entry makes an entry of one that is pending
   */
  async *merge<T extends KeyValue<unknown>>(
    range: Range,
    options: Deno.KvListOptions,
    list: (options: Deno.KvListOptions) => AsyncIterable<T>,
    entry: (key: Deno.KvKey, pending: PendingValue) => T,
  ): AsyncGenerator<T, void> {
    const { limit, reverse = false } = options;
    const own = [...this.within(range)];
    if (reverse) own.reverse();
    let left = limit ?? Infinity;
    let next = 0;
    const isBefore = (a: string, b: string) => reverse ? a > b : a < b;
    // Each of those pending may stand in the place of one entry.
    const more = limit === undefined
      ? options
      : { ...options, limit: limit + own.length };
    for await (const found of list(more)) {
      if (own.length === 0) {
        yield found;
        continue;
      }
      const name = nameOf(found.key);
      for (; next < own.length && isBefore(own[next]!.name, name); next++) {
        if (own[next]!.value === null) continue;
        if (left-- <= 0) return;
        yield entry(keyOf(own[next]!.name), own[next]!);
      }
      const same = own[next]?.name === name ? own[next++]! : undefined;
      if (same?.value === null) continue;
      if (left-- <= 0) return;
      yield same === undefined ? found : entry(found.key, same);
    }
    for (; next < own.length; next++) {
      if (own[next]!.value === null) continue;
      if (left-- <= 0) return;
      yield entry(keyOf(own[next]!.name), own[next]!);
    }
  }
}

/** Reads sources and summaries: those that are pending too. */
export class PendingReader implements ValueReader {
  readonly #pending: () => Pending;
  readonly #reader: ValueReader;

  /**
   * @param pending what is pending now
   * @param reader reads the database
   */
  constructor(pending: () => Pending, reader: ValueReader) {
    this.#pending = pending;
    this.#reader = reader;
  }

  /** See {@linkcode ValueReader.getMany}. */
  getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Deno.KvKey }],
  ): Promise<{ readonly value: T[number] | null }[]> {
    return this.#pending().over<{ readonly value: T[number] | null }>(
      keys,
      () => this.#reader.getMany<T>(keys),
      (_, pending) => ({ value: copyOf(pending) as T[number] }),
    );
  }

  /** See {@linkcode ValueReader.list}. */
  list<T>(
    range: { readonly start: Deno.KvKey; readonly end: Deno.KvKey },
    options: Pick<Deno.KvListOptions, "batchSize" | "limit" | "reverse"> = {},
  ): AsyncIterable<KeyValue<T>> {
    const now = this.#pending();
    if (now.size === 0) return this.#reader.list<T>(range, options);
    return now.merge(
      [nameOf(range.start), nameOf(range.end)],
      options,
      (options) => this.#reader.list<T>(range, options),
      (key, pending) => ({ key, value: copyOf(pending) as T }),
    );
  }
}

/** What is kept for long is not to keep all of a record in memory. */
function copyOf({ value }: PendingValue): Uint8Array | null {
  return value === null ? null : value.slice();
}
