/**
 * MOVE: RFC 6851.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { type CopyArguments, copyUid, parseCopy } from "../commands/copy.ts";
import { settle } from "../commands/expunge.ts";
import type { Extension } from "../extension.ts";
import { openTarget, tryCreate } from "../mailboxes.ts";
import { completeInPart, portionOf } from "../message_limit.ts";
import { messageUids } from "../messages.ts";
import { withProgress } from "../progress.ts";

// move = "MOVE" SP sequence-set SP mailbox        RFC 6851 § 3.1
/** MOVE and UID MOVE. */
const move: Command<CopyArguments> = {
  name: "MOVE",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  parse: parseCopy,

  async execute(session, { set, to }, { uid, tag }) {
    session.assertWritable();
    const { view, out } = session;
    const { uids, code: limited } = portionOf(
      session,
      view.present(messageUids(session, set, uid)),
    );
    const target = await openTarget(session, to);
    try {
      const result = await withProgress(
        session,
        tag,
        () => view.mailbox.moveTo(uids, target),
      );
      const code = copyUid(session, target, result);
      session.notifications?.appended(target, result.target);
      session.owesExpunge = true;
      // COPYUID comes before the EXPUNGEs, and so not with the tagged OK (RFC 6851 § 4.3).
      if (code !== undefined) out.text(`* OK [${code}] Moved`).crlf();
      const settled = code === undefined
        ? undefined
        : await settle(session, uid);
      return completeInPart(session, limited, settled);
    } catch (error) {
      throw tryCreate(session, to, error);
    } finally {
      target.close();
    }
  },
};

/** MOVE. */
export const moveExtension: Extension = {
  capabilities: () => ["MOVE"],
  documents: { MOVE: "6851" },
  commands: [move],
};
