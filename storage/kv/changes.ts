/**
 * The changes to mailboxes, as plans: what the log and the head become, and the state afterwards.
 *
 * @module
 */

import { checkFlags, planFlagChange } from "../flag_change.ts";
import { MAX_UID, type StorageLimits } from "../limits.ts";
import type { MailboxState, MessageRecord } from "../mailbox_state.ts";
import {
  type AppendResult,
  type CopyResult,
  type ExpungeResult,
  type FlagChange,
  type MailboxChange,
  type Modseq,
  type NewMessage,
  StorageError,
  type StoreResult,
  type Uid,
  type UidList,
} from "../model.ts";
import {
  type Change,
  draftOf,
  type Drafts,
  type Plan,
  type SubjectUse,
  type Use,
} from "./batch.ts";
import { MAX_CHANGE_BYTES } from "./commit.ts";
import {
  type ContentEntry,
  CONTENTS_A_LIST,
  splitContents,
} from "./content_list.ts";
import { numberedLists, type StoredContents } from "./contents.ts";
import type { Head } from "./head.ts";
import { garbageKey, logKey, sharedKey, type Write } from "./keys.ts";
import { encodeAppend, encodeExpunge, encodeFlags } from "./log_record.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";

/** What a plan gives where the change has to be cut into smaller ones. */
export const TOO_LARGE = Symbol("too large");

/** How a mailbox is used. */
export function uses(entry: MailboxEntry, as: Use): SubjectUse {
  return { subject: entry, as };
}

/** How many serial numbers the lists of so many contents take. */
export function listsFor(contents: number): number {
  return Math.ceil(contents / CONTENTS_A_LIST);
}

/** One step of the log, on its way. */
interface Step {
  readonly head: Head;
  readonly writes: readonly Write[];
  readonly bytes: number;
  /** Notes and tells the change that has been applied. */
  applied(change: MailboxChange): void;
}

function step(
  entry: MailboxEntry,
  modseq: Modseq,
  head: Head,
  parts: readonly Uint8Array[],
): Step {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return {
    head,
    bytes,
    writes: parts.map((part, index) => [logKey(entry.id, modseq, index), part]),
    applied: (change) =>
      entry.applied(change, { modseq, parts: parts.length, bytes }),
  };
}

function headIn(drafts: Drafts, entry: MailboxEntry): Head {
  return drafts.get(entry) ?? entry.head;
}

function nothing<T>(result: T): Plan<T> {
  return { writes: [], drafts: [], apply: () => result };
}

/** Messages at the end of a mailbox. */
function append(
  entry: MailboxEntry,
  before: Head,
  messages: readonly Omit<MessageRecord, "uid" | "modseq">[],
): Step & {
  readonly records: readonly MessageRecord[];
  readonly modseq: Modseq;
} {
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
    ...step(entry, modseq, after, encodeAppend(records)),
    records,
    modseq,
  };
}

/** Messages out of a mailbox. */
function expunge(
  entry: MailboxEntry,
  before: Head,
  uids: UidList,
): Step & { readonly modseq: Modseq } {
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
  return { ...step(entry, modseq, after, encodeExpunge(uids)), modseq };
}

/** Appending messages whose contents are stored. */
export function appendChange(
  entry: MailboxEntry,
  messages: readonly NewMessage[],
  stored: StoredContents,
  limits: StorageLimits,
  saveDate: number,
): Change<AppendResult> {
  const records = messages.map((message, index) => ({
    flags: unique(message.flags),
    size: message.source.length,
    internalDate: message.internalDate,
    saveDate,
    content: { home: entry.id, number: stored.first + index },
  }));
  return {
    uses: [uses(entry, "head")],
    plan(drafts) {
      const before = headIn(drafts, entry);
      checkFlags(entry.state, records.flatMap((r) => r.flags), limits);
      const appended = append(entry, before, records);
      if (appended.bytes > MAX_CHANGE_BYTES) {
        throw new StorageError("LIMIT", "Too many messages at once");
      }
      return {
        writes: [...stored.writes, ...appended.writes],
        checks: stored.checks,
        drafts: [draftOf(entry, appended.head)],
        apply() {
          const { modseq, records } = appended;
          appended.applied(entry.state.applyAppend(modseq, records));
          return { uids: Uint32Array.from(records, (r) => r.uid), modseq };
        },
      };
    },
  };
}

/** Flags without repeats, in whatever case. */
function unique(flags: readonly string[]): readonly string[] {
  const seen = new Map<string, string>();
  for (const flag of flags) {
    const lower = flag.toLowerCase();
    if (!seen.has(lower)) seen.set(lower, flag);
  }
  return [...seen.values()];
}

/** Changing flags. */
export function flagsChange(
  entry: MailboxEntry,
  uids: UidList,
  change: FlagChange,
  limits: StorageLimits,
): Change<StoreResult> {
  return {
    uses: [uses(entry, "alter")],
    plan(drafts) {
      const before = headIn(drafts, entry);
      const { state } = entry;
      if (change.mode !== "remove") checkFlags(state, change.flags, limits);
      const plan = planFlagChange(state, uids, change);
      const { changed, modified, missing } = plan;
      if (changed.length === 0) {
        return nothing({ changed, modified, missing, modseqs: [] });
      }
      const { modseq, head } = entry.advance(before);
      const after = {
        ...head,
        unseen: head.unseen + plan.unseen,
        deleted: head.deleted + plan.deleted,
      };
      const made = step(entry, modseq, after, encodeFlags(changed, change));
      return {
        writes: made.writes,
        drafts: [draftOf(entry, after)],
        apply() {
          const changer = state.flagTable.changer(change);
          made.applied(state.applyFlags(modseq, changed, changer));
          return { changed, modified, missing, modseqs: [modseq] };
        },
      };
    },
  };
}

/**
 * Expunging messages.
 * @param serial the first of as many serial numbers as the lists of their contents take
 */
export function expungeChange(
  entry: MailboxEntry,
  uids: UidList,
  serial: number,
  now: number,
): Change<ExpungeResult> {
  return {
    uses: [uses(entry, "alter")],
    plan(drafts) {
      const before = headIn(drafts, entry);
      const { state } = entry;
      const there = uids.filter((uid) => state.indexOf(uid) >= 0);
      if (there.length === 0) {
        return nothing({ uids: there, modseq: state.highestModseq });
      }
      const gone = expunge(entry, before, there);
      const lists = splitContents(contentsOf(state, there));
      return {
        writes: [
          ...gone.writes,
          ...numberedLists(now, lists, serial, garbageKey),
        ],
        drafts: [draftOf(entry, gone.head)],
        apply() {
          gone.applied(state.applyExpunge(gone.modseq, there));
          return { uids: there, modseq: gone.modseq };
        },
      };
    },
  };
}

/** What a copy or a move needs besides the mailboxes. */
export interface TransferOptions {
  /** The limits of the target. */
  readonly limits: StorageLimits;
  /** The time. */
  readonly now: number;
}

/**
 * Copying messages, all of them.
 * @param serial the first of as many serial numbers as the lists of their contents take
 */
export function copyChange(
  source: MailboxEntry,
  uids: UidList,
  target: MailboxEntry,
  serial: number,
  { limits, now }: TransferOptions,
): Change<CopyResult | typeof TOO_LARGE> {
  return {
    uses: source === target
      ? [uses(source, "read")]
      : [uses(source, "read"), uses(target, "head")],
    plan(drafts) {
      const { state } = source;
      headIn(drafts, source);
      const before = headIn(drafts, target);
      if (uids.some((uid) => state.indexOf(uid) < 0)) {
        throw new StorageError("EXPUNGEISSUED", "Some messages have gone");
      }
      const records = transferred(state, uids, target, limits, now);
      const copied = append(target, before, records);
      const lists = splitContents(contentsOf(state, uids));
      const shared = numberedLists(now, lists, serial, sharedKey);
      const bytes = shared.reduce(
        (sum, [, v]) => sum + v!.length,
        copied.bytes,
      );
      if (bytes > MAX_CHANGE_BYTES) return nothing(TOO_LARGE);
      return {
        writes: [...copied.writes, ...shared],
        drafts: [draftOf(target, copied.head)],
        apply() {
          const { modseq, records } = copied;
          copied.applied(target.state.applyAppend(modseq, records));
          return {
            source: uids,
            target: Uint32Array.from(records, (r) => r.uid),
          };
        },
      };
    },
  };
}

/** Moving the messages that are there, each in one commit on both sides. */
export function moveChange(
  source: MailboxEntry,
  uids: UidList,
  target: MailboxEntry,
  { limits, now }: TransferOptions,
): Change<CopyResult | typeof TOO_LARGE> {
  return {
    uses: source === target
      ? [uses(source, "alter")]
      : [uses(source, "alter"), uses(target, "head")],
    plan(drafts) {
      const { state } = source;
      const sourceHead = headIn(drafts, source);
      const before = headIn(drafts, target);
      const there = uids.filter((uid) => state.indexOf(uid) >= 0);
      if (there.length === 0) {
        return nothing({ source: there, target: new Uint32Array() });
      }
      const records = transferred(state, there, target, limits, now);
      const came = append(target, before, records);
      const same = source === target;
      const went = expunge(source, same ? came.head : sourceHead, there);
      if (came.bytes + went.bytes > MAX_CHANGE_BYTES) return nothing(TOO_LARGE);
      return {
        writes: [...came.writes, ...went.writes],
        drafts: same
          ? [draftOf(source, went.head)]
          : [draftOf(target, came.head), draftOf(source, went.head)],
        apply() {
          came.applied(target.state.applyAppend(came.modseq, came.records));
          went.applied(state.applyExpunge(went.modseq, there));
          return {
            source: there,
            target: Uint32Array.from(came.records, (r) => r.uid),
          };
        },
      };
    },
  };
}

/** Writing down which messages have been claimed as recent; undefined when that is known. */
export function recentChange(entry: MailboxEntry): Change<void> | undefined {
  if (!entry.loaded || entry.gone) return undefined;
  if (entry.state.firstRecent <= entry.head.firstRecent) return undefined;
  return {
    uses: [uses(entry, "head")],
    plan(drafts) {
      const before = headIn(drafts, entry);
      const { firstRecent, recent } = entry.advance(before).head;
      if (firstRecent === before.firstRecent) return nothing(undefined);
      const after = { ...before, firstRecent, recent };
      return { writes: [], drafts: [draftOf(entry, after)], apply() {} };
    },
  };
}

/** What messages become in another mailbox. */
function transferred(
  state: MailboxState,
  uids: UidList,
  target: MailboxEntry,
  limits: StorageLimits,
  saveDate: number,
): Omit<MessageRecord, "uid" | "modseq">[] {
  const flags = new Set<string>();
  let last: readonly string[] | undefined;
  const records = Array.from(uids, (uid) => {
    const record = { ...state.recordAt(state.indexOf(uid)), saveDate };
    if (record.flags !== last) {
      for (const flag of record.flags) flags.add(flag);
    }
    last = record.flags;
    return record;
  });
  checkFlags(target.state, [...flags], limits);
  return records;
}

/** Where the contents of messages are. */
function contentsOf(state: MailboxState, uids: UidList): ContentEntry[] {
  return Array.from(uids, (uid) => {
    const index = state.indexOf(uid);
    return { ...state.contentAt(index), size: state.sizes[index]! };
  });
}
