/**
 * SEARCH: RFC 9051 § 6.4.4; its return options by RFC 4731 and RFC 5182.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { completeInPart } from "../message_limit.ts";
import { RETURN_ALL } from "../search/returns.ts";
import {
  highestOf,
  parseSearch,
  type SearchArguments,
  searchMailbox,
  searchSelected,
  writeExtended,
  writePlain,
} from "../search/run.ts";

// search = "SEARCH" [search-return-opts] SP search-program
/**
 * SEARCH and UID SEARCH. A sequence number above that of the last message is no mistake here, other than in FETCH and
 * its like: "as with any SEARCH or UID SEARCH command, it MUST NOT be considered an error" (RFC 7377 § 2).
 */
export const search: Command<SearchArguments> = {
  name: "SEARCH",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  keepsNumbers: true,
  parse: (d, context) => parseSearch(d.sp(), context),

  async execute(session, given, { uid, tag }) {
    const { returns } = given;
    const { view, selected } = session;
    const { found: portion, tellsModseq, updates } = await searchSelected(
      session,
      given,
      { uid, tag },
      (context, key, progress) => {
        progress.goal = context.length;
        return searchMailbox(session, context, key, { progress });
      },
    );
    const found = portion.uids;
    const extended = returns ?? (session.rev2 ? RETURN_ALL : undefined);
    const told = extended?.pick(found) ?? found;
    if (returns?.save) selected.saved = told;
    const numbers = uid ? found : found.map((uid) => view.numberOf(uid));
    const modseq = tellsModseq ? highestOf(view.state, told) : 0;
    if (extended === undefined) {
      await writePlain(session, "SEARCH", numbers, modseq);
    } else if (extended.answers) {
      await writeExtended(session, {
        returns: extended,
        uid,
        tag,
        numbers,
        modseq,
      });
    }
    updates?.(portion);
    return completeInPart(session, portion.code);
  },
};
