/**
 * Reading values that never change, straight from the file of a local database.
 *
 * Deno KV keeps a local database in a file of SQLite, in one table of keys and values. To read one through Deno KV
 * takes two threads some 200 µs, here it is 40, and a range takes a quarter of the time. What never changes once it is
 * committed, sources and summaries, needs nothing else of Deno KV: no versionstamps, no watches.
 *
 * Nobody has promised that the file will always look like this. So it is tried with a value that is known whenever a
 * database is opened, and where that does not come out the same, Deno KV reads. Nothing is ever written here.
 *
 * Reads are synchronous, as those of files are (body_files.ts), and out of the system's memory: the file is mapped.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { decodeKey, encodeKey, following } from "./key_bytes.ts";

/** A value and its key. */
export interface KeyValue<T> {
  /** Where it is. */
  readonly key: Deno.KvKey;
  /** It. */
  readonly value: T;
}

/** What reading sources and summaries needs; a database is one too. */
export interface ValueReader {
  /** The values of up to ten keys; null for those that are not there. */
  getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Deno.KvKey }],
  ): Promise<readonly { readonly value: T[number] | null }[]>;
  /** The values from one key on, up to and without another. */
  list<T>(
    range: { readonly start: Deno.KvKey; readonly end: Deno.KvKey },
    options?: Pick<Deno.KvListOptions, "batchSize" | "limit" | "reverse">,
  ): AsyncIterable<KeyValue<T>>;
}

interface Row {
  readonly k: Uint8Array;
  readonly v: Uint8Array;
}

/** How much of a file is mapped into memory at the most: all that SQLite does. */
const MAPPED = 2 ** 31;
/** How long a read waits for whoever recovers the file, in milliseconds. */
const BUSY_TIME = 1_000;
const BATCH = 100;

/** See the module's text. */
export class FileReader implements ValueReader {
  readonly #database: DatabaseSync;
  readonly #one: StatementSync;
  readonly #forward: StatementSync;
  readonly #backward: StatementSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec(`pragma mmap_size = ${MAPPED}`);
    const prepare = (which: string): StatementSync =>
      database.prepare(`select k, v from kv where ${which}`);
    this.#one = prepare("k = ?");
    this.#forward = prepare("k >= ? and k < ? order by k limit ?");
    this.#backward = prepare("k >= ? and k < ? order by k desc limit ?");
  }

  /**
   * Opens the file of a database that Deno itself has open: another copy of SQLite must not, in one process.
   * @param known a key and its value, as Deno KV reads it
   * @returns undefined where the file cannot be read like this
   */
  static async open(
    path: string,
    known: KeyValue<Uint8Array>,
  ): Promise<FileReader | undefined> {
    let database: DatabaseSync | undefined;
    try {
      const { DatabaseSync } = await import("node:sqlite");
      database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIME });
      const reader = new FileReader(database);
      if (reader.#knows(known)) return reader;
    } catch { /* It is not what we take it for. */ }
    database?.close();
    return undefined;
  }

  /** See {@linkcode ValueReader.getMany}. */
  getMany<T extends readonly unknown[]>(
    keys: readonly [...{ [K in keyof T]: Deno.KvKey }],
  ): Promise<{ value: T[number] | null }[]> {
    return Promise.try(() =>
      keys.map((key) => {
        return { value: this.#get(encodeKey(key))?.v ?? null };
      })
    );
  }

  /** See {@linkcode ValueReader.list}. */
  async *list<T>(
    range: { readonly start: Deno.KvKey; readonly end: Deno.KvKey },
    options: Pick<Deno.KvListOptions, "batchSize" | "limit" | "reverse"> = {},
  ): AsyncGenerator<KeyValue<T>, void> {
    const { batchSize = BATCH, limit = Infinity, reverse = false } = options;
    let [start, end] = [encodeKey(range.start), encodeKey(range.end)];
    for (let left = limit; left > 0;) {
      const most = Math.min(batchSize, left);
      const rows = this.#range(start, end, most, reverse);
      for (const { k, v } of rows) {
        yield { key: decodeKey(k), value: v as T };
      }
      if (rows.length < most) return;
      left -= most;
      const last = rows.at(-1)!.k;
      if (reverse) end = last;
      else start = following(last);
    }
  }

  /** Lets go of the file. */
  close(): void {
    this.#database.close();
  }

  #get(key: Uint8Array): Row | undefined {
    return this.#one.get(key) as Row | undefined;
  }

  #range(
    start: Uint8Array,
    end: Uint8Array,
    most: number,
    reverse: boolean,
  ): readonly Row[] {
    const statement = reverse ? this.#backward : this.#forward;
    return statement.all(start, end, most) as unknown as readonly Row[];
  }

  /** Whether a known value is found, by its key and in its range, and by no other key. */
  #knows({ key, value }: KeyValue<Uint8Array>): boolean {
    const encoded = encodeKey(key);
    const after = following(encoded);
    return [
      [this.#get(encoded)],
      this.#range(encoded, after, 2, false),
      this.#range(encoded, after, 2, true),
    ].every((rows) =>
      rows.length === 1 && isSame(rows[0]?.k, encoded) &&
      isSame(rows[0]?.v, value)
    ) && this.#get(after) === undefined;
  }
}

function isSame(a: unknown, b: Uint8Array): boolean {
  return a instanceof Uint8Array && a.length === b.length &&
    a.every((byte, index) => byte === b[index]);
}
