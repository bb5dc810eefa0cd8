/**
 * Pages of small summaries, and of how many messages share contents: values in the order of numbers, found
 * by the first one's number.
 *
 * @module
 */

import { ByteReader, ByteWriter } from "./binary.ts";

const VERSION = 1;
/** Version and count. */
const HEAD = 5;
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

/**
 * Takes out of a page of summaries those that are wanted. Of a page most of which is wanted nothing is copied; of others
 * nothing else is kept in memory.
 * @returns whether there was anything
 */
export function pickSummaries(
  page: Uint8Array,
  wanted: ReadonlySet<number>,
  found: Map<number, Uint8Array>,
): boolean {
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  new ByteReader(page).version(VERSION);
  const places: number[] = [];
  let size = 0;
  for (let at = HEAD; at < page.length;) {
    const length = view.getUint32(at + 8, true);
    const end = at + 12 + length;
    if (end > page.length) throw new RangeError("A cut value");
    if (wanted.has(view.getFloat64(at, true))) {
      places.push(at, end);
      size += length;
    }
    at = end;
  }
  const shares = size * 2 > page.length;
  for (let index = 0; index < places.length; index += 2) {
    const at = places[index]!;
    const end = places[index + 1]!;
    found.set(
      view.getFloat64(at, true),
      shares ? page.subarray(at + 12, end) : page.slice(at + 12, end),
    );
  }
  return places.length > 0;
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
