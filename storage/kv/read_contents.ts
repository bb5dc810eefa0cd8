/**
 * Reading sources and summaries: one, or very many.
 *
 * Many are read in segments of about a megabyte, the next one while the caller works on the last. Where the
 * wanted ones lie together, one range read brings a segment; where others lie between, that is noticed and
 * each is read by itself.
 *
 * @module
 */

import { joinBytes } from "../join_bytes.ts";
import type { MessageBytes, Uid } from "../model.ts";
import type { BodyFiles } from "./body_files.ts";
import { chunksOf } from "./contents.ts";
import { bodyKey, MAX_VALUE } from "./keys.ts";
import type { ValueReader } from "./value_reader.ts";

/** How many bytes a segment should have. */
const SEGMENT = 1_000_000;
/** How many bytes of others may come along before a range read is given up. */
const FOREIGN = 256_000;

/** A message whose content is wanted. */
export interface Wanted {
  /** The message. */
  readonly uid: Uid;
  /** `ContentId.home`. */
  readonly home: number;
  /** `ContentId.number`. */
  readonly number: number;
  /** The size of the source. */
  readonly size: number;
}

/** Contents by number. */
export type Found = Map<number, Uint8Array>;

/**
 * Yields what a function fetches, segment by segment, one ahead.
 * @param fetch returns the bytes of those wanted that are there
 * @param sizeOf what is known of a message's bytes, or undefined to go by what came so far
 */
export async function* readAhead(
  wanted: readonly Wanted[],
  fetch: (segment: readonly Wanted[]) => Promise<Found>,
  sizeOf?: (wanted: Wanted) => number,
): AsyncGenerator<readonly MessageBytes[], void> {
  let average = 16_000;
  let at = 0;
  const next = (): Promise<readonly MessageBytes[]> | undefined => {
    if (at >= wanted.length) return undefined;
    let bytes = 0;
    const from = at;
    while (at < wanted.length && at - from < 4_000) {
      bytes += sizeOf?.(wanted[at]!) ?? average;
      if (at > from && bytes > SEGMENT) break;
      at++;
    }
    const segment = wanted.slice(from, at);
    const fetched = fetch(segment).then((found) => {
      const batch = inOrder(segment, found);
      const total = batch.reduce((sum, entry) => sum + entry.bytes.length, 0);
      average = Math.max(100, total / segment.length);
      return batch;
    });
    // Looked at when its turn comes; nobody may ever ask.
    fetched.catch(() => {});
    return fetched;
  };
  let current = next();
  while (current !== undefined) {
    const batch = await current;
    current = next();
    if (batch.length > 0) yield batch;
  }
}

function inOrder(segment: readonly Wanted[], found: Found): MessageBytes[] {
  const batch: MessageBytes[] = [];
  for (const { uid, number } of segment) {
    const bytes = found.get(number);
    if (bytes !== undefined) batch.push({ uid, bytes });
  }
  return batch;
}

/** Those wanted, by home, each in the order of numbers, without repeats. */
export function byHome(
  wanted: readonly Wanted[],
): readonly (readonly Wanted[])[] {
  // Most often there is nothing to do.
  if (wanted.length > 0 && wanted.every(inOrderBehind)) return [wanted];
  const homes = new Map<number, Map<number, Wanted>>();
  for (const one of wanted) {
    let home = homes.get(one.home);
    if (home === undefined) homes.set(one.home, home = new Map());
    home.set(one.number, one);
  }
  return [...homes.values()].map((home) =>
    [...home.values()].sort((a, b) => a.number - b.number)
  );
}

/** Whether a message has the same home as the one before it, and a higher number. */
function inOrderBehind(
  { home, number }: Wanted,
  index: number,
  wanted: readonly Wanted[],
): boolean {
  const before = wanted[index - 1];
  return before === undefined ||
    (before.home === home && before.number < number);
}

/** Reads from `start` to `end` of a source; undefined when it is not there. */
async function readBody(
  kv: ValueReader,
  { home, number, size }: Wanted,
  start: number,
  end: number,
): Promise<Uint8Array | undefined> {
  const from = Math.min(Math.max(0, start), size);
  const to = Math.max(from, Math.min(end, size));
  if (from === to) return new Uint8Array();
  const first = Math.floor(from / MAX_VALUE);
  const last = Math.floor((to - 1) / MAX_VALUE);
  const chunks: Uint8Array[] = [];
  if (last - first < 10) {
    const keys = Array.from(
      { length: last - first + 1 },
      (_, index) => bodyKey(home, number, first + index),
    );
    for (const entry of await kv.getMany<Uint8Array[]>(keys)) {
      if (entry.value !== null) chunks.push(entry.value);
    }
  } else {
    const entries = kv.list<Uint8Array>({
      start: bodyKey(home, number, first),
      end: bodyKey(home, number, last + 1),
    }, { batchSize: 100 });
    for await (const entry of entries) chunks.push(entry.value);
  }
  if (chunks.length !== last - first + 1) return undefined;
  const offset = first * MAX_VALUE;
  return joinBytes(chunks).subarray(from - offset, to - offset);
}

/** Reads the sources of a segment. */
export async function readBodies(
  kv: ValueReader,
  files: BodyFiles | undefined,
  segment: readonly Wanted[],
): Promise<Found> {
  const found: Found = new Map();
  const inFiles = await files?.among(segment) ?? new Set();
  for (const one of segment) {
    if (!inFiles.has(one.number) || found.has(one.number)) continue;
    const bytes = await files!.read(one, 0, one.size);
    if (bytes !== undefined) found.set(one.number, bytes);
  }
  const inChunks = inFiles.size === 0
    ? segment
    : segment.filter(({ number }) => !inFiles.has(number));
  for (const group of byHome(inChunks)) {
    const left = group.length < 8 ? group : await bodyRange(kv, group, found);
    await bodiesEach(kv, left, found);
  }
  return found;
}

/** Reads a range; returns those that are still wanted when there was too much between. */
async function bodyRange(
  kv: ValueReader,
  group: readonly Wanted[],
  found: Found,
): Promise<readonly Wanted[]> {
  const { home } = group[0]!;
  const wanted = new Map(group.map((one) => [one.number, one]));
  const bytes = group.reduce((sum, { size }) => sum + size, 0);
  const pieces = group.reduce((sum, { size }) => sum + chunksOf(size), 1);
  const entries = kv.list<Uint8Array>({
    start: bodyKey(home, group[0]!.number, 0),
    end: bodyKey(home, group.at(-1)!.number + 1, 0),
  }, {
    batchSize: Math.min(
      500,
      Math.max(20, Math.floor(SEGMENT / (bytes / pieces + 1))),
    ),
  });
  const chunks = new Map<number, Uint8Array[]>();
  let foreign = 0;
  let last = 0;
  for await (const { key, value } of entries) {
    last = key[2] as number;
    // What is in a file is none of those wanted.
    if (!wanted.has(last)) {
      foreign += value.length;
      if (foreign > bytes + FOREIGN) break;
      continue;
    }
    const list = chunks.get(last);
    if (list === undefined) chunks.set(last, [value]);
    else list.push(value);
  }
  const given = foreign > bytes + FOREIGN;
  const left: Wanted[] = [];
  for (const one of group) {
    const list = chunks.get(one.number) ?? [];
    if (list.length === chunksOf(one.size)) {
      found.set(one.number, joinBytes(list));
    } else if (given && one.number >= last) left.push(one);
  }
  return left;
}

/** Reads sources by their keys, ten at a time. */
async function bodiesEach(
  kv: ValueReader,
  wanted: readonly Wanted[],
  found: Found,
): Promise<void> {
  const small = wanted.filter(({ size }) => size > 0 && size <= MAX_VALUE);
  for (let from = 0; from < small.length; from += 10) {
    const some = small.slice(from, from + 10);
    const keys = some.map(({ home, number }) => bodyKey(home, number, 0));
    const entries = await kv.getMany<Uint8Array[]>(keys);
    for (const [index, { value }] of entries.entries()) {
      if (value !== null) found.set(some[index]!.number, value as Uint8Array);
    }
  }
  for (const one of wanted) {
    if (one.size > 0 && one.size <= MAX_VALUE) continue;
    const bytes = await readBody(kv, one, 0, one.size);
    if (bytes !== undefined) found.set(one.number, bytes);
  }
}
