/**
 * SAVEDATE: RFC 8514. When a message came into the mailbox that it is in.
 *
 * @module
 */

import type { MailboxState } from "../../../storage/mailbox_state.ts";
import { formatDateTime } from "../../wire/date_time.ts";
import type { Extension } from "../extension.ts";
import type { FetchAttribute } from "../fetch/attribute.ts";
import type { SearchKeyParser } from "../search/key.ts";

const DAY = 86_400_000;

// msg-att-static =/ "SAVEDATE" SP (date-time / nil)
const SAVEDATE: FetchAttribute = {
  name: "SAVEDATE",
  needs: "state",
  write({ session: { out }, saveDate }) {
    out.text(`SAVEDATE ${saveDate === 0 ? "NIL" : formatDateTime(saveDate)}`);
  },
};

/** The day that FETCH shows; of a message of which it is not known, that of INTERNALDATE (§ 4.3). */
function dayOf(state: MailboxState, index: number): number {
  const date = state.saveDates[index]! || state.internalDates[index]!;
  return Math.floor(date / DAY);
}

const byDay = (
  matches: (day: number, wanted: number) => boolean,
): SearchKeyParser =>
(d) => {
  const wanted = d.sp().date();
  return {
    kind: "column",
    matches: (state, index) => matches(dayOf(state, index), wanted),
  };
};

/** SAVEDATE. */
export const saveDateExtension: Extension = {
  capabilities: () => ["SAVEDATE"],
  documents: { SAVEDATE: "8514" },
  fetchItems: [{ name: "SAVEDATE", parse: () => SAVEDATE }],
  // search-key =/ "SAVEDBEFORE" SP date / "SAVEDON" SP date / "SAVEDSINCE" SP date / "SAVEDATESUPPORTED"
  searchKeys: new Map<string, SearchKeyParser>([
    ["SAVEDBEFORE", byDay((day, wanted) => day < wanted)],
    ["SAVEDON", byDay((day, wanted) => day === wanted)],
    ["SAVEDSINCE", byDay((day, wanted) => day >= wanted)],
    ["SAVEDATESUPPORTED", () => ({
      kind: "column",
      matches: (state, index) => state.saveDates[index] !== 0,
    })],
  ]),
};
