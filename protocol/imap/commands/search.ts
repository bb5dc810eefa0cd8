/**
 * SEARCH: RFC 9051 § 6.4.4; its return options by RFC 4731 and RFC 5182.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import type { MailboxState } from "../../../storage/mailbox_state.ts";
import type { Command } from "../command.ts";
import { No } from "../errors.ts";
import { uidRequired } from "../messages.ts";
import { search as evaluate, type SearchContext } from "../search/evaluate.ts";
import {
  BadCharset,
  parseSearchProgram,
  type SearchKey,
  TooManyKeys,
} from "../search/key.ts";
import { keyOf, queryOf } from "../search/query.ts";
import {
  parseSearchReturns,
  RETURN_ALL,
  type SearchReturns,
} from "../search/returns.ts";
import { isModseq, some } from "../search/search_key.ts";
import { textIndexesOf } from "../search/text_index.ts";
import type { Session } from "../session.ts";

interface SearchArguments {
  readonly returns: SearchReturns | undefined;
  readonly key: SearchKey | No;
}

/** Why a search that is well-formed cannot be. */
function refusalOf(error: unknown): No | undefined {
  if (error instanceof TooManyKeys) return new No("LIMIT", error.message);
  if (!(error instanceof BadCharset)) return undefined;
  return new No(`BADCHARSET (${error.supported.join(" ")})`, error.message);
}

// search = "SEARCH" [search-return-opts] SP search-program
/** SEARCH and UID SEARCH. */
export const search: Command<SearchArguments> = {
  name: "SEARCH",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  keepsNumbers: true,

  parse(d, context) {
    const { limits, registry, uidOnly } = context;
    d.sp();
    const returns = parseSearchReturns(d, context);
    try {
      const { key } = parseSearchProgram(d, {
        maxKeys: limits.searchKeys,
        extraKeys: registry.searchKeys,
      });
      if (uidOnly && some(key, ({ kind }) => kind === "numbers")) {
        throw uidRequired();
      }
      return { returns, key };
    } catch (error) {
      // A NO is not the grammar's, and has a result: execute gives it.
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      d.rest();
      return { returns, key: refusal };
    }
  },

  async execute(session, { returns, key }, { uid, tag }) {
    const { view, selected } = session;
    const tellsModseq = !(key instanceof No) && some(key, isModseq);
    if (tellsModseq) session.enableCondstore();
    let found: UidList;
    try {
      if (key instanceof No) throw key;
      found = await find(session, {
        mailbox: view.mailbox,
        uids: view.uids,
        length: view.length,
        indexes: textIndexesOf(session.host),
        isRecent: (uid) => !session.rev2 && view.isRecent(uid),
        saved: () => selected.saved,
        now: () => session.host.now(),
      }, key);
    } catch (error) {
      // A SEARCH that should have been saved and failed leaves nothing saved (RFC 5182 § 2.1).
      if (returns?.save) selected.saved = new Uint32Array(0);
      throw error;
    }
    const extended = returns ?? (session.rev2 ? RETURN_ALL : undefined);
    const told = extended?.pick(found) ?? found;
    if (returns?.save) selected.saved = told;
    const numbers = uid ? found : found.map((uid) => view.numberOf(uid));
    const modseq = tellsModseq ? highestOf(view.state, told) : 0;
    if (extended === undefined) await writePlain(session, numbers, modseq);
    else if (extended.answers) {
      writeExtended(session, numbers, { returns: extended, uid, tag, modseq });
    }
  },
};

/** The highest modseq of messages that are there, or 0. */
function highestOf(state: MailboxState, uids: UidList): number {
  let highest = 0;
  for (const uid of uids) {
    const index = state.indexOf(uid);
    if (index >= 0) highest = Math.max(highest, state.modseqs[index]!);
  }
  return highest;
}

/** Searches, through the application's own search where it has one. */
async function find(
  session: Session,
  context: SearchContext,
  key: SearchKey,
): Promise<UidList> {
  const { host: { hooks }, view, identity } = session;
  if (hooks?.search === undefined) return await evaluate(context, key);
  const found = await hooks.search(
    identity!,
    context.mailbox,
    queryOf(context, key),
    (query) => evaluate(context, keyOf(query)),
  );
  return view.known(Uint32Array.from(new Set(found)).sort());
}

/** What an ESEARCH response says. */
interface Extended {
  readonly returns: SearchReturns;
  readonly uid: boolean;
  readonly tag: string;
  /** The highest modseq of the messages told of, or 0 for none to tell. */
  readonly modseq: number;
}

// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
function writeExtended(
  { out }: Session,
  numbers: UidList,
  { returns, uid, tag, modseq }: Extended,
): void {
  out.text("* ESEARCH (TAG ").string(tag).close();
  if (uid) out.text(" UID");
  returns.write(out, numbers);
  // search-return-data =/ "MODSEQ" SP mod-sequence-value        RFC 4731 § 3.2
  if (modseq > 0) out.text(" MODSEQ ").number(modseq);
  out.crlf();
}

/** mailbox-data =/ "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq]        RFC 3501 § 7.2.5, RFC 7162 § 7 */
async function writePlain(
  session: Session,
  numbers: UidList,
  modseq: number,
): Promise<void> {
  const { out } = session;
  out.text("* SEARCH");
  for (const number of numbers) {
    out.sp().number(number);
    const full = session.flushBatch();
    if (full !== undefined) await full;
  }
  if (modseq > 0) out.text(" (MODSEQ ").number(modseq).close();
  out.crlf();
}
