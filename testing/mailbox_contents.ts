/**
 * What is in a mailbox, for a test to look at; and putting messages there.
 *
 * @module
 */

import { describe } from "../protocol/imap/summary.ts";
import { decodeWords } from "../protocol/mime/encoded_word.ts";
import { fields, fieldValue } from "../protocol/mime/header.ts";
import { StorageError } from "../storage/model.ts";
import type { Account, Mailbox, Storage } from "../storage/storage.ts";
import { timeOf } from "./clock.ts";
import { mailOf, type TestMail } from "./message.ts";

/**
 * A message in a mailbox.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type StoredMessage, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer();
 * await server.deliver("alice", "Subject: Hi\nX-Loop: yes\n\nHello\n");
 * const { messages } = await server.mailbox("alice");
 * const [mail]: readonly (StoredMessage | undefined)[] = messages;
 * assertEquals(mail?.subject, "Hi");
 * assertEquals(mail?.header("x-loop"), "yes");
 * assertEquals(mail?.flags, []);
 * ```
 */
export class StoredMessage {
  /** The whole message. */
  readonly bytes: Uint8Array;
  /** Its UID. */
  readonly uid: number;
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** INTERNALDATE. */
  readonly internalDate: Date;
  /** When it came into this mailbox (RFC 8514). */
  readonly saveDate: Date;

  /** A message with its facts. */
  constructor(
    bytes: Uint8Array,
    facts: Pick<
      StoredMessage,
      "uid" | "flags" | "internalDate" | "saveDate"
    >,
  ) {
    this.bytes = bytes;
    this.uid = facts.uid;
    this.flags = facts.flags;
    this.internalDate = facts.internalDate;
    this.saveDate = facts.saveDate;
  }

  /** The whole message as text, bytes that are no UTF-8 replaced. */
  get source(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** The size in bytes. */
  get size(): number {
    return this.bytes.length;
  }

  /** The decoded subject; empty where there is none. */
  get subject(): string {
    return this.header("Subject") ?? "";
  }

  /** The header: fields as they are named, values unfolded and decoded. */
  get headers(): readonly (readonly [name: string, value: string])[] {
    const { bytes } = this;
    return [...fields(bytes, 0, bytes.length)].map((field) => {
      const end = field.nameStart + field.name.length;
      const name = new TextDecoder().decode(
        bytes.subarray(field.nameStart, end),
      );
      return [name, decodeWords(fieldValue(bytes, field))];
    });
  }

  /** The value of the first field of a name, in any case; undefined where there is none. */
  header(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  }
}

/** A mailbox as it was when it was looked at. */
export interface MailboxContents {
  /** Its name. */
  readonly name: string;
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** UIDNEXT. */
  readonly uidNext: number;
  /** HIGHESTMODSEQ. */
  readonly highestModseq: number;
  /** The messages, in the order of their UIDs. */
  readonly messages: readonly StoredMessage[];
}

/**
 * Looks into a mailbox.
 * @throws {StorageError} NONEXISTENT
 */
export async function contentsOf(
  storage: Storage,
  user: string,
  name: string,
): Promise<MailboxContents> {
  return await withMailbox(storage, user, name, async (mailbox) => {
    await mailbox.refresh();
    const { state } = mailbox;
    const messages: StoredMessage[] = [];
    for await (const batch of mailbox.readSources(state.allUids())) {
      for (const { uid, bytes } of batch) {
        const index = state.indexOf(uid);
        if (index < 0) continue;
        const { flags, internalDate, saveDate } = state.recordAt(index);
        messages.push(
          new StoredMessage(bytes, {
            uid,
            flags,
            internalDate: new Date(internalDate),
            saveDate: new Date(saveDate),
          }),
        );
      }
    }
    const { uidValidity, uidNext, highestModseq } = state;
    return {
      name: mailbox.name,
      uidValidity,
      uidNext,
      highestModseq,
      messages,
    };
  });
}

/**
 * Puts messages into a mailbox, as one change; makes the mailbox where it is missing.
 * @param now INTERNALDATE of those that have none
 * @returns their UIDs
 */
export async function deliver(
  storage: Storage,
  user: string,
  name: string,
  mails: readonly TestMail[],
  now: number,
): Promise<number[]> {
  const prepared = mails.map(mailOf).map(({ source, flags, internalDate }) => ({
    ...describe(source),
    flags: flags ?? [],
    internalDate: internalDate === undefined ? now : timeOf(internalDate),
  }));
  await withAccount(storage, user, (account) => ensure(account, name));
  return await withMailbox(
    storage,
    user,
    name,
    async (mailbox) => [...(await mailbox.append(prepared)).uids],
  );
}

/** Makes a mailbox unless it is there, subscribes it, and gives it its special uses. */
export async function ensure(
  account: Account,
  name: string,
  specialUse: readonly string[] = [],
): Promise<void> {
  try {
    await account.createMailbox(name, { specialUse });
    await account.updateMailbox(name, { subscribed: true });
  } catch (error) {
    const there = error instanceof StorageError &&
      (error.code === "ALREADYEXISTS" || name.toUpperCase() === "INBOX");
    if (!there) throw error;
  }
}

/** Opens an account for as long as the work takes. */
export async function withAccount<T>(
  storage: Storage,
  user: string,
  work: (account: Account) => Promise<T>,
): Promise<T> {
  const account = await storage.openAccount(user);
  try {
    return await work(account);
  } finally {
    account.close();
  }
}

function withMailbox<T>(
  storage: Storage,
  user: string,
  name: string,
  work: (mailbox: Mailbox) => Promise<T>,
): Promise<T> {
  return withAccount(storage, user, async (account) => {
    const mailbox = await account.openMailbox(name);
    try {
      return await work(mailbox);
    } finally {
      mailbox.close();
    }
  });
}
