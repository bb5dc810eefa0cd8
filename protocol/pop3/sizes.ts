/**
 * The sizes of messages as they go over the wire (RFC 1939 § 11): with CRLF at the end of every line, and without
 * the dots that are stuffed in.
 *
 * That is the size in the mailbox but for messages that have a bare LF or no line end at their end, and only who
 * reads a message knows. So each is read once a process, when a maildrop is opened; of a large mailbox that nobody
 * has opened yet, so much at a time that a login does not wait for it, the oldest first. Until its turn has come,
 * a message has the size that the mailbox says.
 *
 * @module
 */

import type { MailboxState } from "../../storage/mailbox_state.ts";
import type { UidList } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { lineEndGrowth } from "./line_end_growth.ts";

/** How many bytes are read for one login, not counting the last message. */
const BUDGET = 32 * 1_048_576;
/** How many messages. */
const MAX_MESSAGES = 20_000;
/** How many messages may be known to have gone before they are forgotten. */
const MAX_GONE = 1_000;

/** What is known of a mailbox. */
interface Measured {
  /** What messages gain, of those that gain something. */
  readonly growth: Map<number, number>;
  /** The last message that has been read. */
  last: number;
  /** Settles when nobody is reading. */
  turn: Promise<void>;
}

const mailboxes = new WeakMap<MailboxState, Measured>();

/**
 * Reads messages that nobody has read yet.
 * @returns by UID, what messages gain on the wire, as far as it is known; nobody changes it any more
 */
export async function measure(
  mailbox: Mailbox,
): Promise<ReadonlyMap<number, number>> {
  let measured = mailboxes.get(mailbox.state);
  if (measured === undefined) {
    measured = { growth: new Map(), last: 0, turn: Promise.resolve() };
    mailboxes.set(mailbox.state, measured);
  }
  const known = measured;
  const read = known.turn.then(() => readNew(mailbox, known));
  known.turn = read.catch(() => {});
  await read;
  return new Map(known.growth);
}

async function readNew(mailbox: Mailbox, known: Measured): Promise<void> {
  const { growth } = known;
  const { state } = mailbox;
  const uids = nextToRead(state, known.last);
  if (uids.length === 0) return;
  for await (const batch of mailbox.readSources(uids)) {
    for (const { uid, bytes } of batch) {
      const gain = lineEndGrowth(bytes);
      if (gain > 0) growth.set(uid, gain);
    }
  }
  known.last = uids.at(-1)!;
  if (growth.size <= state.length + MAX_GONE) return;
  for (const uid of growth.keys()) {
    if (state.indexOf(uid) < 0) growth.delete(uid);
  }
}

/** The oldest messages above a UID, as many as are to be read at a time. */
function nextToRead(state: MailboxState, last: number): UidList {
  const { length, sizes, uids } = state;
  let from = length;
  while (from > 0 && uids[from - 1]! > last) from--;
  let to = from;
  for (let bytes = 0; to < length && to - from < MAX_MESSAGES; to++) {
    if (bytes >= BUDGET) break;
    bytes += sizes[to]!;
  }
  return uids.slice(from, to);
}
