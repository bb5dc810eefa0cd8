/**
 * Copies and moves messages between mailboxes of which at least one is behind callbacks.
 *
 * Where both are stored, the storage does it. Else the messages are read, all of them before the first is
 * appended, and for a move deleted once they are there: whatever fails, no message is lost (RFC 6851 § 3.3).
 *
 * @module
 */

import { describe } from "../../protocol/imap/summary.ts";
import type { MailboxState } from "../../storage/mailbox_state.ts";
import {
  type CopyResult,
  type MessageBytes,
  type NewMessage,
  StorageError,
  type UidList,
} from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { CopiedMessage, MessageKey } from "./events.ts";

/** How many bytes of messages may be read before they are appended. */
const MAX_BYTES = 64 * 1_048_576;

/** A mailbox as a copy goes through it. */
export interface CopyRoute {
  /** Its state. */
  readonly state: MailboxState;
  /** The mailbox in the storage below, where that alone holds the messages. */
  readonly stored: Mailbox | undefined;
  /** See {@linkcode Mailbox.readSources}. */
  readSources(uids: UidList): AsyncIterable<readonly MessageBytes[]>;
  /** Takes messages in; gives their UIDs, or nothing where those are not known. */
  receive(messages: readonly NewMessage[]): Promise<UidList>;
  /** Refuses when messages cannot be removed. @throws {StorageError} CANNOT */
  assertRemovable(uids: UidList): void;
  /** Removes messages that have moved. */
  removeMoved(uids: UidList): Promise<void>;
}

/**
 * Copies or moves messages that are there.
 * @throws {StorageError} EXPUNGEISSUED, LIMIT, CANNOT, or what the target refuses with
 */
export async function transferThrough(
  source: CopyRoute,
  target: CopyRoute,
  uids: UidList,
  move: boolean,
): Promise<CopyResult> {
  if (source.stored !== undefined && target.stored !== undefined) {
    return move
      ? await source.stored.moveTo(uids, target.stored)
      : await source.stored.copyTo(uids, target.stored);
  }
  return move
    ? await moveThrough(source, target, uids)
    : await copyThrough(source, target, uids);
}

async function copyThrough(
  source: CopyRoute,
  target: CopyRoute,
  uids: UidList,
): Promise<CopyResult> {
  const { there, messages } = await read(source, uids);
  if (there.length < uids.length) {
    throw new StorageError("EXPUNGEISSUED", "Some messages have gone");
  }
  return resultOf(there, await target.receive(messages));
}

/** Messages that are being moved, by the state of their mailbox. */
const moving = new WeakMap<MailboxState, Set<number>>();

/** Moves messages; those that another move has begun with are as good as gone. */
async function moveThrough(
  source: CopyRoute,
  target: CopyRoute,
  uids: UidList,
): Promise<CopyResult> {
  source.assertRemovable(uids);
  const taken = moving.get(source.state) ?? new Set();
  moving.set(source.state, taken);
  const mine = uids.filter((uid) => !taken.has(uid));
  for (const uid of mine) taken.add(uid);
  try {
    const { there, messages } = await read(source, mine);
    if (there.length === 0) return { source: there, target: there };
    const copies = await target.receive(messages);
    await source.removeMoved(there);
    return resultOf(there, copies);
  } finally {
    for (const uid of mine) taken.delete(uid);
  }
}

function resultOf(source: UidList, target: UidList): CopyResult {
  return source.length === target.length
    ? { source, target }
    : { source: new Uint32Array(0), target: new Uint32Array(0) };
}

async function read(
  source: CopyRoute,
  uids: UidList,
): Promise<{ there: UidList; messages: NewMessage[] }> {
  const { state } = source;
  const messages: NewMessage[] = [];
  const there: number[] = [];
  let size = 0;
  for (const uid of uids) size += state.sizes[state.indexOf(uid)] ?? 0;
  if (size > MAX_BYTES) {
    throw new StorageError("LIMIT", "Too much to copy in one go");
  }
  for await (const batch of source.readSources(uids)) {
    for (const { uid, bytes } of batch) {
      const index = state.indexOf(uid);
      if (index < 0) continue;
      there.push(uid);
      messages.push({
        ...describe(bytes),
        flags: state.flagsAt(index).flags,
        internalDate: state.internalDates[index]!,
      });
    }
  }
  return { there: Uint32Array.from(there), messages };
}

/**
 * What a callback says it has copied. If any of it cannot be, nothing is said: a wrong COPYUID would be
 * worse than none (RFC 4315 § 3).
 */
export function copyResult(
  answer: readonly CopiedMessage[] | void,
  uids: UidList,
  target: { find(key: MessageKey): number | undefined },
): CopyResult {
  const nothing = { source: new Uint32Array(0), target: new Uint32Array(0) };
  if (!Array.isArray(answer)) return nothing;
  const copies = new Map<number, number>();
  for (const { uid, copy } of answer as readonly CopiedMessage[]) {
    const found = copy && target.find(copy);
    if (found === undefined || copies.has(uid)) return nothing;
    copies.set(uid, found);
  }
  const source = uids.filter((uid) => copies.has(uid));
  const found = Uint32Array.from(source, (uid) => copies.get(uid)!);
  const ascends = found.every((uid, place) =>
    place === 0 || uid > found[place - 1]!
  );
  return ascends && source.length === copies.size
    ? { source, target: found }
    : nothing;
}
