/**
 * Reading summaries: from the single ones that are not packed yet, and from the pages.
 *
 * Packing moves summaries from the first to the second in one commit; who looks at them in this order finds
 * each whenever that happens. Many are looked for in both at the same time, and those that are then in neither once
 * more in the pages. Where a look at the single ones has shown that there are none, they are not looked at again.
 *
 * @module
 */

import { joinBytes } from "../join_bytes.ts";
import { decodeSummary } from "./contents.ts";
import { summariesKey, summaryKey } from "./keys.ts";
import { byHome, type Found, type Wanted } from "./read_contents.ts";
import { pickSummaries } from "./summary_page.ts";
import type { KeyValue, ValueReader } from "./value_reader.ts";

/** How many pages that hold nothing wanted may be read before the others are looked up one by one. */
const MAX_FOREIGN_PAGES = 16;

/**
 * Reads the summaries of messages that were there when it was made, segment by segment: what it has found out by one it
 * need not ask again for the next.
 */
export class SummaryReader {
  readonly #kv: ValueReader;
  /** Of each home, from which number on it was looked, and the first single one there was. */
  readonly #singles = new Map<number, { from: number; first: number }>();
  /** The page that was read last. */
  #last: { readonly home: number; readonly bytes: Uint8Array } | undefined;

  /** Nothing is known yet. */
  constructor(kv: ValueReader) {
    this.#kv = kv;
  }

  /** Reads the summaries of a segment. */
  async read(segment: readonly Wanted[]): Promise<Found> {
    const kv = this.#kv;
    const found: Found = new Map();
    for (const group of byHome(segment)) {
      const numbers = group.map(({ number }) => number);
      const { home } = group[0]!;
      if (numbers.length < 4) {
        await singlesEach(kv, home, numbers, found);
        await pagesEach(kv, home, numbers, found);
        continue;
      }
      const single = await this.#firstSingle(home, numbers[0]!);
      await Promise.all([
        single > numbers.at(-1)!
          ? undefined
          : singleRange(kv, home, numbers, found),
        this.#pageRange(home, numbers, found),
      ]);
      if (found.size >= segment.length) break;
      const missing = numbers.filter((number) => !found.has(number));
      const left = await this.#pageRange(home, missing, found);
      await pagesEach(kv, home, left, found);
    }
    return found;
  }

  /** The first number from one on whose summary is single; those before it are packed, and stay so. */
  async #firstSingle(home: number, from: number): Promise<number> {
    const known = this.#singles.get(home);
    if (known !== undefined && known.from <= from && from <= known.first) {
      return known.first;
    }
    let first = Infinity;
    const entries = this.#kv.list({
      start: summaryKey(home, from, 0),
      end: summaryKey(home, Number.MAX_SAFE_INTEGER, 0),
    }, { limit: 1 });
    for await (const { key } of entries) first = key[2] as number;
    this.#singles.set(home, { from, first });
    return first;
  }

  /** Reads a range of pages; returns the numbers that are still wanted when too many had nothing wanted. */
  async #pageRange(
    home: number,
    numbers: readonly number[],
    found: Found,
  ): Promise<readonly number[]> {
    if (numbers.length === 0) return [];
    const kv = this.#kv;
    const wanted = new Set(numbers);
    if (this.#last?.home === home) {
      pickSummaries(this.#last.bytes, wanted, found);
    }
    const first = found.has(numbers[0]!)
      ? undefined
      : pageOf(kv, ["summaries", home], numbers[0]!);
    // Looked at in its turn; reading the others may fail before.
    first?.catch(() => {});
    const entries = kv.list<Uint8Array>({
      // Behind the page that would hold the first.
      start: summariesKey(home, numbers[0]! + 0.5),
      end: summariesKey(home, numbers.at(-1)! + 0.5),
    }, { batchSize: 64 });
    let foreign = 0;
    let left: readonly number[] = [];
    for await (const { key, value } of entries) {
      this.#last = { home, bytes: value };
      if (
        !pickSummaries(value, wanted, found) && ++foreign > MAX_FOREIGN_PAGES
      ) {
        left = numbers.filter((n) => n > (key[2] as number));
        break;
      }
    }
    const page = await first;
    if (page !== undefined) pickSummaries(page.value, wanted, found);
    return left.filter((number) => !found.has(number));
  }
}

/** The page that would hold a number. */
export async function pageOf(
  kv: ValueReader,
  prefix: Deno.KvKey,
  number: number,
): Promise<KeyValue<Uint8Array> | undefined> {
  const entries = kv.list<Uint8Array>({
    start: prefix,
    end: [...prefix, number + 0.5],
  }, { reverse: true, limit: 1 });
  for await (const entry of entries) return entry;
  return undefined;
}

async function singleRange(
  kv: ValueReader,
  home: number,
  numbers: readonly number[],
  found: Found,
): Promise<void> {
  const wanted = new Set(numbers);
  const entries = kv.list<Uint8Array>({
    start: summaryKey(home, numbers[0]!, 0),
    end: summaryKey(home, numbers.at(-1)! + 1, 0),
  }, { batchSize: 200 });
  let skipped = 0;
  const gathered = new Map<number, Uint8Array[]>();
  for await (const { key, value } of entries) {
    const number = key[2] as number;
    if (!wanted.has(number)) {
      if (++skipped > 1000 + 2 * numbers.length) {
        await singlesEach(kv, home, numbers.filter((n) => n >= number), found);
        break;
      }
      continue;
    }
    const parts = gathered.get(number);
    if (parts === undefined) gathered.set(number, [value]);
    else parts.push(value);
  }
  for (const [number, parts] of gathered) {
    const summary = assemble(parts);
    if (summary !== undefined) found.set(number, summary);
  }
}

/** A summary from its parts; undefined when one is missing. */
function assemble(parts: readonly Uint8Array[]): Uint8Array | undefined {
  const { length, start } = decodeSummary(parts[0]!);
  const summary = joinBytes([start, ...parts.slice(1)]);
  return summary.length === length ? summary : undefined;
}

async function singlesEach(
  kv: ValueReader,
  home: number,
  numbers: readonly number[],
  found: Found,
): Promise<void> {
  for (let from = 0; from < numbers.length; from += 10) {
    const some = numbers.slice(from, from + 10);
    const keys = some.map((number) => summaryKey(home, number, 0));
    const entries = await kv.getMany<Uint8Array[]>(keys);
    for (const [index, entry] of entries.entries()) {
      if (entry.value === null) continue;
      const number = some[index]!;
      const parts = [entry.value as Uint8Array];
      if (
        decodeSummary(parts[0]!).length > decodeSummary(parts[0]!).start.length
      ) {
        const rest = kv.list<Uint8Array>({
          start: summaryKey(home, number, 1),
          end: summaryKey(home, number + 1, 0),
        });
        for await (const { value } of rest) parts.push(value);
      }
      const summary = assemble(parts);
      if (summary !== undefined) found.set(number, summary);
    }
  }
}

async function pagesEach(
  kv: ValueReader,
  home: number,
  numbers: readonly number[],
  found: Found,
): Promise<void> {
  const wanted = new Set(numbers);
  for (const number of numbers) {
    if (found.has(number)) continue;
    const entry = await pageOf(kv, ["summaries", home], number);
    if (entry === undefined) continue;
    pickSummaries(entry.value, wanted, found);
  }
}
