/**
 * EXPUNGE and CLOSE: RFC 9051 § 6.4.3, § 6.4.1. UID EXPUNGE: RFC 4315 § 2.1.
 *
 * @module
 */

import type { UidList } from "../../../storage/model.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import { type Command, noArguments } from "../command.ts";
import { messageUids } from "../messages.ts";
import type { Session } from "../session.ts";

/** Removes, of the messages that the client knows of, those with `\Deleted`; all or those in a list. */
async function expungeDeleted(
  session: Session,
  among?: UidList,
): Promise<void> {
  const { view } = session;
  const { state, mailbox } = view;
  if (state.deletedCount === 0) return;
  const known = among ?? view.uids.slice(0, view.length);
  const doomed = known.filter((uid) => {
    const index = state.indexOf(uid);
    return index >= 0 && state.flagsAt(index).deleted;
  });
  if (doomed.length > 0) await mailbox.expunge(doomed);
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

  async execute(session, { set }) {
    session.assertWritable();
    const among = set && messageUids(session, set, true);
    await expungeDeleted(session, among);
  },
};

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
