/**
 * The counts of a mailbox whose messages are in memory.
 *
 * @module
 */

import { lowerBound, type MailboxState } from "./mailbox_state.ts";
import type { MailboxStatus } from "./model.ts";

/** What STATUS says of a mailbox in this state. */
export function statusOf(state: MailboxState): MailboxStatus {
  return {
    messages: state.length,
    unseen: state.unseen,
    deleted: state.deletedCount,
    recent: state.length -
      lowerBound(state.uids, state.length, state.firstRecent),
    size: state.totalSize,
    uidNext: state.uidNext,
    uidValidity: state.uidValidity,
    highestModseq: state.highestModseq,
  };
}
