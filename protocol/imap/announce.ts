/**
 * Untagged responses about the selected mailbox that no command asked for.
 *
 * @module
 */

import type { FlagSet } from "../../storage/flag_set.ts";
import { SYSTEM_FLAGS } from "../../storage/model.ts";
import type { Encoder } from "../wire/encoder.ts";
import { formatPieces } from "../wire/sequence_set.ts";
import type { Session } from "./session.ts";
import type { Pending, Wanted } from "./view.ts";

/**
 * Tells the client what has become of the mailbox: EXPUNGE first, since each moves the numbers behind it,
 * then EXISTS and RECENT, then the changed flags (RFC 9051 § 7.5).
 * @returns a promise when there is so much that it has to go out meanwhile
 */
export function announce(
  session: Session,
  mayExpunge: boolean,
  uid: boolean,
  wanted?: Wanted,
): Promise<void> | undefined {
  const pending = session.view.take(mayExpunge, wanted);
  const writing = responses(session, pending, uid);
  if (writing.next().done) return undefined;
  return (async () => {
    do {
      await session.wire.flush();
      // What has come up meanwhile may be in what is still to be written.
      newKeywords(session);
    } while (!writing.next().done);
  })();
}

/** Writes the responses, and pauses between two of them where there is a batch to be sent. */
function* responses(
  session: Session,
  pending: Pending,
  uid: boolean,
): Generator<void> {
  const { out, view } = session;
  const { batchSize } = session.host;
  if (session.vanishes) {
    for (const set of formatPieces(pending.expungedUids)) {
      // expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids        RFC 7162 § 3.2.10
      out.text(`* VANISHED ${set}`).crlf();
      if (out.length >= batchSize) yield;
    }
  } else {
    for (const number of pending.expunged) {
      out.text("* ").number(number).text(" EXPUNGE").crlf();
      if (out.length >= batchSize) yield;
    }
  }
  if (pending.exists !== undefined) {
    out.text("* ").number(pending.exists).text(" EXISTS").crlf();
    if (!session.rev2) {
      out.text("* ").number(view.recentCount).text(" RECENT").crlf();
    }
    session.notifications?.came(pending.came);
  }
  newKeywords(session);
  const { state } = view;
  const { condstore } = session;
  // Unsolicited responses name the UID in IMAP4rev2 (RFC 9051 § 7.5.2) and by RFC 7162 § 3.2.4.
  const named = !session.uidOnly && (uid || session.rev2 || condstore);
  for (const changed of pending.changed) {
    const index = state.indexOf(changed);
    // It has gone since: there will be an EXPUNGE.
    if (index < 0) continue;
    fetchResponse(session, view.numberOf(changed), changed);
    if (named) out.text("UID ").number(changed).sp();
    if (condstore) writeModseq(session, state.modseqs[index]!).sp();
    out.text("FLAGS ");
    writeFlags(session, state.flagsAt(index), changed);
    out.close().crlf();
    if (out.length >= batchSize) yield;
  }
}

/**
 * Begins a FETCH response, up to its first item (RFC 9051 § 7.5.2); where UIDONLY is on, a UIDFETCH response:
 * uidfetch-resp = uniqueid SP "UIDFETCH" SP msg-att        RFC 9586 § 4
 */
export function fetchResponse(
  { out, uidOnly }: Session,
  number: number,
  uid: number,
): void {
  if (uidOnly) out.text("* ").number(uid).text(" UIDFETCH (");
  else out.text("* ").number(number).text(" FETCH (");
}

/** fetch-mod-resp = "MODSEQ" SP "(" permsg-modsequence ")"        RFC 7162 § 7 */
export function writeModseq(session: Session, modseq: number): Encoder {
  session.view.toldModseq(modseq);
  return session.out.text("MODSEQ (").number(modseq).close();
}

/** The HIGHESTMODSEQ code: what the client may resynchronize from (RFC 7162 § 3.1.2.1). */
export function highestModseq({ out, view }: Session): void {
  out.text(`* OK [HIGHESTMODSEQ ${view.settled}] Told up to here`).crlf();
}

/** Writes FLAGS and PERMANENTFLAGS anew where keywords have come up (RFC 9051 § 7.3.5, § 7.1). */
export function newKeywords(session: Session): void {
  const { view } = session;
  if (view.state.flagTable.keywordCount > view.toldKeywords) {
    flagsResponses(session);
  }
}

/** The FLAGS response and the PERMANENTFLAGS code (RFC 9051 § 7.3.5, § 7.1). */
export function flagsResponses(session: Session): void {
  const { out, view } = session;
  const table = view.state.flagTable;
  const flags = [...SYSTEM_FLAGS, ...table.keywords];
  out.text("* FLAGS ").flags(flags).crlf();
  out.text("* OK [PERMANENTFLAGS ");
  out.flags(view.readOnly ? [] : [...flags, "\\*"]);
  out.text(
    view.readOnly ? "] No flags can be changed" : "] Flags that are kept",
  ).crlf();
  view.toldKeywords = table.keywordCount;
}

const WIRE = new WeakMap<FlagSet, string>();

/** A set of flags as it goes out, parentheses included; worked out once a set. */
export function wireFlags(set: FlagSet): string {
  let text = WIRE.get(set);
  if (text === undefined) {
    text = `(${set.flags.join(" ")})`;
    WIRE.set(set, text);
  }
  return text;
}

/** Writes the flags of a message, with `\Recent` where it is so in this session (RFC 3501 § 2.3.2). */
export function writeFlags(session: Session, set: FlagSet, uid: number): void {
  const text = wireFlags(set);
  if (session.rev2 || !session.view.isRecent(uid)) session.out.text(text);
  else if (set.flags.length === 0) session.out.text("(\\Recent)");
  else session.out.text(text.slice(0, -1)).text(" \\Recent)");
}
