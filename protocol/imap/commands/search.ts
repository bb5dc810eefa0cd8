/**
 * SEARCH: RFC 9051 § 6.4.4; its return options by RFC 4731 and RFC 5182.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { format } from "../../wire/sequence_set.ts";
import type { Command } from "../command.ts";
import { Bad, No } from "../errors.ts";
import { search as evaluate, type SearchContext } from "../search/evaluate.ts";
import {
  BadCharset,
  parseSearchProgram,
  type SearchKey,
  TooManyKeys,
} from "../search/key.ts";
import { keyOf, queryOf } from "../search/query.ts";
import type { Session } from "../session.ts";

const RETURN_OPTIONS = ["MIN", "MAX", "ALL", "COUNT", "SAVE"] as const;
type ReturnOption = typeof RETURN_OPTIONS[number];

interface SearchArguments {
  readonly options: ReadonlySet<ReturnOption> | undefined;
  readonly key: SearchKey | No;
}

// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
function parseReturn(d: Decoder): Set<ReturnOption> | undefined {
  if (d.tryKeyword("RETURN") === undefined) return undefined;
  const options = d.sp().list(() => {
    const option = d.tryKeyword(...RETURN_OPTIONS);
    if (option === undefined) throw new Bad("Unknown SEARCH return option");
    return option as ReturnOption;
  });
  d.sp();
  // An empty list asks for ALL (RFC 4731 § 3.1).
  return new Set(options.length === 0 ? ["ALL"] : options);
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
  keepsNumbers: true,

  parse(d, { limits, registry }) {
    d.sp();
    const options = parseReturn(d);
    try {
      const { key } = parseSearchProgram(d, {
        maxKeys: limits.searchKeys,
        extraKeys: registry.searchKeys,
      });
      return { options, key };
    } catch (error) {
      // A NO is not the grammar's, and has a result: execute gives it.
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      d.rest();
      return { options, key: refusal };
    }
  },

  async execute(session, { options, key }, { uid, tag }) {
    const { view, selected } = session;
    let found: UidList;
    try {
      if (key instanceof No) throw key;
      found = await find(session, {
        mailbox: view.mailbox,
        uids: view.uids,
        length: view.length,
        isRecent: (uid) => !session.rev2 && view.isRecent(uid),
        saved: () => selected.saved,
        now: () => session.host.now(),
      }, key);
    } catch (error) {
      // A SEARCH that should have been saved and failed leaves nothing saved (RFC 5182 § 2.1).
      if (options?.has("SAVE")) selected.saved = new Uint32Array(0);
      throw error;
    }
    if (options?.has("SAVE")) selected.saved = toSave(found, options);
    const numbers = uid ? found : found.map((uid) => view.numberOf(uid));
    if (options !== undefined) {
      writeExtended(session, numbers, options, uid, tag);
    } else if (session.rev2) writeExtended(session, numbers, ALL, uid, tag);
    else await writePlain(session, numbers);
  },
};

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

const ALL: ReadonlySet<ReturnOption> = new Set(["ALL"] as const);

/** With MIN or MAX and without ALL and COUNT, only those messages are saved (RFC 5182 § 2.4). */
function toSave(
  found: UidList,
  options: ReadonlySet<ReturnOption>,
): UidList {
  const min = options.has("MIN"), max = options.has("MAX");
  if (options.has("ALL") || options.has("COUNT") || !(min || max)) return found;
  const ends = new Set<number>();
  if (found.length > 0 && min) ends.add(found[0]!);
  if (found.length > 0 && max) ends.add(found.at(-1)!);
  return Uint32Array.from(ends);
}

// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
function writeExtended(
  { out }: Session,
  numbers: UidList,
  options: ReadonlySet<ReturnOption>,
  uid: boolean,
  tag: string,
): void {
  if (options.size === 1 && options.has("SAVE")) return;
  out.text("* ESEARCH (TAG ").string(tag).close();
  if (uid) out.text(" UID");
  if (numbers.length > 0) {
    if (options.has("MIN")) out.text(" MIN ").number(numbers[0]!);
    if (options.has("MAX")) out.text(" MAX ").number(numbers.at(-1)!);
    if (options.has("ALL")) out.text(" ALL ").text(format(numbers));
  }
  if (options.has("COUNT")) out.text(" COUNT ").number(numbers.length);
  out.crlf();
}

/** mailbox-data =/ "SEARCH" *(SP nz-number)        RFC 3501 § 7.2.5 */
async function writePlain(session: Session, numbers: UidList): Promise<void> {
  const { out } = session;
  out.text("* SEARCH");
  for (const number of numbers) {
    out.sp().number(number);
    const full = session.flushBatch();
    if (full !== undefined) await full;
  }
  out.crlf();
}
