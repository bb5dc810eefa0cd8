/**
 * Steps of a mailbox's log, of which the changes to mailboxes are made.
 *
 * @module
 */

import { MAX_UID } from "../limits.ts";
import type { MessageRecord } from "../mailbox_state.ts";
import {
  type MailboxChange,
  type Modseq,
  StorageError,
  type Uid,
  type UidList,
} from "../model.ts";
import type { Drafts, Plan, SubjectUse, Use } from "./batch.ts";
import { CONTENTS_A_LIST } from "./content_list.ts";
import type { Head } from "./head.ts";
import { logKey, type Write } from "./keys.ts";
import { encodeAppend, encodeExpunge } from "./log_record.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";

/** How a mailbox is used. */
export function uses(entry: MailboxEntry, as: Use): SubjectUse {
  return { subject: entry, as };
}

/** One step of the log, on its way. */
export interface Step {
  /** What the head becomes. */
  readonly head: Head;
  /** The record. */
  readonly writes: readonly Write[];
  /** How large the record is. */
  readonly bytes: number;
  /** The modseq of the change. */
  readonly modseq: Modseq;
  /** Notes and tells the change that has been applied. */
  applied(change: MailboxChange): void;
}

/** A change of a mailbox as a step of its log. */
export function logStep(
  entry: MailboxEntry,
  modseq: Modseq,
  head: Head,
  parts: readonly Uint8Array[],
): Step {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    head,
    bytes,
    modseq,
    writes: parts.map((part, index) => [logKey(entry.id, modseq, index), part]),
    applied: (change) =>
      entry.applied(change, { modseq, parts: parts.length, bytes }),
  };
}

/** The head of a mailbox as the changes so far leave it. */
export function headIn(drafts: Drafts, entry: MailboxEntry): Head {
  return drafts.get(entry) ?? entry.head;
}

/** A plan to write nothing. */
export function nothing<T>(result: T): Plan<T> {
  return { writes: [], drafts: [], apply: () => result };
}

/**
 * Messages at the end of a mailbox.
 * @throws {StorageError} LIMIT when there are not UIDs enough
 */
export function appendStep(
  entry: MailboxEntry,
  before: Head,
  messages: readonly Omit<MessageRecord, "uid" | "modseq">[],
): Step & { readonly records: readonly MessageRecord[] } {
  if (before.uidNext + messages.length - 1 > MAX_UID) {
    throw new StorageError("LIMIT", "The mailbox has no UIDs left");
  }
  const { modseq, head } = entry.advance(before);
  let { uidNext, unseen, deleted, size } = head;
  const records = messages.map((message): MessageRecord => {
    for (const flag of message.flags) {
      const lower = flag.toLowerCase();
      if (lower === "\\seen") unseen--;
      else if (lower === "\\deleted") deleted++;
    }
    size += message.size;
    return { ...message, uid: uidNext++ as Uid, modseq };
  });
  const count = records.length;
  const after: Head = {
    ...head,
    uidNext,
    messages: head.messages + count,
    unseen: unseen + count,
    deleted,
    recent: head.recent + count,
    size,
  };
  return {
    ...logStep(entry, modseq, after, encodeAppend(records)),
    records,
  };
}

/** Messages out of a mailbox. */
export function expungeStep(
  entry: MailboxEntry,
  before: Head,
  uids: UidList,
): Step {
  const { state } = entry;
  const { modseq, head } = entry.advance(before);
  let { messages, unseen, deleted, size, recent } = head;
  for (const uid of uids) {
    const index = state.indexOf(uid);
    const set = state.flagsAt(index);
    messages--;
    unseen -= Number(!set.seen);
    deleted -= Number(set.deleted);
    size -= state.sizes[index]!;
    recent -= Number(uid >= head.firstRecent);
  }
  const after = { ...head, messages, unseen, deleted, size, recent };
  return logStep(entry, modseq, after, encodeExpunge(uids));
}

/** How many serial numbers the lists of so many contents take. */
export function listsFor(contents: number): number {
  return Math.ceil(contents / CONTENTS_A_LIST);
}

/** Flags without repeats, in whatever case. */
export function uniqueFlags(flags: readonly string[]): readonly string[] {
  const seen = new Map<string, string>();
  for (const flag of flags) {
    const lower = flag.toLowerCase();
    if (!seen.has(lower)) seen.set(lower, flag);
  }
  return [...seen.values()];
}
