/**
 * The mailbox that mail goes into.
 *
 * @module
 */

import { StorageError } from "../../storage/model.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";

/**
 * Opens a mailbox, and makes it where it is missing.
 * @param attributes what a mailbox gets that is made now
 * @throws {StorageError} CANNOT, LIMIT when it cannot be made
 */
export async function openOrCreate(
  account: Account,
  name: string,
  attributes: {
    readonly subscribed?: boolean | undefined;
    readonly specialUse?: readonly string[] | undefined;
  } = {},
): Promise<Mailbox> {
  const { subscribed, specialUse } = attributes;
  try {
    await account.createMailbox(
      name,
      specialUse === undefined ? {} : { specialUse },
    );
    if (subscribed === true) await account.updateMailbox(name, { subscribed });
  } catch (error) {
    const there = error instanceof StorageError &&
      error.code === "ALREADYEXISTS";
    if (!there) throw error;
  }
  return await account.openMailbox(name);
}
