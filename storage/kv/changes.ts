/**
 * The changes to mailboxes, as plans: what the log and the head become, and the state afterwards.
 *
 * @module
 */

import { checkFlags, NO_FLAGS, planFlagChange } from "../flag_change.ts";
import type { StorageLimits } from "../limits.ts";
import type { MailboxState, MessageRecord } from "../mailbox_state.ts";
import {
  type AppendResult,
  type CopyResult,
  type ExpungeResult,
  type FlagChange,
  type NewMessage,
  StorageError,
  type StoreResult,
  type UidList,
} from "../model.ts";
import { type Change, draftOf } from "./batch.ts";
import { MAX_CHANGE_BYTES } from "./commit.ts";
import type { CopyUnderway } from "./copy_underway.ts";
import { type ContentEntry, splitContents } from "./content_list.ts";
import { numberedLists, type StoredContents } from "./contents.ts";
import { garbageKey, sharedKey } from "./keys.ts";
import { encodeFlags } from "./log_record.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import {
  appendStep,
  expungeStep,
  headIn,
  logStep,
  nothing,
  uniqueFlags,
  uses,
} from "./steps.ts";

/** What a plan gives where the change has to be cut into smaller ones. */
export const TOO_LARGE = Symbol("too large");

/** What an append needs besides the mailbox and the contents. */
export interface AppendOptions extends TransferOptions {
  /** The thread of each message. */
  readonly threads: readonly number[];
}

/** Appending messages whose contents are stored. */
export function appendChange(
  entry: MailboxEntry,
  messages: readonly NewMessage[],
  stored: StoredContents,
  { limits, now: saveDate, threads }: AppendOptions,
): Change<AppendResult> {
  const records = appendRecords(entry, messages, stored, saveDate, threads);
  return {
    uses: [uses(entry, "head")],
    plan(drafts) {
      const before = headIn(drafts, entry);
      checkFlags(entry.state, records.flatMap((r) => r.flags), limits);
      const appended = appendStep(entry, before, records);
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
      const made = logStep(entry, modseq, after, encodeFlags(changed, change));
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

/** A change of a mailbox, and of no message: it gets a modseq (RFC 7162 § 3.2.3). */
export function touchChange(entry: MailboxEntry): Change<void> {
  const nobody = new Uint32Array();
  return {
    uses: [uses(entry, "head")],
    plan(drafts) {
      const { modseq, head } = entry.advance(headIn(drafts, entry));
      const record = encodeFlags(nobody, NO_FLAGS);
      const made = logStep(entry, modseq, head, record);
      return {
        writes: made.writes,
        drafts: [draftOf(entry, head)],
        apply() {
          const { state } = entry;
          const changer = state.flagTable.changer(NO_FLAGS);
          made.applied(state.applyFlags(modseq, nobody, changer));
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
      const gone = expungeStep(entry, before, there);
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

/** What a change that puts messages somewhere needs besides the mailboxes. */
export interface TransferOptions {
  /** The limits of the target. */
  readonly limits: StorageLimits;
  /** The time. */
  readonly now: number;
}

/** What a change that copies needs besides the mailboxes. */
export interface CopyOptions extends TransferOptions {
  /** The first of as many serial numbers as the lists of the messages' contents take. */
  readonly serial: number;
  /** The copy that it is a part of, where that takes several commits. */
  readonly underway: CopyUnderway | undefined;
  /** Whether it is the last part. */
  readonly last: boolean;
}

/** Copying messages, all of them. */
export function copyChange(
  source: MailboxEntry,
  uids: UidList,
  target: MailboxEntry,
  { serial, underway, last, limits, now }: CopyOptions,
): Change<CopyResult | typeof TOO_LARGE> {
  return {
    uses: [
      uses(source, "read"),
      ...(source === target ? [] : [uses(target, "head")]),
      ...(underway ? [{ subject: underway, as: "whole" } as const] : []),
    ],
    plan(drafts) {
      const { state } = source;
      headIn(drafts, source);
      const before = headIn(drafts, target);
      if (uids.some((uid) => state.indexOf(uid) < 0)) {
        throw new StorageError("EXPUNGEISSUED", "Some messages have gone");
      }
      const records = transferred(state, uids, target, limits, now);
      const copied = appendStep(target, before, records);
      const lists = splitContents(contentsOf(state, uids));
      const shared = numberedLists(now, lists, serial, sharedKey);
      const bytes = shared.reduce(
        (sum, [, v]) => sum + v!.length,
        copied.bytes,
      );
      if (bytes > MAX_CHANGE_BYTES) return nothing(TOO_LARGE);
      const made = [draftOf(target, copied.head)];
      if (underway !== undefined) {
        const range = [before.uidNext, copied.head.uidNext - 1] as const;
        made.push(draftOf(underway, underway.next(range, now, last)));
      }
      return {
        writes: [...copied.writes, ...shared],
        drafts: made,
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
      const came = appendStep(target, before, records);
      const same = source === target;
      const went = expungeStep(source, same ? came.head : sourceHead, there);
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

/** What replacing a message needs besides the mailboxes. */
export interface ReplaceOptions extends AppendOptions {
  /** The message that comes. */
  readonly message: NewMessage;
  /** Its content. */
  readonly stored: StoredContents;
  /** A serial number for the list of the content that goes. */
  readonly serial: number;
}

/** Appending a message to one mailbox and expunging one of another, or of the same, in one commit. */
export function replaceChange(
  source: MailboxEntry,
  uid: number,
  target: MailboxEntry,
  { message, stored, serial, limits, now, threads }: ReplaceOptions,
): Change<AppendResult> {
  const records = appendRecords(target, [message], stored, now, threads);
  const same = source === target;
  return {
    uses: same
      ? [uses(source, "alter")]
      : [uses(source, "alter"), uses(target, "head")],
    plan(drafts) {
      const { state } = source;
      const gone = Uint32Array.of(uid);
      const sourceHead = headIn(drafts, source);
      const before = headIn(drafts, target);
      if (state.indexOf(uid) < 0) {
        throw new StorageError("EXPUNGEISSUED", "The message has gone");
      }
      checkFlags(target.state, message.flags, limits);
      const came = appendStep(target, before, records);
      const went = expungeStep(source, same ? came.head : sourceHead, gone);
      const lists = splitContents(contentsOf(state, gone));
      return {
        writes: [
          ...stored.writes,
          ...came.writes,
          ...went.writes,
          ...numberedLists(now, lists, serial, garbageKey),
        ],
        checks: stored.checks,
        drafts: same
          ? [draftOf(source, went.head)]
          : [draftOf(target, came.head), draftOf(source, went.head)],
        apply() {
          const { modseq, records } = came;
          came.applied(target.state.applyAppend(modseq, records));
          went.applied(state.applyExpunge(went.modseq, gone));
          return { uids: Uint32Array.from(records, (r) => r.uid), modseq };
        },
      };
    },
  };
}

/** Messages whose contents are stored, as they are put into a mailbox. */
function appendRecords(
  entry: MailboxEntry,
  messages: readonly NewMessage[],
  stored: StoredContents,
  saveDate: number,
  threads: readonly number[],
): Omit<MessageRecord, "uid" | "modseq">[] {
  return messages.map((message, index) => ({
    flags: uniqueFlags(message.flags),
    size: message.source.length,
    internalDate: message.internalDate,
    saveDate,
    thread: threads[index]!,
    content: { home: entry.id, number: stored.first + index },
  }));
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
