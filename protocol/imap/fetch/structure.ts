/**
 * ENVELOPE, BODY and BODYSTRUCTURE as they go over the wire (RFC 9051 § 7.5.2, § 9).
 *
 * @module
 */

import type { Address } from "../../mime/address.ts";
import { type Envelope, envelope } from "../../mime/envelope.ts";
import type { Part } from "../../mime/parse.ts";
import type { Encoder } from "../../wire/encoder.ts";

/** env-date … env-message-id, in parentheses. */
export function writeEnvelope(out: Encoder, env: Envelope): void {
  out.open().nstring(env.date).sp().nstring(env.subject);
  for (
    const list of [
      env.from,
      env.sender,
      env.replyTo,
      env.to,
      env.cc,
      env.bcc,
    ]
  ) {
    out.sp();
    writeAddresses(out, list);
  }
  out.sp().nstring(env.inReplyTo).sp().nstring(env.messageId).close();
}

function writeAddresses(out: Encoder, addresses: readonly Address[]): void {
  if (addresses.length === 0) return void out.text("NIL");
  out.open();
  for (const { name, adl, mailbox, host } of addresses) {
    out.open().nstring(name).sp().nstring(adl).sp().nstring(mailbox).sp()
      .nstring(host).close();
  }
  out.close();
}

/**
 * body, in parentheses.
 * @param extended whether with the extension data that BODYSTRUCTURE has and BODY has not
 */
export function writeBody(
  out: Encoder,
  source: Uint8Array,
  part: Part,
  extended: boolean,
): void {
  out.open();
  if (part.type === "MULTIPART") {
    // body-type-mpart = 1*body SP media-subtype: one at the least, so an empty text stands for none.
    for (const child of part.children) writeBody(out, source, child, extended);
    if (part.children.length === 0) out.text(EMPTY_TEXT);
    out.sp().string(part.subtype);
    if (extended) {
      out.sp();
      writeParameters(out, part.parameters);
      writeExtension(out, part);
    }
  } else {
    // body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
    out.string(part.type).sp().string(part.subtype).sp();
    writeParameters(out, withCharset(part));
    out.sp().nstring(part.id).sp().nstring(part.description);
    out.sp().string(part.encoding).sp().number(part.bodyEnd - part.bodyStart);
    if (part.type === "MESSAGE" && isMessage(part.subtype)) {
      out.sp();
      writeEmbedded(out, source, part, extended);
      out.sp().number(part.bodyLines);
    } else if (part.type === "TEXT") out.sp().number(part.bodyLines);
    if (extended) {
      out.sp().nstring(part.md5);
      writeExtension(out, part);
    }
  }
  out.close();
}

const EMPTY_TEXT = '("TEXT" "PLAIN" ("charset" "us-ascii") NIL NIL "7BIT" 0 0)';
const EMPTY_ENVELOPE = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

/** media-message: RFC822, and GLOBAL of RFC 6532 (RFC 9051 § 9). */
function isMessage(subtype: string): boolean {
  return subtype === "RFC822" || subtype === "GLOBAL";
}

/** envelope SP body, of the message inside; empty ones where it could not be looked into. */
function writeEmbedded(
  out: Encoder,
  source: Uint8Array,
  part: Part,
  extended: boolean,
): void {
  if (part.message === null) {
    out.text(EMPTY_ENVELOPE).sp().text(EMPTY_TEXT);
  } else {
    writeEnvelope(out, envelope(source, part.message));
    out.sp();
    writeBody(out, source, part.message, extended);
  }
}

/** Text without a charset is US-ASCII (RFC 2045 § 5.2), which clients are told as if it were written there. */
function withCharset(part: Part): Part["parameters"] {
  const named = part.type !== "TEXT" ||
    part.parameters.some(([name]) => /^charset\*?$/i.test(name));
  return named
    ? part.parameters
    : [...part.parameters, ["charset", "us-ascii"]];
}

/** body-fld-param: never an empty list, never NIL for a value. */
function writeParameters(
  out: Encoder,
  parameters: readonly (readonly [string, string])[],
): void {
  if (parameters.length === 0) return void out.text("NIL");
  out.open();
  parameters.forEach(([name, value], index) => {
    if (index > 0) out.sp();
    out.string(name).sp().string(value);
  });
  out.close();
}

/** SP body-fld-dsp SP body-fld-lang SP body-fld-loc */
function writeExtension(out: Encoder, part: Part): void {
  out.sp();
  if (part.disposition === null) out.text("NIL");
  else {
    out.open().string(part.disposition.type).sp();
    writeParameters(out, part.disposition.parameters);
    out.close();
  }
  out.sp();
  if (part.language.length === 0) out.text("NIL");
  else if (part.language.length === 1) out.string(part.language[0]!);
  else {
    out.open();
    part.language.forEach((tag, index) => {
      if (index > 0) out.sp();
      out.string(tag);
    });
    out.close();
  }
  out.sp().nstring(part.location);
}
