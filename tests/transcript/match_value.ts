/**
 * Whether a value is the one that a script expects.
 *
 * Each function takes the captures made so far and returns those made then, or undefined where nothing
 * fits; what was captured in a try that failed is gone with it.
 *
 * @module
 */

import { isSequenceSet, normalizeSequenceSet } from "./sequence_set.ts";
import type { Value } from "../../testing/responses/value.ts";

/** What `$name` stands for. */
export type Captures = ReadonlyMap<string, Value>;

/** How values are compared. */
export interface Comparison {
  /** Whether strings compare without case: media types and the like. */
  readonly foldCase?: boolean;
  /** Whether the order within a sequence set is of no interest. */
  readonly sortSets?: boolean;
}

/** Compares a value. */
export function matchValue(
  expected: Value,
  actual: Value | undefined,
  captures: Captures,
  how: Comparison = {},
): Captures | undefined {
  if (actual === undefined) return undefined;
  switch (expected.type) {
    case "any":
      return captures;
    case "capture": {
      const known = captures.get(expected.name);
      if (known !== undefined) {
        return matchValue(known, actual, captures, how);
      }
      return new Map(captures).set(expected.name, actual);
    }
    case "list":
      return actual.type === "list"
        ? matchSequence(expected.items, actual.items, captures, how)
        : undefined;
    case "nil":
      return actual.type === "nil" ? captures : undefined;
    case "atom":
    case "string":
      return sameText(expected, actual, how) ? captures : undefined;
    case "rest":
      return undefined;
  }
}

function sameText(
  expected: Value & { text: string },
  actual: Value,
  how: Comparison,
): boolean {
  if (actual.type !== "atom" && actual.type !== "string") return false;
  const { text } = expected;
  if (text === actual.text) return true;
  if (actual.type === "atom" && isSequenceSet(text)) {
    const sorted = how.sortSets ?? false;
    return isSequenceSet(actual.text) &&
      normalizeSequenceSet(text, sorted) ===
        normalizeSequenceSet(actual.text, sorted);
  }
  // flags and attributes compare without case (RFC 9051 § 9, note 1)
  const fold = how.foldCase || text.startsWith("\\");
  return fold && text.toLowerCase() === actual.text.toLowerCase();
}

/** Compares values one by one; `...` at the end stands for any more. */
export function matchSequence(
  expected: readonly Value[],
  actual: readonly Value[],
  captures: Captures,
  how: Comparison = {},
): Captures | undefined {
  const open = expected.at(-1)?.type === "rest";
  const wanted = open ? expected.slice(0, -1) : expected;
  if (open ? actual.length < wanted.length : actual.length !== wanted.length) {
    return undefined;
  }
  let made: Captures | undefined = captures;
  for (const [index, value] of wanted.entries()) {
    made = matchValue(value, actual[index], made, how);
    if (made === undefined) return undefined;
  }
  return made;
}

/** Compares values in any order; `...` anywhere stands for any more. */
export function matchSet(
  expected: readonly Value[],
  actual: readonly Value[],
  captures: Captures,
  how: Comparison = {},
): Captures | undefined {
  const open = expected.some((value) => value.type === "rest");
  const wanted = expected.filter((value) => value.type !== "rest");
  // what can be but one thing first, so that a wildcard takes what is left
  wanted.sort((a, b) => vagueness(a) - vagueness(b));
  if (!open && wanted.length !== actual.length) return undefined;
  return assign(wanted, actual, captures, how);
}

function assign(
  wanted: readonly Value[],
  left: readonly Value[],
  captures: Captures,
  how: Comparison,
): Captures | undefined {
  const [first, ...others] = wanted;
  if (first === undefined) return captures;
  for (const [index, candidate] of left.entries()) {
    const made = matchValue(first, candidate, captures, how);
    if (made === undefined) continue;
    const all = assign(others, left.toSpliced(index, 1), made, how);
    if (all !== undefined) return all;
  }
  return undefined;
}

function vagueness(value: Value): number {
  return value.type === "any" ? 2 : value.type === "capture" ? 1 : 0;
}
