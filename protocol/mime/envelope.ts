/**
 * ENVELOPE (RFC 9051 § 7.5.2) from the header of a message.
 *
 * Values are Unicode text: the bytes as UTF-8 when they are that, else as windows-1252. Lines are unfolded
 * and bear no CR, LF or NUL; encoded words stay as they are. A field that must come once and comes again
 * counts the first time; address fields add up.
 *
 * @module
 */

import { type Address, parseAddresses } from "./address.ts";
import { FieldNames, fields, fieldValue } from "./header.ts";
import { MIME_LIMITS } from "./limits.ts";
import type { Part } from "./part.ts";

/** The envelope of a message. A string is null where the field is absent, a list empty. */
export interface Envelope {
  /** Date, as written. */
  readonly date: string | null;
  /** Subject. */
  readonly subject: string | null;
  /** From. */
  readonly from: readonly Address[];
  /** Sender; From where it is absent or empty. */
  readonly sender: readonly Address[];
  /** Reply-To; From where it is absent or empty. */
  readonly replyTo: readonly Address[];
  /** To. */
  readonly to: readonly Address[];
  /** Cc. */
  readonly cc: readonly Address[];
  /** Bcc. */
  readonly bcc: readonly Address[];
  /** In-Reply-To. */
  readonly inReplyTo: string | null;
  /** Message-ID. */
  readonly messageId: string | null;
  /** References, which IMAP's ENVELOPE has not. */
  readonly references: string | null;
}

/**
 * The envelope of a message.
 * @param bytes the whole message that `part` was read from
 * @param part the message, or one embedded in it
 */
export function envelope(bytes: Uint8Array, part: Part): Envelope {
  const texts = new Map<string, string>();
  const lists = new Map<string, Address[]>([
    ["from", []],
    ["sender", []],
    ["reply-to", []],
    ["to", []],
    ["cc", []],
    ["bcc", []],
  ]);
  const end = Math.min(
    part.bodyStart,
    part.headerStart + MIME_LIMITS.maxEnvelopeBytes,
  );
  for (const field of fields(bytes, part.headerStart, end, WANTED)) {
    const list = lists.get(field.name);
    if (list !== undefined) {
      const room = MIME_LIMITS.maxAddresses - list.length;
      if (room <= 0) continue;
      const value = fieldValue(bytes, field, MIME_LIMITS.maxAddressBytes);
      for (const address of parseAddresses(value, room)) list.push(address);
    } else if (TEXTS.has(field.name) && !texts.has(field.name)) {
      texts.set(
        field.name,
        fieldValue(bytes, field, MIME_LIMITS.maxFieldBytes),
      );
    }
  }
  const list = (name: string): readonly Address[] => lists.get(name) ?? [];
  const text = (name: string): string | null => texts.get(name) ?? null;
  const orFrom = (name: string) =>
    list(name).length > 0 ? list(name) : list("from");
  return {
    date: text("date"),
    subject: text("subject"),
    from: list("from"),
    sender: orFrom("sender"),
    replyTo: orFrom("reply-to"),
    to: list("to"),
    cc: list("cc"),
    bcc: list("bcc"),
    inReplyTo: text("in-reply-to"),
    messageId: text("message-id"),
    references: text("references"),
  };
}

const TEXTS: ReadonlySet<string> = new Set([
  "date",
  "subject",
  "in-reply-to",
  "message-id",
  "references",
]);
/** All fields that an envelope is made of. */
const WANTED = new FieldNames([
  ...TEXTS,
  ...["from", "sender", "reply-to", "to", "cc", "bcc"],
]);
