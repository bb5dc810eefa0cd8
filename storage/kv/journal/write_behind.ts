/**
 * Brings what is in the journal into the database: many commits as one, since only what they come to matters there.
 *
 * @module
 */

import { BATCH_LIMITS } from "../batch.ts";
import { ByteReader, ByteWriter } from "../binary.ts";
import { keyOf } from "../key_bytes.ts";
import { JOURNAL } from "../keys.ts";
import { whileLocked } from "../locked.ts";
import { IDENTITY } from "./journal_file.ts";
import type { JournalRecord } from "./record.ts";

const VERSION = 1;

/** How far the database is. */
export interface Applied {
  /** What the journal is known by, 16 bytes. */
  readonly identity: Uint8Array;
  /** The last record that it has. */
  readonly number: number;
  /** Of the value that says so. */
  readonly versionstamp: string;
}

/** Reads how far the database is; undefined where there never was a journal. */
export async function readApplied(kv: Deno.Kv): Promise<Applied | undefined> {
  const { value, versionstamp } = await kv.get<Uint8Array>(JOURNAL);
  if (value === null) return undefined;
  const reader = new ByteReader(value).version(VERSION);
  const number = reader.f64();
  return { identity: reader.raw(IDENTITY), number, versionstamp };
}

/**
 * Notes that a journal begins, and what it is known by: what an earlier one has, should it come to light again, is not
 * for the database any more.
 * @param number the last record of those before
 */
export async function beginApplied(
  kv: Deno.Kv,
  number: number,
): Promise<Applied> {
  const identity = crypto.getRandomValues(new Uint8Array(IDENTITY));
  const { versionstamp } = await kv.set(JOURNAL, encode(identity, number));
  return { identity, number, versionstamp };
}

function encode(identity: Uint8Array, number: number): Uint8Array {
  return new ByteWriter(9 + IDENTITY).u8(VERSION).f64(number).raw(identity)
    .bytes();
}

/** The first of some records, as one commit. */
export interface Gathered {
  /** How many they are. */
  readonly count: number;
  /** What they come to, by the names of the keys. */
  readonly values: ReadonlyMap<string, Uint8Array | null>;
  /** Those that are written more than once. */
  readonly repeated: ReadonlySet<string>;
}

/** Gathers as many records as fit one commit. */
export function gather(records: readonly JournalRecord[]): Gathered {
  const values = new Map<string, Uint8Array | null>();
  const repeated = new Set<string>();
  let bytes = 0;
  let keyBytes = 0;
  let count = 0;
  for (const { writes } of records) {
    for (const { name, value } of writes) {
      keyBytes += name.length;
      bytes += name.length + (value?.length ?? 0);
    }
    const most = values.size + writes.length;
    const isFull = most > BATCH_LIMITS.mutations ||
      bytes > BATCH_LIMITS.bytes || keyBytes > BATCH_LIMITS.keyBytes;
    if (count > 0 && isFull) break;
    for (const { name, value } of writes) {
      if (values.has(name)) repeated.add(name);
      values.set(name, value);
    }
    count++;
  }
  return { count, values, repeated };
}

/**
 * Commits what some records come to.
 * @param upTo the number of the last of them
 * @returns how far the database is now
 * @throws what the database says; an Error when somebody else has brought records into it
 */
export async function apply(
  kv: Deno.Kv,
  { identity, versionstamp }: Applied,
  values: ReadonlyMap<string, Uint8Array | null>,
  upTo: number,
): Promise<Applied> {
  const result = await whileLocked(() => {
    const operation = kv.atomic().check({ key: JOURNAL, versionstamp });
    for (const [name, value] of values) {
      if (value === null) operation.delete(keyOf(name));
      else operation.set(keyOf(name), value);
    }
    return operation.set(JOURNAL, encode(identity, upTo)).commit();
  });
  if (result.ok) {
    return { identity, number: upTo, versionstamp: result.versionstamp };
  }
  // It may have been ours, by a commit that was said to have failed.
  const applied = await readApplied(kv);
  if (applied?.number === upTo) return applied;
  throw new Error("Somebody else has written to the database");
}
