/**
 * Reads of a database with what is in the journal over them. Several keys are not read as of one moment, as Deno KV does:
 * whoever depends on that checks them when it commits.
 *
 * @module
 */

import { nameOf } from "../key_bytes.ts";
import type { Pending, PendingValue, Range } from "./pending.ts";
import { stampOf } from "./stamps.ts";

/** Under which versionstamp callers know a key that the database has under this one. */
export type GivenStamp = (name: string, own: string | null) => string | null;

/**
 * A database for reading.
 * @param reader what is in the database; it begins to read after what is pending has been looked at
 * @param pending what is in the journal alone
 * @param given undefined where keys are known as the database has them
 */
export function pendingKv(
  reader: Deno.Kv,
  pending: () => Pending,
  given?: GivenStamp,
): Deno.Kv {
  const getMany = async (
    keys: readonly Deno.KvKey[],
  ): Promise<Deno.KvEntryMaybe<unknown>[]> => {
    const read = async () => {
      const entries = await reader.getMany<unknown[]>(keys);
      return entries.map((entry) => stamped(entry, given));
    };
    return await pending().over(keys, read, entryOf);
  };
  const list = (
    selector: Deno.KvListSelector,
    options: Deno.KvListOptions = {},
  ): AsyncIterable<Deno.KvEntry<unknown>> => {
    const now = pending();
    if (now.size === 0) return reader.list<unknown>(selector, options);
    return now.merge<Deno.KvEntry<unknown>>(
      rangeOf(selector),
      options,
      (options) => reader.list<unknown>(selector, options),
      (key, pending) => entryOf(key, pending) as Deno.KvEntry<unknown>,
    );
  };
  const kv: Partial<Record<keyof Deno.Kv, unknown>> = {
    get: async (key: Deno.KvKey) => (await getMany([key]))[0],
    getMany,
    list,
    close: () => reader.close(),
  };
  return kv as unknown as Deno.Kv;
}

/** The versionstamp of what is pending. */
export function stampOfValue({ value, number }: PendingValue): string | null {
  return value === null ? null : stampOf(number);
}

function entryOf(
  key: Deno.KvKey,
  pending: PendingValue,
): Deno.KvEntryMaybe<unknown> {
  const { value } = pending;
  const versionstamp = stampOfValue(pending);
  return { key, value, versionstamp } as Deno.KvEntryMaybe<unknown>;
}

/** An entry of the database under the stamp by which it is known. */
function stamped(
  entry: Deno.KvEntryMaybe<unknown>,
  given: GivenStamp | undefined,
): Deno.KvEntryMaybe<unknown> {
  if (given === undefined) return entry;
  const versionstamp = given(nameOf(entry.key), entry.versionstamp);
  return versionstamp === entry.versionstamp
    ? entry
    : { ...entry, versionstamp } as typeof entry;
}

/** Which names a selector selects. */
function rangeOf(selector: Deno.KvListSelector): Range {
  const { prefix, start, end } = selector as {
    prefix?: Deno.KvKey;
    start?: Deno.KvKey;
    end?: Deno.KvKey;
  };
  const under = prefix === undefined ? "" : nameOf(prefix);
  return [
    start === undefined ? `${under}\0` : nameOf(start),
    end === undefined ? `${under}\xff` : nameOf(end),
  ];
}
