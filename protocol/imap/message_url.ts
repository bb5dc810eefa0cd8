/**
 * URLs of messages and their parts (RFC 5092), as far as a session can resolve them by itself: relative to the session,
 * from the root on.
 *
 * @module
 */

import { Decoder, ParseError } from "../wire/decoder.ts";
import { canonicalName, isMailboxName } from "../wire/mailbox_name.ts";
import { utf8Bytes, utf8Text } from "../wire/text.ts";
import type { ParseContext } from "./command.ts";
import { Bad } from "./errors.ts";
import type { Partial } from "./fetch/attribute.ts";
import { parseSection, type Section } from "./fetch/section.ts";

/** What a URL leads to. */
export interface MessageUrl {
  /** The name of the mailbox. */
  readonly mailbox: string;
  /** The UIDVALIDITY that the mailbox has to have; undefined for any. */
  readonly uidValidity: number | undefined;
  /** The message. */
  readonly uid: number;
  /** What of it. */
  readonly section: Section;
  /** Which octets of that; undefined for all. */
  readonly partial: Partial | undefined;
}

// iabsolute-path = "/" [icommand]
// imessagepart   = enc-mailbox [uidvalidity] iuid [isection] [ipartial]
// bchar          = unreserved / sub-delims-sh / pct-encoded / "&" / "=" / ":" / "@" / "/"
const BCHAR = "(?:[\\w.~!$'()*+,&=:@/-]|%[0-9a-f]{2})";
const URL = new RegExp(
  `^/(?<mailbox>(?!/)${BCHAR}+?)(?:;uidvalidity=(?<validity>\\d+))?` +
    `/;uid=(?<uid>\\d+)(?:/;section=(?<section>${BCHAR}+?))?` +
    `(?:/;partial=(?<origin>\\d+)(?:\\.(?<length>\\d+))?)?$`,
  "i",
);

/**
 * Reads a URL. Those that name a server are none here (RFC 4469 § 3), nor are those relative to a mailbox, which
 * RFC 5092 § 7.2 does not allow.
 * @param delimiter the hierarchy delimiter
 * @returns undefined when it is none
 */
export function parseMessageUrl(
  url: string,
  delimiter: string,
  context: ParseContext,
): MessageUrl | undefined {
  const groups = URL.exec(url)?.groups;
  if (groups === undefined) return undefined;
  const name = decoded(withoutDots(groups.mailbox!));
  const uid = nzNumber(groups.uid);
  const section = parseEncodedSection(groups.section, context);
  if (name === undefined || uid === undefined || section === undefined) {
    return undefined;
  }
  const uidValidity = nzNumber(groups.validity);
  if (groups.validity !== undefined && uidValidity === undefined) {
    return undefined;
  }
  const partial = partialOf(groups.origin, groups.length);
  if (partial === null || name === "" || !isMailboxName(name)) return undefined;
  const mailbox = canonicalName(name, delimiter);
  return { mailbox, uidValidity, uid, section, partial };
}

/** remove_dot_segments (RFC 3986 § 5.2.4) */
function withoutDots(path: string): string {
  if (!path.includes("./") && !path.endsWith(".")) return path;
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
  }
  return kept.join("/");
}

/** pct-encoded UTF-8 (RFC 5092 § 8), or undefined. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function nzNumber(digits: string | undefined): number | undefined {
  const number = Number(digits);
  return number > 0 && number <= 0xffff_ffff ? number : undefined;
}

/** partial-range = number ["." nz-number]; null when it is none. */
function partialOf(
  origin: string | undefined,
  length: string | undefined,
): Partial | undefined | null {
  if (origin === undefined) return undefined;
  const range = {
    origin: Number(origin),
    length: length === undefined ? Number.MAX_SAFE_INTEGER : Number(length),
  };
  return range.length > 0 && Object.values(range).every(Number.isSafeInteger)
    ? range
    : null;
}

function parseEncodedSection(
  encoded: string | undefined,
  context: ParseContext,
): Section | undefined {
  if (encoded === undefined) return { part: [], text: "" };
  const spec = decoded(encoded);
  if (spec === undefined || spec === "") return undefined;
  const d = new Decoder({ text: utf8Bytes(`[${spec}]`), literals: [] }, {
    maxListItems: context.limits.listItems,
  });
  try {
    const section = parseSection(d, context);
    d.end();
    return section;
  } catch (error) {
    if (error instanceof ParseError || error instanceof Bad) return undefined;
    throw error;
  }
}

/**
 * url-resp-text: a URL as a response code holds it (RFC 4469 § 5). What has no place there, and none in a URL, goes out
 * percent-encoded.
 */
export function urlText(bytes: Uint8Array): string {
  if (bytes.length === 0) return '""';
  const text = utf8Text(bytes);
  if (text !== undefined && /^[!-Z^-~]+$/.test(text)) return text;
  return Array.from(
    bytes,
    (byte) =>
      byte > 0x20 && byte < 0x7f && byte !== 0x5b && byte !== 0x5c &&
        byte !== 0x5d
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}
