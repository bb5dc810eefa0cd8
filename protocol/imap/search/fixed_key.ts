/**
 * Search keys of which what names messages is settled, so that they can be judged again later.
 *
 * @module
 */

import { type Range, resolve, STAR } from "../../wire/sequence_set.ts";
import type { SearchContext } from "./context.ts";
import { type SearchKey, some } from "./search_key.ts";

/**
 * The key with UIDs in the place of sequence numbers, which "are evaluated at the time the command is received"
 * (RFC 5267 § 4.3). `$` stays: who judges says what it is.
 */
export function withoutNumbers(
  { uids, length }: Pick<SearchContext, "uids" | "length">,
  key: SearchKey,
): SearchKey {
  return mapKey(key, (key) => {
    if (key.kind !== "numbers" || key.set.kind === "saved") return key;
    // Between the UIDs of two neighbours no message will ever come.
    const ranges = resolve(key.set, length)
      .filter(([first]) => first <= length)
      .map(([first, last]): Range => [
        uids[first - 1]!,
        uids[Math.min(last, length) - 1]!,
      ]);
    return { kind: "uids", set: { kind: "ranges", ranges } };
  });
}

/** The key with a UID in the place of each `*` in sets of UIDs; 0 where there is no message. */
export function withLastUid(key: SearchKey, last: number): SearchKey {
  return mapKey(key, (key) => {
    if (!isOfLastUid(key) || key.set.kind === "saved") return key;
    const ranges = resolve(key.set, last);
    return { kind: "uids", set: { kind: "ranges", ranges } };
  });
}

/** Whether `*` stands in a set of UIDs, so that what matches depends on which message is the last. */
export function saysLastUid(key: SearchKey): boolean {
  return some(key, isOfLastUid);
}

/** Whether what a change of flags changes, flags and modseqs, can make a difference; what extensions ask may. */
export function asksOfFlags(key: SearchKey): boolean {
  return some(key, ({ kind }) => kind === "flag" || kind === "column");
}

function isOfLastUid(
  key: SearchKey,
): key is Extract<SearchKey, { kind: "uids" }> {
  return key.kind === "uids" && key.set.kind === "ranges" &&
    key.set.ranges.some((range) => range.includes(STAR));
}

function mapKey(
  key: SearchKey,
  change: (key: SearchKey) => SearchKey,
): SearchKey {
  switch (key.kind) {
    case "not":
      return { kind: "not", key: mapKey(key.key, change) };
    case "and":
    case "or":
      return {
        kind: key.kind,
        keys: key.keys.map((inner) => mapKey(inner, change)),
      };
    default:
      return change(key);
  }
}
