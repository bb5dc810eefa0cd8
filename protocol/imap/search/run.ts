/**
 * Searches of a session: in a mailbox, through the application's own search where there is one, within what one
 * command may work on.
 *
 * @module
 */

import {
  lowerBound,
  type MailboxState,
} from "../../../storage/mailbox_state.ts";
import type { UidList } from "../../../storage/model.ts";
import { inBlocks, type Pace } from "../../../storage/pace.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Encoder } from "../../wire/encoder.ts";
import type { ParseContext } from "../command.ts";
import { Bad, No } from "../errors.ts";
import {
  type Portion,
  portionOf,
  refuseBeyondLimit,
} from "../message_limit.ts";
import { uidRequired } from "../messages.ts";
import { type Progress, withProgress } from "../progress.ts";
import type { Session } from "../session.ts";
import { search, type SearchContext, type SearchWork } from "./evaluate.ts";
import {
  BadCharset,
  parseSearchProgram,
  type SearchKey,
  TooManyKeys,
} from "./key.ts";
import { keyOf, queryOf, uidsOfSet } from "./query.ts";
import { resolveKeys } from "./resolve_keys.ts";
import { parseSearchReturns, type SearchReturns } from "./returns.ts";
import { isModseq, isNumbers, saysNumbers, some } from "./search_key.ts";
import { textIndexesOf } from "./text_index.ts";
import type { StartUpdates } from "./update_contexts.ts";

/** What SEARCH takes. */
export interface SearchArguments {
  /** What it is to return; undefined where it does not say. */
  readonly returns: SearchReturns | undefined;
  /** What messages have to be like, or why there is no such search. */
  readonly key: SearchKey | No;
}

/** [search-return-opts SP] search-program */
export function parseSearch(
  d: Decoder,
  context: ParseContext,
): SearchArguments {
  const { searchReturnOptions } = context.registry;
  const returns = parseSearchReturns(d, context, searchReturnOptions);
  return { returns, key: parseProgram(d, context) };
}

/**
 * search-program, or with a bare charset the search-criteria of SORT and THREAD.
 * @returns what messages have to be like, or why there is no such search
 */
export function parseProgram(
  d: Decoder,
  { limits, registry, uidOnly, charsets }: ParseContext,
  bareCharset = false,
): SearchKey | No {
  try {
    const { key } = parseSearchProgram(d, {
      maxKeys: limits.searchKeys,
      extraKeys: registry.searchKeys,
      bareCharset,
      charsets,
    });
    if (uidOnly && some(key, isNumbers)) throw uidRequired();
    return key;
  } catch (error) {
    // A NO is not the grammar's, and has a result: the execution gives it.
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    d.rest();
    return refusal;
  }
}

/** Why a search that is well-formed cannot be. */
function refusalOf(error: unknown): No | undefined {
  if (error instanceof TooManyKeys) return new No("LIMIT", error.message);
  if (!(error instanceof BadCharset)) return undefined;
  return new No(`BADCHARSET (${error.supported.join(" ")})`, error.message);
}

/** The key of a search with what extensions had to look up. @throws {No} when there is none */
export async function keyToSearch(
  session: Session,
  given: SearchKey | No,
): Promise<SearchKey> {
  if (given instanceof No) throw given;
  try {
    const { searchKeys } = session.host.limits;
    const key = await resolveKeys(session, given, searchKeys);
    if (session.uidOnly && some(key, isNumbers)) throw uidRequired();
    return key;
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** The selected mailbox, as the client knows it. */
export function selectedContext(session: Session): SearchContext {
  const { view, selected } = session;
  return {
    mailbox: view.mailbox,
    storage: session.host.storage,
    indexes: textIndexesOf(session.host),
    uids: view.uids,
    length: view.length,
    isRecent: (uid) => !session.rev2 && view.isRecent(uid),
    saved: () => selected.saved,
    now: () => session.host.now(),
  };
}

/** A mailbox that is not selected: as it is now, no message `\Recent`, and none of `$` in it. */
export function otherContext(
  session: Session,
  mailbox: Mailbox,
): SearchContext {
  const { uids, length } = mailbox.state;
  return {
    mailbox,
    storage: session.host.storage,
    indexes: textIndexesOf(session.host),
    uids,
    length,
    isRecent: () => false,
    saved: () => new Uint32Array(0),
    now: () => session.host.now(),
  };
}

/**
 * Searches a mailbox.
 * @returns what was found, of the messages that one command may look at (RFC 9738 § 3.1)
 */
export async function searchMailbox(
  session: Session,
  context: SearchContext,
  key: SearchKey,
  work: SearchWork,
): Promise<Portion> {
  const { messageLimit } = session.host.limits;
  if (messageLimit === 0 || context.length <= messageLimit) {
    return { uids: await find(session, context, key, work) };
  }
  const { uids, code } = portionOf(session, searched(context, key));
  if (code === undefined) {
    return { uids: await find(session, context, key, work) };
  }
  const set = {
    kind: "ranges",
    ranges: [[uids[0]!, uids.at(-1)!]],
  } as const;
  const narrowed = { kind: "and", keys: [{ kind: "uids", set }, key] } as const;
  return { uids: await find(session, context, narrowed, work), code };
}

/** What became of a search in the selected mailbox. */
export interface SelectedSearch<T> {
  /** What was found. */
  readonly found: T;
  /** Whether the client asked for modseqs by a key (RFC 7162 § 3.1.5). */
  readonly tellsModseq: boolean;
  /** Takes what was found, where the client is to hear how that changes. */
  readonly updates: StartUpdates | undefined;
}

/**
 * Searches the selected mailbox for SEARCH, or a command like it.
 * @param given what the client has sent
 * @param work makes the search
 * @throws {No} or {Bad} where there is none
 */
export async function searchSelected<T>(
  session: Session,
  { returns, key: given }: SearchArguments,
  { uid, tag }: { readonly uid: boolean; readonly tag: string },
  work: (
    context: SearchContext,
    key: SearchKey,
    progress: Progress,
  ) => Promise<T>,
): Promise<SelectedSearch<T>> {
  const { selected } = session;
  try {
    const key = await keyToSearch(session, given);
    const tellsModseq = some(key, isModseq);
    // RFC 7162 § 3.2.10.2: no VANISHED during a UID SEARCH by sequence numbers.
    session.holdsExpunge = uid && session.vanishes && some(key, saysNumbers);
    if (tellsModseq) session.enableCondstore();
    let updates: StartUpdates | undefined;
    if (returns?.update !== undefined) {
      const { update } = returns;
      updates = selected.updates.begin({ tag, uid, named: false, key, update });
    }
    const context = selectedContext(session);
    const found = await withProgress(
      session,
      tag,
      (progress) => work(context, key, progress),
    );
    return { found, tellsModseq, updates };
  } catch (error) {
    // A SEARCH that should have been saved and failed leaves nothing saved, unless it is BAD (RFC 5182 § 2.1).
    if (returns?.save && !(error instanceof Bad)) {
      selected.saved = new Uint32Array(0);
    }
    throw error;
  }
}

/**
 * Searches a mailbox for a command whose result is of use as a whole alone (RFC 9738 § 3.3).
 * @throws {No} when it would have to look at more messages than one command may
 */
export async function searchWhole(
  session: Session,
  context: SearchContext,
  key: SearchKey,
  work: SearchWork,
): Promise<UidList> {
  const { messageLimit } = session.host.limits;
  if (messageLimit > 0 && context.length > messageLimit) {
    refuseBeyondLimit(session, searched(context, key));
  }
  return await find(session, context, key, work);
}

/** The messages that a search is about: what sets of numbers and UIDs leave, which are no matter of looking. */
function searched(context: SearchContext, key: SearchKey): UidList {
  const { state } = context.mailbox;
  return left(context.uids.subarray(0, context.length), key)
    .filter((uid) => state.indexOf(uid) >= 0);

  function left(uids: UidList, key: SearchKey): UidList {
    if (key.kind === "and") return key.keys.reduce(left, uids);
    if (key.kind !== "numbers" && key.kind !== "uids") return uids;
    return among(uids, uidsOfSet(context, key.kind, key.set));
  }
}

/** Of UIDs those in an ascending list. */
function among(uids: UidList, list: UidList): UidList {
  return uids.filter((uid) => list[lowerBound(list, list.length, uid)] === uid);
}

/** Searches, through the application's own search where it has one. */
async function find(
  session: Session,
  context: SearchContext,
  key: SearchKey,
  work: SearchWork,
): Promise<UidList> {
  const { host: { hooks }, identity } = session;
  if (hooks?.search === undefined) return await search(context, key, work);
  const found = await hooks.search(
    identity!,
    context.mailbox,
    queryOf(context, key),
    (query) => search(context, keyOf(query), work),
  );
  const uids = Uint32Array.from(new Set(found)).sort();
  return among(uids, context.uids.subarray(0, context.length));
}

/**
 * Judges messages of a mailbox anew.
 * @param key one that says neither sequence numbers nor `*`
 * @param uids ascending
 * @returns those of them that it matches
 */
export async function judge(
  session: Session,
  context: SearchContext,
  key: SearchKey,
  uids: UidList,
  work: SearchWork,
): Promise<UidList> {
  if (session.host.hooks?.search === undefined) {
    return await search({ ...context, uids, length: uids.length }, key, work);
  }
  const ranges = Array.from(uids, (uid) => [uid, uid] as const);
  const among = { kind: "uids", set: { kind: "ranges", ranges } } as const;
  return await find(
    session,
    context,
    { kind: "and", keys: [among, key] },
    work,
  );
}

/** The sequence numbers of messages, which do not change while a command is at work. */
export async function numbersOf(
  { view }: Session,
  uids: UidList,
  pace: Pace,
): Promise<UidList> {
  const numbers = new Uint32Array(uids.length);
  await inBlocks(numbers.length, pace, (at) => {
    numbers[at] = view.numberOf(uids[at]!);
  });
  return numbers;
}

/** The highest modseq of messages that are there, or 0. */
export function highestOf(state: MailboxState, uids: UidList): number {
  let highest = 0;
  for (const uid of uids) {
    const index = state.indexOf(uid);
    if (index >= 0) highest = Math.max(highest, state.modseqs[index]!);
  }
  return highest;
}

/** Which search an ESEARCH response is about. */
export interface Correlator {
  /** The tag of the command. */
  readonly tag: string;
  /** Which mailbox it is about, where that is said (RFC 7377 § 2.1). */
  readonly mailbox?: Mailbox | undefined;
  /** Whether the numbers are UIDs. */
  readonly uid: boolean;
}

/** What an ESEARCH response says. */
export interface Extended extends Correlator {
  /** What is returned. */
  readonly returns: SearchReturns;
  /** What was found, as the client numbers it. */
  readonly numbers: UidList;
  /** The highest modseq of the messages told of, or 0 for none to tell. */
  readonly modseq: number;
}

// esearch-response  = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
// search-correlator = SP "(" one-correlator *(SP one-correlator) ")"        RFC 7377 § 4
/** Writes an ESEARCH response; what is long goes to the client meanwhile. */
export async function writeExtended(
  session: Session,
  answer: Extended,
): Promise<void> {
  const { out } = session;
  const { returns, numbers } = answer;
  beginExtended(out, answer);
  await returns.write(out, numbers, () => session.flushBatch());
  endExtended(out, answer);
}

/** The same for those who must not wait in the middle of a response. */
export function writeExtendedAtOnce({ out }: Session, answer: Extended): void {
  beginExtended(out, answer);
  answer.returns.writeAtOnce(out, answer.numbers);
  endExtended(out, answer);
}

/** Writes the beginning of an ESEARCH response; data are to follow. */
export function beginExtended(
  out: Encoder,
  { tag, mailbox, uid }: Correlator,
): void {
  out.text("* ESEARCH (TAG ").string(tag);
  if (mailbox !== undefined) {
    out.text(" MAILBOX ").mailbox(mailbox.name);
    out.text(" UIDVALIDITY ").number(mailbox.state.uidValidity);
  }
  out.close();
  if (uid) out.text(" UID");
}

// search-return-data =/ "MODSEQ" SP mod-sequence-value        RFC 4731 § 3.2
function endExtended(out: Encoder, { modseq }: Extended): void {
  if (modseq > 0) out.text(" MODSEQ ").number(modseq);
  out.crlf();
}

// mailbox-data =/ "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq]        RFC 3501 § 7.2.5, RFC 7162 § 7
// sort-data    = "SORT" [1*(SP nz-number) SP search-sort-mod-seq]           RFC 5256 § 5, RFC 7162 § 7
/**
 * Writes a response of nothing but numbers.
 * @param modseq the highest of the messages, or 0 for none to tell
 */
export async function writePlain(
  session: Session,
  name: "SEARCH" | "SORT",
  numbers: UidList,
  modseq: number,
): Promise<void> {
  const { out } = session;
  out.text(`* ${name}`);
  for (const number of numbers) {
    out.sp().number(number);
    const full = session.flushBatch();
    if (full !== undefined) await full;
  }
  if (modseq > 0) out.text(" (MODSEQ ").number(modseq).close();
  out.crlf();
}
