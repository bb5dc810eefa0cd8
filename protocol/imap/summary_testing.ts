/**
 * Summaries as they were made before.
 *
 * @module
 */

/**
 * A summary in an older format.
 * @param summary one of format 3
 * @param format 2, which had no index of the header fields, or 1, which had no preview either
 */
export function olderSummary(summary: Uint8Array, format: 1 | 2): Uint8Array {
  // The header's size, then the lengths of the sections, each with where it stands.
  const numbers: { value: number; start: number; end: number }[] = [];
  for (let at = 1; numbers.length < 8;) {
    const start = at;
    let value = 0;
    do value += (summary[at]! & 127) * 128 ** (at - start); while (
      summary[at++]! >= 128
    );
    numbers.push({ value, start, end: at });
  }
  const left = (place: number) =>
    place !== INDEX && (format === 2 || place !== PREVIEW);
  const older: number[] = [format];
  numbers.forEach(({ start, end }, place) => {
    if (left(place)) older.push(...summary.subarray(start, end));
  });
  let at = numbers.at(-1)!.end;
  numbers.slice(1).forEach(({ value }, index) => {
    if (left(index + 1)) older.push(...summary.subarray(at, at + value));
    at += value;
  });
  return new Uint8Array(older);
}

const INDEX = 4;
const PREVIEW = 7;
