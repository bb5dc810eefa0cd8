/**
 * Headers in ASCII, for clients that have not asked for UTF-8 (RFC 6856 § 2.1): the surrogates of RFC 6858, with
 * what RFC 6857 keeps where that is more.
 *
 * @module
 */

import { isAscii } from "node:buffer";
import { type Address, parseAddresses } from "./address.ts";
import { latin1 } from "./bytes.ts";
import { fields, fieldValue, type HeaderField } from "./header.ts";
import { parseStructured } from "./parameters.ts";
import { joinBytes } from "../../storage/join_bytes.ts";

const encoder = new TextEncoder();

/** What lies beyond of a field that is rewritten is left out. */
const MAX_FIELD = 65_536;
/** A parameter whose value is longer than this is left out: its line would be too long (RFC 5322 § 2.1.1). */
const MAX_PARAMETER = 250;
/** Bytes of UTF-8 in an encoded word: no more than 75 characters then (RFC 2047 § 2). */
const MAX_WORD = 45;

/** RFC 6858 § 2.1. */
const ADDRESSES: ReadonlySet<string> = new Set([
  ...["bcc", "cc", "from", "reply-to", "sender", "to", "return-path"],
  ...["resent-bcc", "resent-cc", "resent-from", "resent-sender", "resent-to"],
]);

/** RFC 6858 § 2.3, RFC 6857 § 3.1.1: fields of which all is text. */
const UNSTRUCTURED: ReadonlySet<string> = new Set(
  ["subject", "comments", "content-description"],
);

/** RFC 6858 § 2.2. */
const WITH_PARAMETERS: ReadonlySet<string> = new Set(
  ["content-type", "content-disposition"],
);

/** Never an address of anybody (RFC 2606 § 2). */
const NOBODY = "<invalid@internationalized-address.invalid>";

/**
 * The same header without a byte that is not ASCII: texts as encoded words, addresses that cannot be in ASCII as
 * names without one, parameters by RFC 2231; a field that can be told in no such way is left out. What is ASCII
 * stays as it is, byte by byte.
 * @param header fields and the empty line, if there is one
 * @returns the same array when there is nothing to do
 */
export function downgradeHeader(header: Uint8Array): Uint8Array {
  if (isAscii(header)) return header;
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const field of fields(header, 0, header.length)) {
    const bytes = header.subarray(field.nameStart, field.end);
    parts.push(isAscii(bytes) ? bytes : rewritten(header, field));
    end = field.end;
  }
  parts.push(header.subarray(end));
  return joinBytes(parts);
}

function rewritten(header: Uint8Array, field: HeaderField): Uint8Array {
  const { name, nameStart, valueStart } = field;
  const value = valueOf(name, fieldValue(header, field, MAX_FIELD));
  if (value === undefined) return new Uint8Array(0);
  return encoder.encode(
    `${latin1(header, nameStart, valueStart)} ${value}\r\n`,
  );
}

/** A field's value in ASCII, folded; undefined where the field has to go (RFC 6858 § 2.4). */
function valueOf(name: string, value: string): string | undefined {
  if (UNSTRUCTURED.has(name)) return encodedWords(value);
  if (ADDRESSES.has(name)) return addressList(value);
  return WITH_PARAMETERS.has(name) ? structured(value) : undefined;
}

/** Text as encoded words (RFC 2047), none of which cuts a character in two. */
function encodedWords(text: string): string {
  const words: string[] = [];
  let from = 0;
  let size = 0;
  let at = 0;
  const word = () => {
    const bytes = encoder.encode(text.slice(from, at));
    words.push(`=?UTF-8?B?${bytes.toBase64()}?=`);
    from = at;
    size = 0;
  };
  for (const char of text) {
    const length = encoder.encode(char).length;
    if (size + length > MAX_WORD) word();
    size += length;
    at += char.length;
  }
  if (size > 0) word();
  return words.join("\r\n ");
}

function addressList(value: string): string | undefined {
  const entries: string[] = [];
  let group: string[] | undefined;
  let groupName = "";
  for (const address of parseAddresses(value)) {
    if (address.host !== null) {
      (group ?? entries).push(oneAddress(address));
    } else if (address.mailbox !== null) {
      group = [];
      groupName = phrase(address.mailbox);
    } else {
      entries.push(`${groupName}: ${(group ?? []).join(",\r\n ")};`);
      group = undefined;
    }
  }
  return entries.length === 0 ? undefined : entries.join(",\r\n ");
}

// address = mailbox: [display-name] angle-addr      RFC 5322 § 3.4
function oneAddress({ name, mailbox, host }: Address): string {
  const spec = host === "" ? mailbox! : `${quoted(mailbox!)}@${host}`;
  if (!IS_PRINTABLE.test(spec)) return `${phrase(name ?? spec)} ${NOBODY}`;
  return name === null ? `<${spec}>` : `${phrase(name)} <${spec}>`;
}

const IS_PRINTABLE = /^[ -~]*$/;
const IS_DOT_ATOM = /^[^\s"(),:;<>@[\\\]]*$/;

/** A local part, in quotes where it needs them. */
function quoted(text: string): string {
  return IS_DOT_ATOM.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** A display name: a quoted string, or encoded words. */
function phrase(text: string): string {
  return IS_PRINTABLE.test(text)
    ? `"${text.replace(/["\\]/g, "\\$&")}"`
    : encodedWords(text);
}

function structured(value: string): string | undefined {
  const { head, parameters } = parseStructured(value, 100);
  if (!IS_PRINTABLE.test(head)) return undefined;
  const parts = [head];
  for (const [name, value] of parameters) {
    if (!IS_PRINTABLE.test(name) || value.length > MAX_PARAMETER) continue;
    parts.push(
      IS_PRINTABLE.test(value)
        ? `${name}="${value.replace(/["\\]/g, "\\$&")}"`
        : `${name.replace(/\*.*$/, "")}*=utf-8''${percentEncoded(value)}`,
    );
  }
  return parts.join(";\r\n ");
}

/** ext-octet for all that is no attribute-char (RFC 2231 § 7). */
function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
