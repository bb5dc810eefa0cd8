/**
 * Records of what contents have gained and lost, which have not been counted yet.
 *
 * @module
 */

import { decodeContents, encodeContents } from "../content_list.ts";
import { decodeUpload } from "../contents.ts";
import { decodeCopy } from "../copy_underway.ts";
import { COPIES, GARBAGE, SHARED, UPLOADS } from "../keys.ts";
import { type CheckContext, tryDecode } from "./context.ts";

/** Messages that a content has gained and lost. */
export interface Uncounted {
  /** How many it has gained. */
  shared: number;
  /** How many it has lost. */
  garbage: number;
}

/** What the records say, by home and number. */
export class UncountedChanges {
  readonly #homes = new Map<number, Map<number, Uncounted>>();
  /** The highest serial number of a record. */
  lastSerial = 0;

  /** The homes that there is something of. */
  homes(): Iterable<number> {
    return this.#homes.keys();
  }

  /** What has not been counted of the contents of a home. */
  of(home: number): ReadonlyMap<number, Uncounted> {
    return this.#homes.get(home) ?? new Map();
  }

  /** Notes a change. */
  add(home: number, number: number, kind: keyof Uncounted): void {
    let numbers = this.#homes.get(home);
    if (numbers === undefined) this.#homes.set(home, numbers = new Map());
    const uncounted = numbers.get(number) ?? { shared: 0, garbage: 0 };
    uncounted[kind]++;
    numbers.set(number, uncounted);
  }
}

const LISTS = [["shared", SHARED], ["garbage", GARBAGE]] as const;

/** Reads the records; those that cannot be read are removed. */
export async function checkLists(
  { kv, repair, found, writer }: CheckContext,
): Promise<UncountedChanges> {
  const changes = new UncountedChanges();
  for (const [kind, prefix] of LISTS) {
    for await (const { key, value } of kv.list({ prefix }, { batchSize: 20 })) {
      changes.lastSerial = Math.max(changes.lastSerial, key[1] as number);
      const list = tryDecode(value, decodeContents);
      for (const { home, number } of list?.entries ?? []) {
        changes.add(home, number, kind);
      }
      if (list !== undefined) continue;
      const where = `record ${String(key[1])} of ${kind} contents`;
      const what = "it cannot be read";
      found({ kind: "value", where, what, repair: "removed it" });
      if (repair) await writer.write(key, null);
    }
  }
  return changes;
}

/** Takes contents out of the records: their counts are right from now on. */
export async function forgetChanges(
  { kv, writer }: CheckContext,
  numbers: ReadonlySet<number>,
): Promise<void> {
  if (numbers.size === 0) return;
  for (const [, prefix] of LISTS) {
    const records = kv.list<Uint8Array>({ prefix }, { batchSize: 20 });
    for await (const { key, value } of records) {
      const { time, entries } = decodeContents(value);
      const left = entries.filter(({ number }) => !numbers.has(number));
      if (left.length === entries.length) continue;
      const rest = left.length === 0 ? null : encodeContents(time, left);
      await writer.write(key, rest);
    }
  }
  await writer.flush();
}

/** The contents of uploads that never came to their end. */
export async function checkUploads(
  { kv, repair, found, writer }: CheckContext,
  given: Set<number>,
): Promise<void> {
  for await (const { key, value } of kv.list({ prefix: UPLOADS })) {
    const first = key[2] as number;
    const upload = tryDecode(value, decodeUpload);
    upload?.sizes.forEach((_, index) => given.add(first + index));
    const where = `upload ${first}`;
    found({
      kind: upload === undefined ? "value" : "unfinished",
      where,
      what: upload === undefined
        ? "its marker cannot be read"
        : "it never came to its end",
      repair: "gave it up",
    });
    if (repair) await writer.write(key, null);
  }
}

/** The records of copies that never came to their end, which the next start takes back. */
export async function checkCopies(
  { kv, repair, found, writer }: CheckContext,
): Promise<void> {
  for await (const { key, value } of kv.list({ prefix: COPIES })) {
    if (tryDecode(value, decodeCopy) !== undefined) continue;
    found({
      kind: "value",
      where: `copy to mailbox ${key[1] as number}`,
      what: "its record cannot be read",
      repair: "left what it has copied",
    });
    if (repair) await writer.write(key, null);
  }
}
