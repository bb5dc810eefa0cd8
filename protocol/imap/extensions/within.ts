/**
 * WITHIN: RFC 5032. Messages by how long ago they arrived.
 *
 * @module
 */

import type { Extension } from "../extension.ts";
import type { SearchKeyParser } from "../search/key.ts";

/**
 * search-key =/ ( "OLDER" / "YOUNGER" ) SP nz-number
 * @param within whether an age matches; ages are in whole seconds, as the times that they are between are
 */
function key(
  within: (age: number, interval: number) => boolean,
): SearchKeyParser {
  return (d) => {
    const interval = d.sp().nzNumber();
    return {
      kind: "column",
      matches: ({ internalDates }, index, now) => {
        const age = seconds(now) - seconds(internalDates[index]!);
        return within(age, interval);
      },
    };
  };
}

function seconds(time: number): number {
  return Math.floor(time / 1_000);
}

/** WITHIN. */
export const withinExtension: Extension = {
  capabilities: () => ["WITHIN"],
  documents: { WITHIN: "5032" },
  searchKeys: new Map([
    ["OLDER", key((age, interval) => age >= interval)],
    ["YOUNGER", key((age, interval) => age <= interval)],
  ]),
};
