/**
 * PARTIAL: RFC 9394. The results of SEARCH and UID FETCH by the page.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { Bad } from "../errors.ts";
import type {
  Extension,
  FetchModifier,
  SearchReturnOption,
} from "../extension.ts";
import { refuseBeyondLimit } from "../message_limit.ts";
import { writeSet } from "../search/returns.ts";

/** A range of results, as the client put it. */
export interface PartialRange {
  /** Whether they count from the last one down. */
  readonly fromEnd: boolean;
  /** Either end, counted from 1. */
  readonly ends: readonly [number, number];
}

// partial-range       = partial-range-first / partial-range-last
// partial-range-first = nz-number ":" nz-number
// partial-range-last  = MINUS nz-number ":" MINUS nz-number
function parseRange(d: Decoder): PartialRange {
  const fromEnd = d.sp().tryChar("-");
  const first = d.nzNumber();
  d.char(":");
  if (fromEnd) d.char("-");
  return { fromEnd, ends: [first, d.nzNumber()] };
}

/** The results in a range, as far as there are any; not to be written to. */
export function resultsIn(
  { fromEnd, ends }: PartialRange,
  results: UidList,
): UidList {
  const first = Math.min(...ends);
  const last = Math.max(...ends);
  const { length } = results;
  return fromEnd
    ? results.subarray(
      Math.max(0, length - last),
      Math.max(0, length + 1 - first),
    )
    : results.subarray(Math.min(length, first - 1), Math.min(length, last));
}

// search-return-opt =/ "PARTIAL" SP partial-range
const returnOption: SearchReturnOption = {
  name: "PARTIAL",
  excludes: ["ALL"],
  parse(d) {
    const range = parseRange(d);
    const sign = range.fromEnd ? "-" : "";
    const asked = range.ends.map((end) => sign + end).join(":");
    return {
      pick: (found) => resultsIn(range, found),
      // ret-data-partial = "PARTIAL" SP "(" partial-range SP (sequence-set / "NIL") ")"
      write(out, numbers, rest) {
        const page = resultsIn(range, numbers);
        out.text(` PARTIAL (${asked} `);
        if (page.length === 0) out.text("NIL");
        const close = () => void out.close();
        const written = writeSet(out, page, rest);
        return written === undefined ? close() : written.then(close);
      },
    };
  },
};

// fetch-modifier =/ "PARTIAL" SP partial-range
const fetchModifier: FetchModifier = {
  name: "PARTIAL",
  parse(d, { uid }) {
    const range = parseRange(d);
    if (!uid) throw new Bad("PARTIAL stands in UID FETCH");
    return (session, request) => {
      request.uids = resultsIn(range, session.view.present(request.uids));
      // "the server refuses to do any work in this case" (RFC 9738 § 3.1)
      refuseBeyondLimit(session, request.uids);
    };
  },
};

/** The results of SEARCH and SORT by the page, which contexts have of their own (RFC 5267 § 4.4). */
export const partialSearchExtension: Extension = {
  impliedBy: ["PARTIAL", "CONTEXT=SEARCH", "CONTEXT=SORT"],
  searchReturnOptions: [returnOption],
  sortReturnOptions: [returnOption],
};

/** PARTIAL. It stands before CONDSTORE: CHANGEDSINCE is about the messages of the range (RFC 9394 § 3.4). */
export const partialExtension: Extension = {
  capabilities: () => ["PARTIAL"],
  documents: { PARTIAL: "9394" },
  fetchModifiers: [fetchModifier],
};
