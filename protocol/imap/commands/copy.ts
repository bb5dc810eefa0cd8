/**
 * COPY: RFC 9051 § 6.4.7.
 *
 * @module
 */

import type { CopyResult, UidList } from "../../../storage/model.ts";
import type { Mailbox } from "../../../storage/storage.ts";
import type { Decoder } from "../../wire/decoder.ts";
import { format, type SequenceSet } from "../../wire/sequence_set.ts";
import type { Command } from "../command.ts";
import { messageUids } from "../messages.ts";
import { openTarget, tryCreate } from "../mailboxes.ts";
import { refuseCopyBeyondLimit } from "../message_limit.ts";
import { withProgress } from "../progress.ts";
import type { Session } from "../session.ts";
import type { View } from "../view.ts";
import { expungeIssued } from "./fetch.ts";

/** What COPY and MOVE take. */
export interface CopyArguments {
  /** The messages. */
  readonly set: SequenceSet;
  /** The name of the mailbox that they go to. */
  readonly to: string;
}

/** SP sequence-set SP mailbox */
export function parseCopy(d: Decoder): CopyArguments {
  const set = d.sp().sequenceSet();
  return { set, to: d.sp().mailbox() };
}

/**
 * resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set; none where nothing was copied (RFC 4315 § 3), and none
 * where clients could see that the copies are contents of their own.
 */
export function copyUid(
  { registry }: Session,
  target: Mailbox,
  { source, target: uids, renewed }: CopyResult,
): string | undefined {
  if (source.length === 0) return undefined;
  if (renewed && registry.identifiesContents) return undefined;
  const { uidValidity } = target.state;
  return `COPYUID ${uidValidity} ${format(source)} ${format(uids)}`;
}

/** Copies messages, without those that go meanwhile: UIDs that are not there are passed over (RFC 9051 § 6.4.9). */
async function copyPresent(
  view: View,
  uids: UidList,
  target: Mailbox,
): Promise<CopyResult> {
  for (let there = uids;;) {
    try {
      return await view.mailbox.copyTo(there, target);
    } catch (error) {
      const left = view.present(there);
      if (left.length === there.length) throw error;
      there = left;
    }
  }
}

// copy = "COPY" SP sequence-set SP mailbox
/** COPY and UID COPY. */
export const copy: Command<CopyArguments> = {
  name: "COPY",
  uid: "also",
  state: "selected",
  takesNumbers: true,
  parse: parseCopy,

  async execute(session, { set, to }, { uid, tag }) {
    const { view } = session;
    const uids = messageUids(session, set, uid);
    const present = view.present(uids);
    if (present.length !== uids.length && !uid) throw expungeIssued();
    refuseCopyBeyondLimit(session, present);
    const target = await openTarget(session, to);
    try {
      const result = await withProgress(
        session,
        tag,
        () =>
          uid
            ? copyPresent(view, present, target)
            : view.mailbox.copyTo(present, target),
      );
      const code = copyUid(session, target, result);
      session.notifications?.appended(target, result.target);
      return code === undefined ? {} : { code };
    } catch (error) {
      // The target may have gone since it was opened.
      throw tryCreate(session, to, error);
    } finally {
      target.close();
    }
  },
};
