/**
 * EXPUNGE and CLOSE: RFC 9051 § 6.4.3, § 6.4.1. UID EXPUNGE: RFC 4315 § 2.1.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import { type Command, type Completion, noArguments } from "../command.ts";
import { completeInPart, type Portion, portionOf } from "../message_limit.ts";
import { messageUids } from "../messages.ts";
import { withProgress } from "../progress.ts";
import type { Session } from "../session.ts";

/** Of the messages that the client knows of, all or those in a list, those with `\Deleted`. */
function deletedMessages({ view }: Session, among?: UidList): UidList {
  const { state } = view;
  if (state.deletedCount === 0) return new Uint32Array(0);
  const known = among ?? view.uids.slice(0, view.length);
  return known.filter((uid) => {
    const index = state.indexOf(uid);
    return index >= 0 && state.flagsAt(index).deleted;
  });
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

  async execute(session, { set }, { uid, tag }) {
    session.assertWritable();
    const among = set && messageUids(session, set, true);
    const deleted = deletedMessages(session, among);
    if (deleted.length === 0) return undefined;
    // Of EXPUNGE alone "the server MUST NOT impose any message limit" (RFC 9738 § 3.1).
    const { uids, code }: Portion = set === undefined
      ? { uids: deleted }
      : portionOf(session, deleted);
    const { mailbox } = session.view;
    await withProgress(session, tag, () => mailbox.expunge(uids));
    session.owesExpunge = true;
    return completeInPart(session, code, await settle(session, uid));
  },
};

/**
 * Tells the client what has gone, and of those who resynchronize up to which modseq they have heard: "the server MUST
 * send the updated per-mailbox modification sequence using the HIGHESTMODSEQ response code" (RFC 7162 § 3.2.7).
 */
export async function settle(
  session: Session,
  uid: boolean,
): Promise<Completion | undefined> {
  if (!session.condstore) return undefined;
  const bye = await session.sync(true, uid);
  if (bye !== undefined) throw bye;
  return { code: `HIGHESTMODSEQ ${session.view.settled}` };
}

/** CLOSE: EXPUNGE without a word, then leaving; read-only it removes nothing. */
export const close: Command<void> = {
  name: "CLOSE",
  state: "selected",
  parse: noArguments,

  async execute(session) {
    const { readOnly, mailbox } = session.view;
    if (!readOnly) {
      const deleted = deletedMessages(session);
      if (deleted.length > 0) await mailbox.expunge(deleted);
    }
    session.unselect();
  },
};
