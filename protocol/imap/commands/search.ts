/**
 * SEARCH: RFC 9051 § 6.4.4; its return options by RFC 4731 and RFC 5182.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { Bad } from "../errors.ts";
import { completeInPart, type Portion } from "../message_limit.ts";
import { withProgress } from "../progress.ts";
import { RETURN_ALL } from "../search/returns.ts";
import {
  highestOf,
  keyToSearch,
  parseSearch,
  type SearchArguments,
  searchMailbox,
  selectedContext,
  writeExtended,
  writePlain,
} from "../search/run.ts";
import { isModseq, saysNumbers, some } from "../search/search_key.ts";
import type { StartUpdates } from "../search/update_contexts.ts";

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

  async execute(session, { returns, key: given }, { uid, tag }) {
    const { view, selected } = session;
    let portion: Portion;
    let tellsModseq: boolean;
    let updates: StartUpdates | undefined;
    try {
      const key = await keyToSearch(session, given);
      tellsModseq = some(key, isModseq);
      // RFC 7162 § 3.2.10.2: no VANISHED during a UID SEARCH by sequence numbers.
      session.holdsExpunge = uid && session.vanishes && some(key, saysNumbers);
      if (tellsModseq) session.enableCondstore();
      if (returns?.update !== undefined) {
        const { update } = returns;
        const searched = { tag, uid, named: false, key, update };
        updates = selected.updates.begin(searched);
      }
      const context = selectedContext(session);
      portion = await withProgress(session, tag, async (progress) => {
        progress.goal = context.length;
        return await searchMailbox(session, context, key, { progress });
      });
    } catch (error) {
      // A SEARCH that should have been saved and failed leaves nothing saved, unless it is BAD (RFC 5182 § 2.1).
      if (returns?.save && !(error instanceof Bad)) {
        selected.saved = new Uint32Array(0);
      }
      throw error;
    }
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
