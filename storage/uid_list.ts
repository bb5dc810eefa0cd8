/**
 * Lists of UIDs: ascending, without repeats.
 *
 * @module
 */

import type { UidList } from "./model.ts";

/** The first place among the first `length` of an ascending array whose value is not below `value`. */
export function lowerBound(
  sorted: Uint32Array,
  length: number,
  value: number,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Several lists in one, in the order given. */
export function concatUids(parts: readonly UidList[]): UidList {
  const all = new Uint32Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
