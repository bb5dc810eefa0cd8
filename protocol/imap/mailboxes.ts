/**
 * Opening mailboxes that commands name.
 *
 * @module
 */

import { type MailboxInfo, StorageError } from "../../storage/model.ts";
import { tryParseName } from "../../storage/names.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { Decoder } from "../wire/decoder.ts";
import { listResponse } from "./commands/list.ts";
import { No } from "./errors.ts";
import type { Session } from "./session.ts";

/** A mailbox name, as it is kept and, where the client wrote it otherwise, as it was written. */
export interface MailboxArgument {
  /** The name in its normal form. */
  readonly name: string;
  /** The same name as the client spelled it, when that differs (RFC 9051 § 5.1). */
  readonly spelled: string | undefined;
}

/** mailbox */
export function mailboxArgument(d: Decoder): MailboxArgument {
  const name = d.mailbox();
  return { name, spelled: d.lastDenormalized };
}

/** Tells the client by a LIST response under which name it will meet a mailbox (RFC 9051 § 6.3.9.7). */
export async function announceName(
  session: Session,
  { name, spelled }: MailboxArgument,
): Promise<void> {
  listResponse(session, await infoOf(session, name), { oldName: spelled });
}

/**
 * In IMAP4rev2 a client that spelled a name otherwise is told: by CREATE, DELETE, RENAME and APPEND (RFC 9051 § 6.3.4,
 * § 6.3.5, § 6.3.6, § 6.3.12), and by what is APPEND in part.
 */
export async function announceSpelling(
  session: Session,
  mailbox: MailboxArgument,
): Promise<void> {
  if (session.rev2 && mailbox.spelled !== undefined) {
    await announceName(session, mailbox);
  }
}

/** What there is to tell of a mailbox, or of the name alone where there is none. */
export async function infoOf(
  session: Session,
  name: string,
): Promise<MailboxInfo> {
  return await session.account.mailbox(name) ??
    { name, specialUse: [], subscribed: false, hasChildren: false };
}

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
    throw tryCreate(session, name, error);
  }
}

/** The same for a name that the client may have spelled otherwise: it is told before anything is done. */
export async function openSpelledTarget(
  session: Session,
  mailbox: MailboxArgument,
): Promise<Mailbox> {
  const target = await openTarget(session, mailbox.name);
  try {
    await announceSpelling(session, mailbox);
    return target;
  } catch (error) {
    target.close();
    throw error;
  }
}

/** What an error of opening means to one who wants to put messages there. */
export function tryCreate(
  session: Session,
  name: string,
  error: unknown,
): unknown {
  if (!(error instanceof StorageError) || error.code !== "NONEXISTENT") {
    return error;
  }
  const { hierarchyDelimiter } = session.host.storage;
  return tryParseName(name, hierarchyDelimiter) === undefined
    ? new No("CANNOT", "No mailbox can have this name")
    : new No("TRYCREATE", "There is no such mailbox");
}
