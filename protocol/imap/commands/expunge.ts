/**
 * EXPUNGE and CLOSE: RFC 9051 § 6.4.3, § 6.4.1. UID EXPUNGE: RFC 4315 § 2.1.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import { type Command, type Completion, noArguments } from "../command.ts";
import { messageUids } from "../messages.ts";
import type { Session } from "../session.ts";

/**
 * Removes, of the messages that the client knows of, those with `\Deleted`; all or those in a list.
 * @returns whether there were any
 */
async function expungeDeleted(
  session: Session,
  among?: UidList,
): Promise<boolean> {
  const { view } = session;
  const { state, mailbox } = view;
  if (state.deletedCount === 0) return false;
  const known = among ?? view.uids.slice(0, view.length);
  const doomed = known.filter((uid) => {
    const index = state.indexOf(uid);
    return index >= 0 && state.flagsAt(index).deleted;
  });
  if (doomed.length > 0) {
    await mailbox.expunge(doomed);
    session.owesExpunge = true;
  }
  return doomed.length > 0;
}

interface ExpungeArguments {
  readonly set: SequenceSet | undefined;
}

// uid-expunge = "UID" SP "EXPUNGE" SP sequence-set
/** EXPUNGE and UID EXPUNGE. */
export const expunge: Command<ExpungeArguments> = {
  name: "EXPUNGE",
  uid: "also",
  state: "selected",
  parse: (d, { uid }) => ({ set: uid ? d.sp().sequenceSet() : undefined }),

  async execute(session, { set }, { uid }) {
    session.assertWritable();
    const among = set && messageUids(session, set, true);
    const any = await expungeDeleted(session, among);
    return any ? settle(session, uid) : undefined;
  },
};

/**
 * Tells the client what has gone, and of those who resynchronize up to which modseq they have heard: "the server MUST
 * send the updated per-mailbox modification sequence using the HIGHESTMODSEQ response code" (RFC 7162 § 3.2.7).
 */
export function settle(session: Session, uid: boolean): Completion | undefined {
  if (!session.condstore) return undefined;
  const bye = session.sync(true, uid);
  if (bye !== undefined) throw bye;
  return { code: `HIGHESTMODSEQ ${session.view.settled}` };
}

/** CLOSE: EXPUNGE without a word, then leaving; read-only it removes nothing. */
export const close: Command<void> = {
  name: "CLOSE",
  state: "selected",
  parse: noArguments,

  async execute(session) {
    if (!session.view.readOnly) await expungeDeleted(session);
    session.unselect();
  },
};
