/**
 * Sorting in slices, so that other sessions get their turn.
 *
 * @module
 */

import type { Pace } from "../../../storage/pace.ts";

/** How many are sorted at a stretch. */
const STRETCH = 2_048;

/** Sorts numbers in place; it is stable. */
export async function mergeSort<T extends Uint32Array | Float64Array>(
  list: T,
  compare: (a: number, b: number) => number,
  pace: Pace,
): Promise<void> {
  const { length } = list;
  for (let from = 0; from < length; from += STRETCH) {
    list.subarray(from, from + STRETCH).sort(compare);
    if (pace.due) await pace.rest();
  }
  let source: Uint32Array | Float64Array = list;
  let target: Uint32Array | Float64Array = list.slice();
  for (let width = STRETCH; width < length; width *= 2) {
    for (let from = 0; from < length; from += 2 * width) {
      const middle = Math.min(from + width, length);
      const end = Math.min(middle + width, length);
      let left = from;
      let right = middle;
      for (let at = from; at < end; at++) {
        if (at % STRETCH === 0 && pace.due) await pace.rest();
        const takesLeft = left < middle &&
          (right === end || compare(source[left]!, source[right]!) <= 0);
        target[at] = takesLeft ? source[left++]! : source[right++]!;
      }
    }
    [source, target] = [target, source];
  }
  if (source !== list) list.set(source);
}
