/**
 * QRESYNC: RFC 7162 § 3.2. A client says what it knew last, and is told what is different.
 *
 * @module
 */

import type { Decoder } from "../../wire/decoder.ts";
import {
  contains,
  format,
  formatRanges,
  type Range,
  resolve,
} from "../../wire/sequence_set.ts";
import type { ParseContext } from "../command.ts";
import { Bad } from "../errors.ts";
import type {
  Extension,
  FetchModifier,
  SelectParameter,
} from "../extension.ts";
import { FLAGS, MODSEQ, UID } from "../fetch/attributes.ts";
import { fetchMessages } from "../fetch/engine.ts";
import { uidRequired } from "../messages.ts";
import type { Session } from "../session.ts";
import type { View } from "../view.ts";
import { changedAfter } from "./condstore.ts";

/** What a client knew. */
interface Known {
  readonly uidValidity: number;
  readonly modseq: number;
  /** The messages that it knew; undefined for all that there were. */
  readonly uids: readonly Range[] | undefined;
  /** Some of their sequence numbers, ascending, and the UIDs that belong to them. */
  readonly numbers: readonly Range[];
  readonly uidsOfNumbers: readonly Range[];
}

// select-param    =/ "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
// seq-match-data  = "(" known-sequence-set SP known-uid-set ")"
function parseKnown(d: Decoder, context: ParseContext): Known {
  d.sp().char("(");
  const uidValidity = d.nzNumber();
  const modseq = d.sp().modseq();
  let uids: readonly Range[] | undefined;
  let numbers: readonly Range[] = [];
  let uidsOfNumbers: readonly Range[] = [];
  let more = d.trySp();
  if (more && d.peek() !== PARENTHESIS) {
    uids = inOrder(d.uidSet());
    more = d.trySp();
  }
  if (more) {
    // RFC 9586 § 3.7
    if (context.uidOnly) throw uidRequired();
    d.char("(");
    numbers = ascending(d.uidSet());
    uidsOfNumbers = ascending(d.sp().uidSet());
    d.char(")");
    if (sizeOf(numbers) !== sizeOf(uidsOfNumbers)) {
      throw new Bad("Expected as many UIDs as sequence numbers");
    }
  }
  d.char(")");
  return { uidValidity, modseq, uids, numbers, uidsOfNumbers };
}

const PARENTHESIS = "(".charCodeAt(0);

function inOrder(ranges: readonly Range[]): readonly Range[] {
  return resolve({ kind: "ranges", ranges }, 0);
}

/** "Both MUST be provided in ascending order" (RFC 7162 § 3.2.5.2). */
function ascending(ranges: readonly Range[]): readonly Range[] {
  let last = 0;
  for (const [from, to] of ranges) {
    if (from <= last || to < from) throw new Bad("Expected an ascending set");
    last = to;
  }
  return ranges;
}

function sizeOf(ranges: readonly Range[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

const selectParameter: SelectParameter = {
  name: "QRESYNC",
  parse(d, context) {
    const known = parseKnown(d, context);
    return {
      before: assertEnabled,
      after: (session) => resynchronize(session, known),
    };
  },
};

function assertEnabled(session: Session): void {
  if (session.enabled.has("QRESYNC")) return;
  throw new Bad("QRESYNC has to be enabled first");
}

/** Tells what has become of the mailbox since a client knew it (RFC 7162 § 3.2.5.1). */
async function resynchronize(session: Session, known: Known): Promise<void> {
  const { view } = session;
  const { state } = view;
  if (known.uidValidity !== state.uidValidity) return;
  const uids = known.uids ?? [[1, state.uidNext - 1]];
  const agreed = lastAgreed(view, known);
  // A modseq that is still to come is of another life of the mailbox, as where a backup has been put back.
  const since = known.modseq > state.highestModseq ? 0 : known.modseq;
  vanishedEarlier(session, uids, since, agreed);
  const there = view.uids.slice(0, view.length)
    .filter((uid) => contains(uids, uid));
  const changed = changedAfter(state, there, since);
  await fetchMessages(session, changed, [UID, FLAGS, MODSEQ]);
}

/** The greatest UID up to which client and server have the same messages, as far as the client can show; or 0. */
function lastAgreed(view: View, { numbers, uidsOfNumbers }: Known): number {
  let agreed = 0;
  let [at, offset] = [0, 0];
  for (const [from, to] of numbers) {
    for (let number = from; number <= Math.min(to, view.length); number++) {
      let range = uidsOfNumbers[at]!;
      while (offset > range[1] - range[0]) {
        offset = 0;
        range = uidsOfNumbers[++at]!;
      }
      const uid = range[0] + offset++;
      if (view.uids[number - 1] === uid) agreed = uid;
    }
    if (to > view.length) break;
  }
  return agreed;
}

/**
 * Names messages that are gone, of which the client may not know it (RFC 7162 § 3.2.10.1). Those that it will be told
 * of by VANISHED without EARLIER are not among them.
 * @param asked the messages to tell of
 * @param modseq those that went after it are told of; where that is too long ago to know, all that are not there
 * @param from they are above this UID
 */
function vanishedEarlier(
  { out, view }: Session,
  asked: readonly Range[],
  modseq: number,
  from: number,
): void {
  const { state } = view;
  const gone = state.expungedSince(modseq);
  const set = gone === undefined
    ? formatRanges(gaps(view, asked, from + 1, state.uidNext - 1))
    : format(
      gone.filter((uid) =>
        uid > from && contains(asked, uid) && view.numberOf(uid) === 0
      ),
    );
  if (set !== "") out.text(`* VANISHED (EARLIER) ${set}`).crlf();
}

/** What of ranges the client has no message for, from one UID to another. */
function gaps(
  view: View,
  ranges: readonly Range[],
  first: number,
  last: number,
): Range[] {
  const found: Range[] = [];
  for (const [from, to] of ranges) {
    const end = Math.min(to, last);
    let next = Math.max(from, first);
    for (const uid of view.uidsBetween(next, end)) {
      if (uid > next) found.push([next, uid - 1]);
      next = uid + 1;
    }
    if (next <= end) found.push([next, end]);
  }
  return found;
}

// rexpunges-fetch-mod = "VANISHED"
const vanished: FetchModifier = {
  name: "VANISHED",
  parse: (_d, { uid }) => (session, request) => {
    assertEnabled(session);
    const { changedSince, set } = request;
    if (!uid || changedSince === undefined) {
      throw new Bad("VANISHED stands in UID FETCH, beside CHANGEDSINCE");
    }
    if (set.kind === "saved") return;
    const asked = resolve(set, session.view.state.uidNext - 1);
    vanishedEarlier(session, asked, changedSince, 0);
  },
};

/** QRESYNC. */
export const qresyncExtension: Extension = {
  capabilities: () => ["QRESYNC"],
  documents: { QRESYNC: "7162" },
  enable: ["QRESYNC"],
  whenEnabled: (session) => session.enableCondstore(),
  selectParameters: [selectParameter],
  fetchModifiers: [vanished],
};
