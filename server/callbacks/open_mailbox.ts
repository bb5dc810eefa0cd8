/**
 * Opens mailboxes: a stored one, or one whose messages the callbacks list.
 *
 * @module
 */

import { StorageError } from "../../storage/model.ts";
import { INBOX } from "../../storage/names.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import type { NamesNow } from "./names.ts";
import type { SharedAccount } from "./shared_account.ts";
import { StoredMailbox } from "./stored_mailbox.ts";
import { nextTick } from "./virtual_box.ts";
import { askForMessages, measure } from "./virtual_list.ts";
import type { VirtualMailbox } from "./virtual_mailbox.ts";

/** Opens a mailbox that there is, here or below. */
export async function openMailbox(
  shared: SharedAccount,
  account: Account | undefined,
  name: string,
  names: NamesNow,
): Promise<StoredMailbox | VirtualMailbox> {
  const { context, boxes } = shared;
  const listed = names.listed(name);
  const there = boxes.get(name);
  const readOnly = listed?.readOnly ?? false;
  const uidValidity = listed?.uidValidity ?? there?.state.uidValidity;
  if (there !== undefined && there.state.uidValidity !== uidValidity) {
    // The callbacks have begun to number the mailbox anew.
    boxes.retire(name);
    shared.forget(name);
  } else if (there !== undefined) {
    there.readOnly = readOnly;
    const handle = boxes.open(there);
    try {
      await there.refresh();
      return handle;
    } catch (error) {
      handle.close();
      throw error;
    }
  }
  const below = await openBelow(account, name);
  let used = false;
  try {
    const stored = below !== undefined;
    if (stored && context.callbacks.getMessages === undefined) {
      used = true;
      return new StoredMailbox(context, below, readOnly);
    }
    const asked = nextTick();
    const listing = await askForMessages(context, name, below);
    if (listing === undefined) {
      used = true;
      return new StoredMailbox(context, below!, readOnly);
    }
    const nothing = { name, below, has: () => false };
    const measured = await measure(context, nothing, listing);
    let box = boxes.get(name);
    if (box === undefined) {
      const identity = shared.identityOf(name);
      box = boxes.make(name, identity, listed, below, measured);
      used = true;
    }
    box.readOnly = readOnly;
    box.apply(measured, asked);
    return boxes.open(box);
  } finally {
    if (!used) below?.close();
  }
}

async function openBelow(
  account: Account | undefined,
  name: string,
): Promise<Mailbox | undefined> {
  try {
    return await account?.openMailbox(name);
  } catch (error) {
    // A storage that has no INBOX has no account any more.
    const none = error instanceof StorageError &&
      error.code === "NONEXISTENT" && name !== INBOX;
    if (none) return undefined;
    throw error;
  }
}
