/**
 * Whether a response is the one that a script expects, by what each kind of response means: flags, message
 * data items and capabilities have no order, a mailbox list has attributes that may come unasked.
 *
 * @module
 */

import type { Response } from "../../testing/responses/response.ts";
import {
  type Captures,
  type Comparison,
  matchSequence,
  matchSet,
  matchValue,
} from "./match_value.ts";
import type { Value } from "../../testing/responses/value.ts";

/** What a script wants to see of the flag and responses that only RFC 3501 has. */
export interface MatchOptions {
  /** Whether `\Recent` counts; by default it is overlooked, so that scripts fit both revisions. */
  readonly recent: boolean;
  /** Whether `MODSEQ` that comes unasked counts; otherwise it is overlooked. Default true. */
  readonly modseqs?: boolean;
  /** Tags of commands whose results have an order (RFC 5267 § 3). Default none. */
  readonly sorting?: ReadonlySet<string>;
}

/** Compares a response. Returns the captures, or undefined when it is another. */
export function matchResponse(
  expected: Response,
  actual: Response,
  captures: Captures,
  options: MatchOptions,
): Captures | undefined {
  if (expected.type === "continuation") {
    const same = actual.type === "continuation" &&
      (expected.text === "" || expected.text === actual.text);
    return same ? captures : undefined;
  }
  if (expected.type === "status") {
    return actual.type === "status"
      ? matchStatus(expected, actual, captures)
      : undefined;
  }
  if (actual.type !== "data" || expected.name !== actual.name) return undefined;
  let made: Captures | undefined = captures;
  if (expected.number !== undefined) {
    made = matchValue(expected.number, actual.number, captures);
  }
  return made && matchData(expected.name, expected.values, actual.values)(
    made,
    options,
  );
}

function matchStatus(
  expected: Response & { type: "status" },
  actual: Response & { type: "status" },
  captures: Captures,
): Captures | undefined {
  if (expected.tag !== actual.tag) return undefined;
  if (!expected.status.split("|").includes(actual.status)) return undefined;
  if (!actual.text.includes(expected.text)) return undefined;
  if (expected.code === undefined) return captures;
  if (actual.code === undefined) {
    return expected.code.length === 0 ? captures : undefined;
  }
  const [name, ...args] = expected.code;
  const [actualName, ...actualArgs] = actual.code;
  if (name?.type !== "atom" || actualName?.type !== "atom") return undefined;
  const names = name.text.toUpperCase().split("|");
  if (!names.includes(actualName.text.toUpperCase())) return undefined;
  if (names[0] === "CAPABILITY") return matchSet(args, actualArgs, captures);
  if (names[0] === "PERMANENTFLAGS" && args[0]?.type === "list") {
    return matchListAsSet(args[0], actualArgs[0], captures);
  }
  return matchSequence(args, actualArgs, captures);
}

type Matcher = (
  captures: Captures,
  options: MatchOptions,
) => Captures | undefined;

function matchData(
  name: string,
  expected: readonly Value[],
  actual: readonly Value[],
): Matcher {
  switch (name) {
    case "CAPABILITY":
    case "ENABLED":
      return (captures) =>
        matchSet(expected, actual, captures, { foldCase: true });
    case "SEARCH":
      return (captures) => matchSet(expected, actual, captures);
    case "FLAGS":
      return (captures) => matchListAsSet(expected[0], actual[0], captures);
    case "FETCH":
    case "UIDFETCH":
      return (captures, options) =>
        matchFetch(expected[0], actual[0], captures, options);
    case "STATUS":
      return (captures) => {
        const made = matchValue(expected[0]!, actual[0], captures);
        return made && matchPairs(list(expected[1]), list(actual[1]), made);
      };
    case "ESEARCH":
      return (captures, options) =>
        matchEsearch(expected, actual, captures, options);
    case "LIST":
    case "LSUB":
      return (captures) => matchList(expected, actual, captures);
    default:
      return (captures) => matchSequence(expected, actual, captures);
  }
}

function list(value: Value | undefined): readonly Value[] {
  return value?.type === "list" ? value.items : [];
}

function matchListAsSet(
  expected: Value | undefined,
  actual: Value | undefined,
  captures: Captures,
): Captures | undefined {
  if (expected?.type !== "list") {
    return expected && matchValue(expected, actual, captures);
  }
  return actual?.type === "list"
    ? matchSet(expected.items, actual.items, captures)
    : undefined;
}

/** Item names with their values; names compare without case and quotes. */
function pairs(values: readonly Value[]): Map<string, Value> {
  const map = new Map<string, Value>();
  for (let index = 0; index + 1 < values.length; index += 2) {
    const name = values[index]!;
    const text = name.type === "atom" || name.type === "string"
      ? name.text
      : "";
    map.set(text.toUpperCase().replaceAll('"', ""), values[index + 1]!);
  }
  return map;
}

function matchPairs(
  expected: readonly Value[],
  actual: readonly Value[],
  captures: Captures,
  compare: (name: string) => Comparison = () => ({}),
): Captures | undefined {
  const open = expected.at(-1)?.type === "rest";
  const wanted = pairs(expected);
  const found = pairs(actual);
  if (actual.length !== found.size * 2) return undefined;
  if (!open && wanted.size !== found.size) return undefined;
  let made: Captures | undefined = captures;
  for (const [name, value] of wanted) {
    made = matchValue(value, found.get(name), made, compare(name));
    if (made === undefined) return undefined;
  }
  return made;
}

/** A FETCH response: items in any order, flags in any order, `UID` may come unasked (RFC 9051 § 7.5.2). */
function matchFetch(
  expected: Value | undefined,
  actual: Value | undefined,
  captures: Captures,
  options: MatchOptions,
): Captures | undefined {
  if (expected?.type === "rest") return captures;
  if (expected?.type !== "list" || actual?.type !== "list") {
    return expected && matchValue(expected, actual, captures);
  }
  const wanted = splitFlags(expected.items, options);
  const found = splitFlags(actual.items, options);
  const asked = pairs(wanted.items);
  if (!asked.has("UID")) found.items = drop(found.items, "UID");
  if (options.modseqs === false && !asked.has("MODSEQ")) {
    found.items = drop(found.items, "MODSEQ");
  }
  if (wanted.flags === undefined) {
    const open = expected.items.at(-1)?.type === "rest";
    if (found.flags !== undefined && !open) return undefined;
  }
  const made = wanted.flags === undefined
    ? captures
    : matchListAsSet(wanted.flags, found.flags, captures);
  return made &&
    matchPairs(
      wanted.items,
      found.items,
      made,
      (name) => ({ foldCase: name === "BODY" || name === "BODYSTRUCTURE" }),
    );
}

function splitFlags(
  items: readonly Value[],
  options: MatchOptions,
): { flags: Value | undefined; items: readonly Value[] } {
  const at = items.findIndex((item, index) =>
    index % 2 === 0 && item.type === "atom" &&
    item.text.toUpperCase() === "FLAGS"
  );
  if (at < 0) return { flags: undefined, items };
  let flags = items[at + 1];
  if (flags?.type === "list" && !options.recent) {
    flags = {
      type: "list",
      items: flags.items.filter((flag) =>
        !(flag.type === "atom" && flag.text.toLowerCase() === "\\recent")
      ),
    };
  }
  return { flags, items: items.toSpliced(at, 2) };
}

function drop(items: readonly Value[], name: string): readonly Value[] {
  const at = items.findIndex((item, index) =>
    index % 2 === 0 && item.type === "atom" && item.text === name
  );
  return at < 0 ? items : items.toSpliced(at, 2);
}

/** RFC 9051 § 7.3.4: correlator, `UID`, then pairs in any order. */
function matchEsearch(
  expected: readonly Value[],
  actual: readonly Value[],
  captures: Captures,
  options: MatchOptions,
): Captures | undefined {
  const head = (values: readonly Value[]) => {
    const tag = values[0]?.type === "list" ? values.slice(0, 1) : [];
    const next = values[tag.length];
    const uid = next?.type === "atom" && next.text.toUpperCase() === "UID"
      ? values.slice(tag.length, tag.length + 1)
      : [];
    return {
      start: [...tag, ...uid],
      rest: values.slice(tag.length + uid.length),
    };
  };
  const wanted = head(expected);
  const found = head(actual);
  const made = matchSequence(wanted.start, found.start, captures);
  const [, tag] = list(found.start[0]);
  const sortSets = tag?.type !== "string" || !options.sorting?.has(tag.text);
  return made &&
    matchPairs(wanted.rest, found.rest, made, () => ({ sortSets }));
}

/** Attributes that a server may return unasked (RFC 9051 §§ 6.3.9.5, 7.3.1). */
const UNASKED = ["\\haschildren", "\\hasnochildren", "\\marked", "\\unmarked"];

function attributes(value: Value | undefined): string[] {
  return list(value).map((item) =>
    item.type === "atom" ? item.text.toLowerCase() : item.type
  );
}

/** A mailbox list: attributes as a set, delimiter, name, extended data items in any order. */
function matchList(
  expected: readonly Value[],
  actual: readonly Value[],
  captures: Captures,
): Captures | undefined {
  if (!matchAttributes(expected[0], actual[0])) return undefined;
  const made = matchSequence(
    expected.slice(1, 3),
    actual.slice(1, 3),
    captures,
  );
  if (expected[3]?.type === "rest") return made;
  return made && matchPairs(list(expected[3]), list(actual[3]), made);
}

function matchAttributes(
  expected: Value | undefined,
  actual: Value | undefined,
): boolean {
  if (expected?.type === "any") return true;
  const wanted = attributes(expected);
  const found = attributes(actual);
  const open = wanted.includes("rest");
  const asksForChildren = wanted.some(isAboutChildren);
  // \NonExistent implies \Noselect (RFC 9051 § 6.3.9.4)
  const has = (name: string) =>
    found.includes(name) ||
    (name === "\\noselect" && found.includes("\\nonexistent"));
  const mayBe = (name: string) =>
    wanted.includes(name) ||
    (/^\\no(nexistent|select)$/.test(name) &&
      wanted.some((other) => /^\\no(nexistent|select)$/.test(other))) ||
    (UNASKED.includes(name) && !(asksForChildren && isAboutChildren(name)));
  return wanted.every((name) => name === "rest" || has(name)) &&
    (open || found.every(mayBe));
}

function isAboutChildren(attribute: string): boolean {
  return /^\\has(no)?children$/.test(attribute);
}
