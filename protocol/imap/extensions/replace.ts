/**
 * REPLACE: RFC 8508.
 *
 * @module
 */

import { replaceMessage } from "../../../storage/replace.ts";
import type { Uid } from "../../../storage/model.ts";
import type { SequenceSet } from "../../wire/sequence_set.ts";
import { STAR } from "../../wire/sequence_set.ts";
import type { Decoder } from "../../wire/decoder.ts";
import type { Command } from "../command.ts";
import {
  type AppendMessage,
  appendUid,
  parseAppendMessage,
  prepareMessages,
} from "../commands/append.ts";
import { settle } from "../commands/expunge.ts";
import { expungeIssued } from "../commands/fetch.ts";
import { No } from "../errors.ts";
import type { Extension } from "../extension.ts";
import {
  type MailboxArgument,
  mailboxArgument,
  openSpelledTarget,
  tryCreate,
} from "../mailboxes.ts";
import { messageUids } from "../messages.ts";

interface ReplaceArguments {
  readonly which: SequenceSet;
  readonly mailbox: MailboxArgument;
  readonly message: AppendMessage;
}

/** seq-number = nz-number / "*", or a UID in its place */
function parseOne(d: Decoder): SequenceSet {
  const number = d.tryChar("*") ? STAR : d.nzNumber();
  return { kind: "ranges", ranges: [[number, number]] };
}

// replace = "REPLACE" SP seq-number SP mailbox append-message        RFC 8508 § 5
/** REPLACE and UID REPLACE. */
const replace: Command<ReplaceArguments> = {
  name: "REPLACE",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  carriesMessage: true,

  parse(d, context) {
    const which = parseOne(d.sp());
    const mailbox = mailboxArgument(d.sp());
    return { which, mailbox, message: parseAppendMessage(d, context) };
  },

  async execute(session, { which, mailbox: given, message }, { uid: byUid }) {
    const mailbox = given.name;
    session.assertWritable();
    const { view, out } = session;
    const [uid] = messageUids(session, which, byUid);
    if (uid === undefined) {
      throw new No("NONEXISTENT", "There is no such message");
    }
    if (view.state.indexOf(uid) < 0) throw expungeIssued();
    const prepared = await prepareMessages(session, mailbox, [message]);
    const target = await openSpelledTarget(session, given);
    try {
      const { uids } = await replaceMessage(
        view.mailbox,
        uid as Uid,
        prepared[0]!,
        target,
      );
      session.owesExpunge = true;
      session.notifications?.appended(target, uids);
      // APPENDUID is for before the EXPUNGE, and so not with the tagged OK (RFC 8508 § 4.3).
      if (uids.length > 0) {
        out.text(`* OK [${appendUid(target, uids)}] The new message`).crlf();
      }
      return await settle(session, byUid);
    } catch (error) {
      throw tryCreate(session, mailbox, error);
    } finally {
      target.close();
    }
  },
};

/** REPLACE. */
export const replaceExtension: Extension = {
  capabilities: () => ["REPLACE"],
  documents: { REPLACE: "8508" },
  commands: [replace],
};
