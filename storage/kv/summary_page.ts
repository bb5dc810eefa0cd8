/**
 * Pages of small summaries, and of how many messages share contents: values in the order of numbers, found
 * by the first one's number.
 *
 * @module
 */

import { ByteReader, ByteWriter } from "./binary.ts";

const VERSION = 1;
/** How large a page gets. */
export const MAX_PAGE = 32_000;
/** How large a summary may be to go into a page. */
export const MAX_PACKED = 8_000;

/** Summaries by number. */
export type SummaryPage = Map<number, Uint8Array>;

/** Counts by number. */
export type CountPage = Map<number, number>;

/** A page of summaries in bytes: 12 bytes and the summary each. */
export function encodeSummaries(
  summaries: readonly (readonly [number, Uint8Array])[],
): Uint8Array {
  const to = new ByteWriter(MAX_PAGE).u8(VERSION).u32(summaries.length);
  for (const [number, bytes] of summaries) {
    to.f64(number).u32(bytes.length).raw(bytes);
  }
  return to.bytes();
}

/** A page of summaries from bytes; they are not copied. */
export function decodeSummaries(bytes: Uint8Array): SummaryPage {
  const from = new ByteReader(bytes).version(VERSION);
  const page: SummaryPage = new Map();
  for (let left = from.u32(); left > 0; left--) {
    const number = from.f64();
    page.set(number, from.raw(from.u32()));
  }
  return page;
}

/** Of a page of summaries those that are wanted; they are not copied. */
export function pickSummaries(
  bytes: Uint8Array,
  wanted: ReadonlySet<number>,
): (readonly [number: number, summary: Uint8Array])[] {
  const from = new ByteReader(bytes).version(VERSION);
  const picked: (readonly [number, Uint8Array])[] = [];
  for (let left = from.u32(); left > 0; left--) {
    const number = from.f64();
    const length = from.u32();
    if (wanted.has(number)) picked.push([number, from.raw(length)]);
    else from.skip(length);
  }
  return picked;
}

/** A page of counts in bytes: 12 bytes each. */
export function encodeCounts(
  counts: readonly (readonly [number, number])[],
): Uint8Array {
  const to = new ByteWriter(5 + counts.length * 12).u8(VERSION);
  to.u32(counts.length);
  for (const [number, count] of counts) to.f64(number).u32(count);
  return to.bytes();
}

/** A page of counts from bytes. */
export function decodeCounts(bytes: Uint8Array): CountPage {
  const from = new ByteReader(bytes).version(VERSION);
  const page: CountPage = new Map();
  for (let left = from.u32(); left > 0; left--) {
    page.set(from.f64(), from.u32());
  }
  return page;
}
