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
