/**
 * The attributes of messages by which SORT and THREAD put them in order.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Address } from "../../mime/address.ts";
import { decodeWords } from "../../mime/encoded_word.ts";
import { MIME_LIMITS } from "../../mime/limits.ts";
import { unicodeCasemap } from "../unicode_casemap.ts";
import { NumberColumn, TextColumn } from "./column.ts";
import type { AddressField } from "./message_facts.ts";
import type { Attribute } from "./order_index.ts";
import { ReferenceColumn } from "./reference_column.ts";

/** The sent date, in seconds (RFC 5256 § 2.2). */
export const SENT: Attribute<NumberColumn> = () =>
  new NumberColumn((facts) => Math.floor(facts.sent / 1_000));

/** The base subject (RFC 5256 § 2.1). */
export const SUBJECT: Attribute<TextColumn> = () =>
  new TextColumn((facts) => prepared(facts.subject.text));

/** Whether it is a reply or forward, 1 or 0 (RFC 5256 § 3, REFERENCES). */
export const REPLIES: Attribute<NumberColumn> = () =>
  new NumberColumn((facts) => facts.subject.isReplyOrForward ? 1 : 0);

/** What it refers to (RFC 5256 § 3, REFERENCES). */
export const REFERENCES: Attribute<ReferenceColumn> = () =>
  new ReferenceColumn();

/** "[IMAP] addr-mailbox of the first ... address" (RFC 5256 § 3). */
export const FROM: Attribute<TextColumn> = ofAddress("from", mailboxOf);
/** The same of To. */
export const TO: Attribute<TextColumn> = ofAddress("to", mailboxOf);
/** The same of Cc. */
export const CC: Attribute<TextColumn> = ofAddress("cc", mailboxOf);

/** What is shown of who wrote (RFC 5957 § 3, § 4). */
export const DISPLAY_FROM: Attribute<TextColumn> = ofAddress("from", displayOf);
/** The same of the first who gets it. */
export const DISPLAY_TO: Attribute<TextColumn> = ofAddress("to", displayOf);

/** A text of the first address of a field; where there is none, the empty string (RFC 5256 § 3, RFC 5957 § 4). */
function ofAddress(
  field: AddressField,
  textOf: (address: Address) => string,
): Attribute<TextColumn> {
  return () =>
    new TextColumn((facts) => {
      const address = facts.firstAddress(field);
      return address === undefined ? "" : prepared(textOf(address));
    });
}

/** addr-mailbox; that of the beginning of a group is a phrase (RFC 9051 § 7.5.2), which may have encoded words. */
function mailboxOf({ mailbox, host }: Address): string {
  const text = mailbox ?? "";
  return host === null ? decodeWords(text) : text;
}

/** The sort value of an address by RFC 5957 § 3. */
function displayOf(address: Address): string {
  const { name, mailbox, host } = address;
  const shown = name === null ? "" : decodeWords(name);
  if (shown !== "") return shown;
  return mailbox !== null && host !== null
    ? `${mailbox}@${host}`
    : mailboxOf(address);
}

/** A text as it is compared, as much of it as counts. */
function prepared(text: string): string {
  const { maxSortText } = MIME_LIMITS;
  const whole = unicodeCasemap(text.slice(0, maxSortText));
  // A part of a string would keep the whole of it in memory.
  return whole.length <= maxSortText
    ? whole
    : Buffer.from(whole.slice(0, maxSortText), "utf16le").toString("utf16le");
}
