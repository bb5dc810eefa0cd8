/**
 * Sequence sets (RFC 9051 § 9, `sequence-set`): `1:3,5,9:*`, of sequence numbers or of UIDs.
 *
 * Nothing here takes time or memory in proportion to the span of a set: `1:4294967295` is one range.
 *
 * @module
 */

import { ParseError } from "./parse_error.ts";

/** What `*` is before it is resolved: above every number, since UID 4294967295 is a UID like any other. */
export const STAR = 0x1_0000_0000;

/** The greatest number that a set may hold. */
const MAX_NUMBER = 0xffff_ffff;

/** How many numbers {@linkcode formatPieces} puts into a set: of this many a line has 88 KB at the most. */
const PIECE = 8_192;

/** The first and the last of a run of numbers, both included. */
export type Range = readonly [number, number];

/** A set as a client writes it: either end of a range may be {@linkcode STAR}, and the greater come first. */
export interface RangeSet {
  /** Tells it from a saved result. */
  readonly kind: "ranges";
  /** The ranges as written. */
  readonly ranges: readonly Range[];
}

/** A set as a client writes it; `saved` is `$`, the result of the last SEARCH (RFC 9051 § 6.4.4.1). */
export type SequenceSet = RangeSet | { readonly kind: "saved" };

/**
 * Reads a set.
 * @param maxRanges how many ranges it may have
 * @throws {ParseError} when it is none: a zero, a leading zero, a number of more than 32 bits
 */
export function parse(text: string, maxRanges = Infinity): SequenceSet {
  if (text === "$") return { kind: "saved" };
  const ranges: Range[] = [];
  let at = 0;
  do {
    if (ranges.length >= maxRanges) {
      throw new ParseError(`Expected at most ${maxRanges} ranges in a set`);
    }
    const first = readNumber();
    let last = first;
    if (text.charCodeAt(at) === 0x3a) {
      at++;
      last = readNumber();
    }
    ranges.push([first, last]);
  } while (text.charCodeAt(at++) === 0x2c);
  if (at <= text.length) throw invalid();
  return { kind: "ranges", ranges };

  /** seq-number = nz-number / "*" */
  function readNumber(): number {
    let code = text.charCodeAt(at);
    if (code === 0x2a) {
      at++;
      return STAR;
    }
    let number = 0;
    while (code >= 0x30 && code <= 0x39) {
      number = number * 10 + (code - 0x30);
      if (number === 0 || number > MAX_NUMBER) throw invalid();
      code = text.charCodeAt(++at);
    }
    if (number === 0) throw invalid();
    return number;
  }
}

function invalid(): ParseError {
  return new ParseError("Expected a sequence set");
}

/**
 * Writes numbers as a set, in the order in which they are given, each ascending run as one range: `1:3,5` (so that
 * "servers SHOULD present ranges only when the first seq-number is lower", RFC 5267 § 3.2). Of no numbers it is the
 * empty string, which is no set.
 */
export function format(numbers: ArrayLike<number>): string {
  let text = "";
  const length = numbers.length;
  for (let index = 0; index < length; index++) {
    const first = numbers[index]!;
    let last = first;
    while (index + 1 < length && numbers[index + 1] === last + 1) {
      last++;
      index++;
    }
    if (text !== "") text += ",";
    text += first;
    if (last !== first) text += ":" + last;
  }
  return text;
}

/** Writes ascending numbers as sets of at most {@linkcode PIECE} numbers each; of no numbers there is none. */
export function* formatPieces(numbers: Uint32Array): Generator<string> {
  for (let at = 0; at < numbers.length; at += PIECE) {
    yield format(numbers.subarray(at, at + PIECE));
  }
}

/** Writes ranges as a set; of none it is the empty string, which is no set. */
export function formatRanges(ranges: readonly Range[]): string {
  return ranges.map(([first, last]) =>
    first === last ? String(first) : `${first}:${last}`
  ).join(",");
}

/**
 * Says which numbers a set means: ranges in order, apart from each other, with numbers for `*`.
 *
 * A range runs from its lesser end to its greater, whichever is written first; `559:*` holds the largest
 * number even when that is below 559 (RFC 9051 § 6.4.9).
 *
 * @param largest what `*` stands for: the number of messages, or the largest UID; with 0 a range that has
 * `*` in it is empty
 */
export function resolve(set: RangeSet, largest: number): readonly Range[] {
  const ranges: Range[] = [];
  for (const range of set.ranges) {
    if (largest === 0 && (range[0] === STAR || range[1] === STAR)) continue;
    const first = range[0] === STAR ? largest : range[0];
    const last = range[1] === STAR ? largest : range[1];
    ranges.push(first <= last ? [first, last] : [last, first]);
  }
  return merge(ranges);
}

/** Brings ranges in order and joins those that touch. */
function merge(ranges: Range[]): readonly Range[] {
  if (isApart(ranges)) return ranges;
  ranges.sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  let current: [number, number] | undefined;
  for (const [first, last] of ranges) {
    if (current === undefined || first > current[1] + 1) {
      current = [first, last];
      merged.push(current);
    } else if (last > current[1]) {
      current[1] = last;
    }
  }
  return merged;
}

function isApart(ranges: readonly Range[]): boolean {
  for (let index = 1; index < ranges.length; index++) {
    if (ranges[index]![0] <= ranges[index - 1]![1] + 1) return false;
  }
  return true;
}

/** Whether a number is in ranges that {@linkcode resolve} made. */
export function contains(ranges: readonly Range[], number: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]![1] < number) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= number;
}

/**
 * Takes from ascending UIDs those that are in ranges which {@linkcode resolve} made.
 * @param uids of which the first `length` count
 * @returns a copy of those, ascending
 */
export function intersect(
  ranges: readonly Range[],
  uids: Uint32Array,
  length: number = uids.length,
): Uint32Array {
  const runs: Range[] = [];
  let count = 0;
  let from = 0;
  for (const [first, last] of ranges) {
    if (from >= length) break;
    const start = firstAtLeast(uids, from, length, first);
    const end = firstAtLeast(uids, start, length, last + 1);
    if (end > start) runs.push([start, end]);
    count += end - start;
    from = end;
  }
  const result = new Uint32Array(count);
  let to = 0;
  for (const [start, end] of runs) {
    if (end - start === 1) result[to] = uids[start]!;
    else result.set(uids.subarray(start, end), to);
    to += end - start;
  }
  return result;
}

/** The first place in `[from, to)` with a value of at least `value`, or `to`; quick when it is near. */
function firstAtLeast(
  values: Uint32Array,
  from: number,
  to: number,
  value: number,
): number {
  let step = 1;
  let low = from;
  let high = from;
  while (high < to && values[high]! < value) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  if (high > to) high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
