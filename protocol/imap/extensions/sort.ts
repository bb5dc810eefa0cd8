/**
 * SORT: RFC 5256. Its display keys by RFC 5957, its return options by RFC 5267 § 3, which are extensions of their own.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import { Pace } from "../../../storage/pace.ts";
import { ParseError } from "../../wire/parse_error.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Command } from "../command.ts";
import type { Extension } from "../extension.ts";
import {
  CC,
  DISPLAY_FROM,
  DISPLAY_TO,
  FROM,
  SENT,
  SUBJECT,
  TO,
} from "../order/attributes.ts";
import { mergeSort } from "../order/merge_sort.ts";
import { type SortCriterion, type SortKey, sortUids } from "../order/sort.ts";
import { type Sorting, SortOrder } from "../order/sort_order.ts";
import type { Registry } from "../registry.ts";
import { parseSearchReturns } from "../search/returns.ts";
import {
  highestOf,
  numbersOf,
  parseProgram,
  type SearchArguments,
  searchSelected,
  searchWhole,
  selectedContext,
  writeExtended,
  writePlain,
} from "../search/run.ts";
import type { Session } from "../session.ts";

interface SortArguments extends SearchArguments {
  readonly criteria: readonly SortCriterion[];
}

// sort-key = "ARRIVAL" / "CC" / "DATE" / "FROM" / "SIZE" / "SUBJECT" / "TO"
const KEYS: readonly SortKey[] = [
  {
    name: "ARRIVAL",
    // What INTERNALDATE tells has no fractions of a second.
    valueAt: ({ internalDates }, row) =>
      Math.floor(internalDates[row]! / 1_000),
  },
  { name: "CC", attribute: CC },
  { name: "DATE", attribute: SENT },
  { name: "FROM", attribute: FROM },
  { name: "SIZE", valueAt: ({ sizes }, row) => sizes[row]! },
  { name: "SUBJECT", attribute: SUBJECT },
  { name: "TO", attribute: TO },
];

// sort-key =/ "DISPLAYFROM" / "DISPLAYTO"        RFC 5957 § 5
const DISPLAY_KEYS: readonly SortKey[] = [
  { name: "DISPLAYFROM", attribute: DISPLAY_FROM },
  { name: "DISPLAYTO", attribute: DISPLAY_TO },
];

// sort-criteria = "(" sort-criterion *(SP sort-criterion) ")"
function parseCriteria(
  d: Decoder,
  { sortKeys }: Registry,
): readonly SortCriterion[] {
  const criteria = d.nonEmptyList(() => parseCriterion(d, sortKeys));
  // Where a key comes again, all that it might decide is decided.
  const byKey = new Map<SortKey, SortCriterion>();
  for (const criterion of criteria) {
    if (!byKey.has(criterion.key)) byKey.set(criterion.key, criterion);
  }
  return [...byKey.values()];
}

// sort-criterion = ["REVERSE" SP] sort-key
function parseCriterion(
  d: Decoder,
  keys: ReadonlyMap<string, SortKey>,
): SortCriterion {
  let name = d.keyword();
  const reverse = name === "REVERSE";
  if (reverse) name = d.sp().keyword();
  const key = keys.get(name);
  if (key === undefined) throw new ParseError("Unknown sort key");
  return { key, reverse };
}

// sort          = ["UID" SP] "SORT" SP sort-criteria SP search-criteria
// extended-sort = ["UID" SP] "SORT" search-return-opts SP sort-criteria SP search-criteria        RFC 5267 § 5
/** SORT and UID SORT. */
const sort: Command<SortArguments> = {
  name: "SORT",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  keepsNumbers: true,

  parse(d, context) {
    const { registry } = context;
    d.sp();
    const returns = registry.extendsSort
      ? parseSearchReturns(d, context, registry.sortReturnOptions)
      : undefined;
    const criteria = parseCriteria(d, registry);
    return { returns, criteria, key: parseProgram(d.sp(), context, true) };
  },

  async execute(session, given, { uid, tag }) {
    const { returns, criteria } = given;
    const { view, selected } = session;
    const pace = new Pace();
    const { found: sorted, tellsModseq, updates } = await searchSelected(
      session,
      given,
      { uid, tag },
      async (context, key, progress) => {
        const work = { pace, progress };
        // Each message is looked at twice: it is searched, and put in its place if it was found.
        progress.goal = 2 * context.length;
        const found = await searchWhole(session, context, key, work);
        progress.done = progress.goal - found.length;
        return await sortUids(session.host, context, found, criteria, work);
      },
    );
    const told = returns?.pick(sorted) ?? sorted;
    if (returns?.save) selected.saved = await ascending(told, pace);
    const numbers = uid ? sorted : await numbersOf(session, sorted, pace);
    const modseq = tellsModseq ? highestOf(view.state, told) : 0;
    if (returns === undefined) {
      await writePlain(session, "SORT", numbers, modseq);
    } else if (returns.answers) {
      await writeExtended(session, { returns, uid, tag, numbers, modseq });
    }
    const order = () => new SortOrder(sortingOf(session, criteria), sorted);
    updates?.({ uids: sorted }, order);
  },
};

/** How to put messages of the selected mailbox in order later. */
function sortingOf(
  session: Session,
  criteria: readonly SortCriterion[],
): Sorting {
  const { host, view } = session;
  return {
    sort: (uids, pace) =>
      sortUids(host, selectedContext(session), uids, criteria, { pace }),
    isThere: (uid) => view.state.indexOf(uid) >= 0,
  };
}

/** The same UIDs in the order of the mailbox. */
async function ascending(uids: UidList, pace: Pace): Promise<UidList> {
  const list = uids.slice();
  await mergeSort(list, undefined, pace);
  return list;
}

/** SORT. */
export const sortExtension: Extension = {
  capabilities: () => ["SORT"],
  documents: { SORT: "5256" },
  commands: [sort],
  sortKeys: KEYS,
};

/** SORT=DISPLAY. */
export const sortDisplayExtension: Extension = {
  capabilities: () => ["SORT=DISPLAY"],
  needs: ["SORT"],
  documents: { "SORT=DISPLAY": "5957" },
  sortKeys: DISPLAY_KEYS,
};

/** ESORT. */
export const extendedSortExtension: Extension = {
  capabilities: () => ["ESORT"],
  needs: ["SORT"],
  documents: { ESORT: "5267" },
  extendsSort: true,
};
