/**
 * Sequence sets as text, made comparable.
 *
 * @module
 */

const SET = /^\d+(?::\d+)?(?:,\d+(?::\d+)?)*$/;

/** Whether this is a sequence set without `*`. */
export function isSequenceSet(text: string): boolean {
  return SET.test(text);
}

/**
 * The set with adjacent numbers joined, so that `3,4,5`, `3:4,5` and `5:3` are all `3:5`.
 * @param sorted whether the order of the ranges is of no interest
 */
export function normalizeSequenceSet(text: string, sorted: boolean): string {
  const ranges = text.split(",").map((part) => {
    const [low, high] = part.split(":").map(Number);
    const ends = [low!, high ?? low!] as const;
    return { low: Math.min(...ends), high: Math.max(...ends) };
  });
  if (sorted) ranges.sort((a, b) => a.low - b.low);
  const joined: { low: number; high: number }[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && last.high + 1 === range.low) {
      last.high = range.high;
    } else joined.push(range);
  }
  return joined
    .map(({ low, high }) => low === high ? `${low}` : `${low}:${high}`)
    .join(",");
}
