/**
 * Opening mailboxes that commands name.
 *
 * @module
 */

import { StorageError } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { No } from "./errors.ts";
import type { Session } from "./session.ts";

/**
 * Opens the mailbox that messages are to go to.
 * @throws {No} TRYCREATE when there is none, so that the client may create it (RFC 9051 § 6.3.12, § 6.4.7)
 */
export async function openTarget(
  session: Session,
  name: string,
): Promise<Mailbox> {
  try {
    return await session.account.openMailbox(name);
  } catch (error) {
    throw tryCreate(error);
  }
}

/** What an error of opening means to one who wants to put messages there. */
export function tryCreate(error: unknown): unknown {
  if (error instanceof StorageError && error.code === "NONEXISTENT") {
    return new No("TRYCREATE", "There is no such mailbox");
  }
  return error;
}
