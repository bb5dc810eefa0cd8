/**
 * Looks for what contradicts itself in the state of a mailbox.
 *
 * @module
 */

import type { MailboxState } from "./mailbox_state.ts";

/** The faults of a state: order, counts, modseqs, UIDNEXT. */
export function* verifyState(state: MailboxState): Iterable<string> {
  let unseen = 0;
  let deleted = 0;
  let size = 0;
  let last = 0;
  for (let index = 0; index < state.length; index++) {
    const uid = state.uids[index]!;
    if (uid <= last) yield `UID ${uid} comes after ${last}`;
    last = uid;
    const set = state.flagsAt(index);
    unseen += Number(!set.seen);
    deleted += Number(set.deleted);
    size += state.sizes[index]!;
    const thread = state.threads[index]!;
    if (!Number.isSafeInteger(thread) || thread < 0) {
      yield `Message ${uid} is in thread ${thread}, which is none`;
    }
    if (state.modseqs[index]! > state.highestModseq) {
      yield `Message ${uid} has a modseq above the mailbox's`;
    }
  }
  if (last >= state.uidNext) {
    yield `UIDNEXT ${state.uidNext} is not above UID ${last}`;
  }
  if (state.firstRecent > state.uidNext) yield "Recent starts above UIDNEXT";
  if (unseen !== state.unseen) {
    yield `${state.unseen} messages are counted unseen, ${unseen} are`;
  }
  if (deleted !== state.deletedCount) {
    yield `${state.deletedCount} messages are counted deleted, ${deleted} are`;
  }
  if (size !== state.totalSize) {
    yield `The size is counted as ${state.totalSize}, it is ${size}`;
  }
}
