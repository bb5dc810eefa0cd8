/**
 * Putting one message at the end of several mailboxes, as a plan: one commit, each mailbox for itself.
 *
 * The content is written by the first such change that some mailbox takes part in. Those after it go by a
 * message that has the content already: it is checked like the source of a copy, so that the content cannot
 * have been given up meanwhile.
 *
 * @module
 */

import { checkFlags } from "../flag_change.ts";
import type { StorageLimits } from "../limits.ts";
import type { MessageRecord } from "../mailbox_state.ts";
import {
  type AppendResult,
  type ContentId,
  StorageError,
  type Uid,
} from "../model.ts";
import { type Change, draftOf, type Drafts } from "./batch.ts";
import { MAX_CHANGE_BYTES } from "./commit.ts";
import { splitContents } from "./content_list.ts";
import { numberedLists, type StoredContents } from "./contents.ts";
import { sharedKey } from "./keys.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import { appendStep, headIn, nothing, type Step, uses } from "./steps.ts";

/** What a plan gives where the message that it goes by has gone. */
export const GONE = Symbol("gone");

/** A mailbox that is to have the message. */
export interface Recipient {
  /** The mailbox. */
  readonly entry: MailboxEntry;
  /** How often it is to have it. */
  readonly times: number;
  /** The thread that it is in there. */
  readonly thread: number;
}

/** A message that has the content. */
export interface Holder {
  /** The mailbox that it is in. */
  readonly entry: MailboxEntry;
  /** Its UID. */
  readonly uid: Uid;
}

/** Where the content comes from: it is written with the change, or a message has it. */
export type Origin = StoredContents | Holder;

/** A mailbox has taken the message. */
export interface Taken extends AppendResult {
  /** The content that its messages have. */
  readonly content: ContentId;
}

/** What a delivery came to, by mailbox; a refusal is an error. */
export type Outcome = ReadonlyMap<MailboxEntry, Taken | StorageError>;

/** What the plans of a delivery need besides the mailboxes. */
export interface DeliverOptions {
  /** The limits of the mailboxes. */
  readonly limits: StorageLimits;
  /** The time. */
  readonly now: number;
  /** The first of as many serial numbers as lists of so many contents take. */
  readonly serial: number;
}

/** The message as the log has it, without what each mailbox gives it. */
export type Delivered = Omit<MessageRecord, "uid" | "modseq" | "thread">;

/**
 * Delivering to several mailboxes, each of which is there once and takes the message or refuses it.
 * @param origin where the content comes from; a message that has it is in none of the mailboxes
 */
export function deliverChange(
  recipients: readonly Recipient[],
  message: Delivered,
  origin: Origin,
  options: DeliverOptions,
): Change<Outcome | typeof GONE> {
  const holder = "uid" in origin ? origin : undefined;
  const isGone = ({ entry, uid }: Holder) =>
    entry.gone || entry.state.indexOf(uid) < 0;
  return {
    // What has been found gone has nothing that could be checked.
    get uses() {
      const there = recipients.filter(({ entry }) => !entry.gone)
        .map(({ entry }) => uses(entry, "head"));
      return holder === undefined || holder.entry.gone
        ? there
        : [uses(holder.entry, "read"), ...there];
    },
    plan(drafts) {
      if (holder !== undefined && isGone(holder)) return nothing(GONE);
      const { taken, refused } = planEach(recipients, message, drafts, options);
      if (taken.length === 0) return nothing(refused);
      const times = taken.reduce((sum, { records }) => sum + records.length, 0);
      const { content, size } = message;
      const shared = Array.from(
        { length: holder === undefined ? times - 1 : times },
        () => ({ ...content, size }),
      );
      const stored = holder === undefined ? origin as StoredContents : NOTHING;
      return {
        writes: [
          ...stored.writes,
          ...taken.flatMap(({ writes }) => writes),
          ...numberedLists(
            options.now,
            splitContents(shared),
            options.serial,
            sharedKey,
          ),
        ],
        checks: stored.checks,
        drafts: taken.map(({ entry, head }) => draftOf(entry, head)),
        apply() {
          const outcome = new Map<MailboxEntry, Taken | StorageError>(refused);
          for (const { entry, modseq, records, applied } of taken) {
            applied(entry.state.applyAppend(modseq, records));
            const uids = Uint32Array.from(records, ({ uid }) => uid);
            outcome.set(entry, { uids, modseq, content });
          }
          return outcome;
        },
      };
    },
  };
}

const NOTHING: Pick<StoredContents, "writes" | "checks"> = {
  writes: [],
  checks: [],
};

/** A mailbox that takes the message. */
interface Taking extends Step {
  readonly entry: MailboxEntry;
  readonly records: readonly MessageRecord[];
}

/** Asks each mailbox whether it takes the message. */
function planEach(
  recipients: readonly Recipient[],
  message: Delivered,
  drafts: Drafts,
  { limits }: DeliverOptions,
): { taken: Taking[]; refused: Map<MailboxEntry, StorageError> } {
  const taken: Taking[] = [];
  const refused = new Map<MailboxEntry, StorageError>();
  for (const { entry, times, thread } of recipients) {
    try {
      const before = headIn(drafts, entry);
      checkFlags(entry.state, message.flags, limits);
      const records = Array.from({ length: times }, () => ({
        ...message,
        thread,
      }));
      const step = appendStep(entry, before, records);
      if (step.bytes > MAX_CHANGE_BYTES / 2) {
        throw new StorageError("LIMIT", "Too many messages at once");
      }
      taken.push({ entry, ...step });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      refused.set(entry, error);
    }
  }
  return { taken, refused };
}
