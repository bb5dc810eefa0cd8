/**
 * Runs of EXPUNGE responses in one form.
 *
 * A server may report the removal of messages 3 and 4 as `3, 3` or as `4, 3` (RFC 9051 § 7.5.1): the
 * meaning is the same, and so both become `3, 3`.
 *
 * @module
 */

import type { Response } from "../../testing/responses/response.ts";

/** The responses, with each run of EXPUNGE from lower to higher numbers. */
export function ascendExpunges<T>(
  items: readonly T[],
  responseOf: (item: T) => Response,
  replace: (item: T, response: Response) => T,
): T[] {
  const result = [...items];
  for (let start = 0; start < result.length; start++) {
    let end = start;
    const numbers: number[] = [];
    for (; end < result.length; end++) {
      const number = expunged(responseOf(result[end]!));
      if (number === undefined) break;
      numbers.push(number);
    }
    ascending(numbers).forEach((number, index) => {
      const at = start + index;
      result[at] = replace(result[at]!, expungeOf(number));
    });
    start = end;
  }
  return result;
}

function expunged(response: Response): number | undefined {
  if (response.type !== "data" || response.name !== "EXPUNGE") return undefined;
  const { number } = response;
  return number?.type === "atom" ? Number(number.text) : undefined;
}

function expungeOf(number: number): Response {
  const value = { type: "atom", text: `${number}` } as const;
  return { type: "data", number: value, name: "EXPUNGE", values: [] };
}

function ascending(numbers: readonly number[]): number[] {
  const originals: number[] = [];
  for (const number of numbers) {
    let original = number;
    for (const before of originals) if (before <= original) original++;
    originals.push(original);
    originals.sort((a, b) => a - b);
  }
  return originals.map((original, index) => original - index);
}
