/**
 * Sorting in slices, so that other sessions get their turn.
 *
 * @module
 */

import type { Pace } from "../../../storage/pace.ts";

/** How many are sorted at a stretch by a comparison, and how many by their value alone. */
const COMPARED = 2_048, PLAIN = 16_384;

/**
 * Sorts numbers in place; it is stable.
 * @param compare by which; undefined for their own order
 */
export async function mergeSort<T extends Uint32Array | Float64Array>(
  list: T,
  compare: ((a: number, b: number) => number) | undefined,
  pace: Pace,
): Promise<void> {
  const { length } = list;
  const stretch = compare === undefined ? PLAIN : COMPARED;
  for (let from = 0; from < length; from += stretch) {
    list.subarray(from, from + stretch).sort(compare);
    if (pace.due) await pace.rest();
  }
  if (length <= stretch) return;
  let source: Uint32Array | Float64Array = list;
  let target: Uint32Array | Float64Array = list.slice();
  for (let width = stretch; width < length; width *= 2) {
    for (let from = 0; from < length; from += 2 * width) {
      const middle = Math.min(from + width, length);
      const end = Math.min(middle + width, length);
      let left = from;
      let right = middle;
      for (let at = from; at < end; at++) {
        if (at % COMPARED === 0 && pace.due) await pace.rest();
        let takesLeft = left < middle;
        if (takesLeft && right < end) {
          const one = source[left]!;
          const other = source[right]!;
          takesLeft = compare === undefined
            ? one <= other
            : compare(one, other) <= 0;
        }
        target[at] = takesLeft ? source[left++]! : source[right++]!;
      }
    }
    [source, target] = [target, source];
  }
  if (source !== list) list.set(source);
}
