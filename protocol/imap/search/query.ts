/**
 * A search key without what only a session knows: no sequence numbers, no `$`, no `\Recent`.
 *
 * It is for those who search elsewhere than in the mailbox's state, an index or a database say: messages are
 * named by UID, days are dates, and whatever an extension asks of the columns has been worked out.
 *
 * @module
 */

import {
  intersect,
  resolve,
  type SequenceSet,
} from "../../wire/sequence_set.ts";
import { No } from "../errors.ts";
import { columnTest } from "./columns.ts";
import type { SearchContext } from "./context.ts";
import type { SearchKey } from "./search_key.ts";
import { type Candidate, YES } from "./truth.ts";

/** What a message has to be like. */
export type SearchQuery =
  /** Every message. */
  | { readonly kind: "all" }
  /** Messages with a flag or keyword, in lower case. */
  | { readonly kind: "flag"; readonly flag: string }
  /** These messages. */
  | { readonly kind: "uids"; readonly uids: readonly number[] }
  /** Messages whose INTERNALDATE is at or after `since` and before `before`; both are midnights in UTC. */
  | {
    readonly kind: "internalDate";
    readonly since?: Date;
    readonly before?: Date;
  }
  /** The same for the day of the Date field, in that field's own zone. */
  | {
    readonly kind: "sentDate";
    readonly since?: Date;
    readonly before?: Date;
  }
  /** Messages with more bytes than `above` and fewer than `below`. */
  | { readonly kind: "size"; readonly above?: number; readonly below?: number }
  /** Messages with a header field of this name, in lower case, that contains the text, in any case. */
  | { readonly kind: "header"; readonly field: string; readonly text: string }
  /** Messages whose body contains the text. */
  | { readonly kind: "body"; readonly text: string }
  /** Messages whose header or body contains the text. */
  | { readonly kind: "text"; readonly text: string }
  /** Messages that the query does not match. */
  | { readonly kind: "not"; readonly query: SearchQuery }
  /** Messages that all queries match. */
  | { readonly kind: "and"; readonly queries: readonly SearchQuery[] }
  /** Messages that one of the queries matches. */
  | { readonly kind: "or"; readonly queries: readonly SearchQuery[] };

/** How many UIDs may stand in one query, and be looked at for it. */
const MAX_UIDS = 2_000_000;

const DAY = 86_400_000;

/**
 * Makes a query of a key.
 * @throws {No} LIMIT when the key names more messages, over and over, than a query may hold
 */
export function queryOf(context: SearchContext, key: SearchKey): SearchQuery {
  let room = MAX_UIDS;
  return convert(key);

  function named(uids: readonly number[]): SearchQuery {
    if (uids.length === context.length) return { kind: "all" };
    spend(uids.length);
    return { kind: "uids", uids };
  }

  function spend(uids: number): void {
    room -= uids;
    if (room < 0) throw new No("LIMIT", "The search names too many messages");
  }

  function convert(key: SearchKey): SearchQuery {
    switch (key.kind) {
      case "not":
        return { kind: "not", query: convert(key.key) };
      case "and":
      case "or":
        return { kind: key.kind, queries: key.keys.map(convert) };
      case "internalDate":
      case "sentDate":
        return {
          kind: key.kind,
          ...(Number.isFinite(key.from) ? { since: dateOf(key.from) } : {}),
          ...(Number.isFinite(key.to) ? { before: dateOf(key.to) } : {}),
        };
      case "size":
        return {
          kind: "size",
          ...(key.above >= 0 ? { above: key.above } : {}),
          ...(Number.isFinite(key.below) ? { below: key.below } : {}),
        };
      case "numbers":
      case "uids":
        return named(members(context, key.kind, key.set));
      case "recent":
      case "column":
        spend(context.length);
        return named(matching(context, key));
      case "deferred":
        throw new Error("The key has not been looked up");
      default:
        return key;
    }
  }
}

function dateOf(day: number): Date {
  return new Date(day * DAY);
}

/** The messages of a set of sequence numbers or UIDs. */
function members(
  { uids, length, saved }: SearchContext,
  kind: "numbers" | "uids",
  set: SequenceSet,
): number[] {
  if (set.kind === "saved") return [...saved()];
  if (kind === "uids") {
    const last = length === 0 ? 0 : uids[length - 1]!;
    return [...intersect(resolve(set, last), uids, length)];
  }
  return resolve(set, length).flatMap(([from, to]) => [
    ...uids.subarray(from - 1, Math.min(to, length)),
  ]);
}

/** The messages that a test of their columns finds. */
function matching(
  context: SearchContext,
  key: Extract<SearchKey, { kind: "recent" | "column" }>,
): number[] {
  const { mailbox: { state }, uids, length } = context;
  const test = columnTest(context, key);
  const candidate: Candidate = {
    row: -1,
    uid: 0,
    number: 0,
    header: undefined,
    wholeHeader: false,
    found: undefined,
  };
  const found: number[] = [];
  for (let index = 0; index < length; index++) {
    const uid = uids[index]!;
    const next = candidate.row + 1;
    const isNext = next < state.length && state.uids[next] === uid;
    const row = isNext ? next : state.indexOf(uid);
    if (row < 0) continue;
    candidate.row = row;
    candidate.uid = uid;
    candidate.number = index + 1;
    if (test(candidate) === YES) found.push(uid);
  }
  return found;
}

/**
 * Makes a key of a query, whoever has made that.
 * @throws {TypeError} when it is no query
 */
export function keyOf(query: SearchQuery): SearchKey {
  switch (query.kind) {
    case "all":
      return { kind: "all" };
    case "flag":
      return { kind: "flag", flag: text(query.flag).toLowerCase() };
    case "uids":
      return {
        kind: "uids",
        set: {
          kind: "ranges",
          ranges: Array.from(query.uids, (uid) => [uid, uid] as const),
        },
      };
    case "internalDate":
    case "sentDate":
      return {
        kind: query.kind,
        from: query.since === undefined ? -Infinity : dayOf(query.since),
        to: query.before === undefined ? Infinity : dayOf(query.before),
      };
    case "size":
      return {
        kind: "size",
        above: query.above ?? -1,
        below: query.below ?? Infinity,
      };
    case "header": {
      const field = text(query.field).toLowerCase();
      return { kind: "header", field, text: text(query.text) };
    }
    case "body":
    case "text":
      return { kind: query.kind, text: text(query.text) };
    case "not":
      return { kind: "not", key: keyOf(query.query) };
    case "and":
    case "or":
      return { kind: query.kind, keys: query.queries.map(keyOf) };
    default:
      throw new TypeError("That is no search query");
  }
}

function text(value: string): string {
  if (typeof value !== "string") throw new TypeError("Expected a string");
  return value;
}

function dayOf(date: Date): number {
  const day = date.getTime() / DAY;
  if (Number.isNaN(day)) throw new TypeError("Expected a date");
  return day;
}
