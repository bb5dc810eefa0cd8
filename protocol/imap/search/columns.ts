/**
 * The search keys that the columns of a mailbox's state answer: flags, numbers, sizes, arrival.
 *
 * @module
 */

import type { FlagSet } from "../../../storage/flag_set.ts";
import {
  lowerBound,
  type MailboxState,
} from "../../../storage/mailbox_state.ts";
import {
  contains,
  resolve,
  type SequenceSet,
} from "../../wire/sequence_set.ts";
import type { SearchContext } from "./context.ts";
import type { SearchKey } from "./search_key.ts";
import { type Candidate, type Test, truth, YES } from "./truth.ts";

const DAY = 86_400_000;

/** The keys that {@linkcode columnTest} answers. */
export type ColumnKey = Extract<
  SearchKey,
  {
    kind:
      | "all"
      | "flag"
      | "recent"
      | "numbers"
      | "uids"
      | "internalDate"
      | "size"
      | "column";
  }
>;

/** Makes a test of a key; it never says that it does not know. */
export function columnTest(context: SearchContext, key: ColumnKey): Test {
  const { mailbox: { state }, uids, length } = context;
  switch (key.kind) {
    case "all":
      return () => YES;
    case "flag":
      return flagTest(state, key.flag);
    case "recent":
      return ({ uid }) => truth(context.isRecent(uid));
    case "numbers":
      return setTest(context, key.set, length, ({ number }) => number);
    case "uids": {
      const last = length === 0 ? 0 : uids[length - 1]!;
      return setTest(context, key.set, last, ({ uid }) => uid);
    }
    case "internalDate": {
      // The day that FETCH shows: INTERNALDATE goes out in UTC.
      const from = key.from * DAY;
      const to = key.to * DAY;
      return ({ row }) => {
        const date = state.internalDates[row]!;
        return truth(date >= from && date < to);
      };
    }
    case "size":
      return ({ row }) => {
        const size = state.sizes[row]!;
        return truth(size > key.above && size < key.below);
      };
    case "column": {
      const now = context.now();
      const { storage } = context;
      return ({ row }) => truth(key.matches(state, row, now, storage));
    }
  }
}

/** Of the messages that the client knows the first of some, and the one behind the last of them, from 0. */
export type Places = readonly [from: number, to: number];

/** Where messages can be that a key matches, by the sets of numbers and UIDs that all of them have to be in. */
export function placesOf(context: SearchContext, key: SearchKey): Places {
  const { uids, length } = context;
  const placeOf = (uid: number) => lowerBound(uids, length, uid);
  const whole: Places = [0, length];
  return narrow(whole, key);

  function narrow(within: Places, key: SearchKey): Places {
    if (key.kind === "and") return key.keys.reduce(narrow, within);
    if (key.kind !== "numbers" && key.kind !== "uids") return within;
    const [first, last] = bounds(key.kind, key.set);
    const from = Math.max(within[0], first);
    return [from, Math.max(from, Math.min(within[1], last))];
  }

  function bounds(kind: "numbers" | "uids", set: SequenceSet): Places {
    if (set.kind === "saved") {
      const saved = context.saved();
      if (saved.length === 0) return [0, 0];
      return [placeOf(saved[0]!), placeOf(saved.at(-1)! + 1)];
    }
    const lastUid = length === 0 ? 0 : uids[length - 1]!;
    const ranges = resolve(set, kind === "uids" ? lastUid : length);
    if (ranges.length === 0) return [0, 0];
    const [first, last] = [ranges[0]![0], ranges.at(-1)![1]];
    return kind === "uids"
      ? [placeOf(first), placeOf(last + 1)]
      : [first - 1, last];
  }
}

/** Whether a flag is in a set is worked out once a set; messages share sets. */
function flagTest(state: MailboxState, flag: string): Test {
  const sets: FlagSet[] = [];
  const answers: boolean[] = [];
  return ({ row }) => {
    const set = state.flagsAt(row);
    const { index } = set;
    // The table may have given the index to another set since.
    if (sets[index] !== set) {
      sets[index] = set;
      answers[index] = set.flags.some((name) => name.toLowerCase() === flag);
    }
    return truth(answers[index]!);
  };
}

/**
 * Numbers and UIDs that no message has match nothing, a `*` in an empty mailbox included. `$` is the same
 * messages whether it stands for numbers or for UIDs (RFC 9051 § 6.4.4.1).
 */
function setTest(
  context: SearchContext,
  set: SequenceSet,
  largest: number,
  valueOf: (candidate: Candidate) => number,
): Test {
  if (set.kind === "saved") {
    const saved = context.saved();
    return ({ uid }) => {
      return truth(saved[lowerBound(saved, saved.length, uid)] === uid);
    };
  }
  const ranges = resolve(set, largest);
  return (candidate) => truth(contains(ranges, valueOf(candidate)));
}
