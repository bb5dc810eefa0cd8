/**
 * Replacing a message, whatever the storage can do.
 *
 * @module
 */

import {
  type AppendResult,
  type NewMessage,
  StorageError,
  type Uid,
} from "./model.ts";
import type { Mailbox } from "./storage.ts";

/**
 * Puts a message at the end of a mailbox and removes one of another, or of the same. Where that is not one change of the
 * storage, the new message is durable before the old one goes, and goes again when the old one does not.
 * @throws {StorageError} EXPUNGEISSUED when the old one has gone, and what appending and expunging throw
 */
export async function replaceMessage(
  mailbox: Mailbox,
  uid: Uid,
  message: NewMessage,
  target: Mailbox,
): Promise<AppendResult> {
  if (mailbox.replace !== undefined) {
    return await mailbox.replace(uid, message, target);
  }
  if (mailbox.state.indexOf(uid) < 0) throw expungeIssued();
  const appended = await target.append([message]);
  try {
    const { uids } = await mailbox.expunge(Uint32Array.of(uid));
    if (!uids.includes(uid)) throw expungeIssued();
  } catch (error) {
    if (appended.uids.length > 0) await target.expunge(appended.uids);
    throw error;
  }
  return appended;
}

function expungeIssued(): StorageError {
  return new StorageError("EXPUNGEISSUED", "The message has gone");
}
