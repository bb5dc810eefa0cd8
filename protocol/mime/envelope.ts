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
import { RangeTexts } from "./bytes.ts";
import { eachField, FieldNames, unfold } from "./header.ts";
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
  const texts: (string | undefined)[] = [];
  const lists: Address[][] = [[], [], [], [], [], []];
  const end = Math.min(
    part.bodyStart,
    part.headerStart + MIME_LIMITS.maxEnvelopeBytes,
  );
  const header = new RangeTexts(bytes, part.headerStart, end);
  const value = (from: number, to: number, maxBytes: number) =>
    unfold(header.text(from, Math.min(to, from + maxBytes)));
  eachField(bytes, part.headerStart, end, WANTED, (name, _, from, to) => {
    if (name < 0) return;
    const list = lists[name];
    if (list !== undefined) {
      const room = MIME_LIMITS.maxAddresses - list.length;
      if (room <= 0) return;
      const text = value(from, to, MIME_LIMITS.maxAddressBytes);
      for (const address of parseAddresses(text, room)) list.push(address);
    } else texts[name] ??= value(from, to, MIME_LIMITS.maxFieldBytes);
  });
  const list = (name: ListName): readonly Address[] =>
    lists[LISTS.indexOf(name)]!;
  const text = (name: TextName): string | null =>
    texts[LISTS.length + TEXTS.indexOf(name)] ?? null;
  const orFrom = (name: ListName) =>
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

/** The fields that an envelope is made of: lists of addresses, and texts. */
const LISTS = ["from", "sender", "reply-to", "to", "cc", "bcc"] as const;
const TEXTS = [
  "date",
  "subject",
  "in-reply-to",
  "message-id",
  "references",
] as const;
type ListName = typeof LISTS[number];
type TextName = typeof TEXTS[number];
/** All of them; what stands at one's number is found there. */
const WANTED = new FieldNames([...LISTS, ...TEXTS]);
