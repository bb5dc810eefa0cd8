/**
 * A message in an mbox file that we write, and its way back.
 *
 * The file is of the kind `mboxrd`: a line of a message that begins with any number of ">" and "From " gets
 * one ">" more. Above a message's own fields stand those in which mail programs keep flags, `Status`,
 * `X-Status` and `X-Keywords`, and above these `X-Imapd-Message`, which tells what an mbox cannot: the size,
 * so that the message ends where it ended; the date to the millisecond; whether lines end in LF here and in
 * CRLF in the mailbox; and how many of the fields below are not the message's own.
 *
 * @module
 */

import { LF, lineEnd } from "../../protocol/mime/bytes.ts";
import { latin1 } from "../../protocol/mime/bytes.ts";
import { fields, fieldValue } from "../../protocol/mime/header.ts";
import { normalizeLineEnds } from "../../protocol/mime/line_ends.ts";
import { unixLines } from "./unix_lines.ts";

/** A message with what a mailbox keeps of it. */
export interface MboxRecord {
  /** The whole message. */
  readonly source: Uint8Array;
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** INTERNALDATE, in milliseconds since 1970. */
  readonly internalDate: number;
}

/** The field that no other program writes; how a file of ours is known. */
export const RECORD_FIELD = "X-Imapd-Message";

const encoder = new TextEncoder();

const STATUS = [["\\Seen", "R"]] as const;
const X_STATUS = [
  ["\\Answered", "A"],
  ["\\Flagged", "F"],
  ["\\Draft", "T"],
  ["\\Deleted", "D"],
] as const;

/** Writes a message with its From line, its fields, and the empty line that ends it. */
export function writeMboxRecord(record: MboxRecord): Uint8Array {
  const { source, flags, internalDate } = record;
  const unix = unixLines(source);
  const body = quoteFrom(unix ?? source);
  const letters = (map: readonly (readonly [string, string])[]) =>
    map.filter(([flag]) => flags.includes(flag)).map(([, l]) => l).join("");
  const keywords = flags.filter((flag) => !flag.startsWith("\\"));
  // O is for a message that is not recent.
  const own = [`Status: ${letters(STATUS)}O`];
  if (letters(X_STATUS) !== "") own.push(`X-Status: ${letters(X_STATUS)}`);
  if (keywords.length > 0) own.push(`X-Keywords: ${keywords.join(" ")}`);
  const facts = `size=${source.length} date=${internalDate} ` +
    `lines=${unix === undefined ? "raw" : "lf"} fields=${own.length}`;
  const head = encoder.encode(
    [
      `From ${senderOf(source)} ${asctime(internalDate)}`,
      `${RECORD_FIELD}: ${facts}`,
      ...own,
      "",
    ].join("\n"),
  );
  const lineEnd = body.at(-1) === LF ? 1 : 2;
  const bytes = new Uint8Array(head.length + body.length + lineEnd);
  bytes.set(head);
  bytes.set(body, head.length);
  bytes.fill(LF, head.length + body.length);
  return bytes;
}

/**
 * Reads a message that {@linkcode writeMboxRecord} wrote.
 * @param bytes what stands behind the From line, without the empty line at the end, and unquoted
 * @returns undefined when it is no such message, or is not what it was any more
 */
export function readMboxRecord(bytes: Uint8Array): MboxRecord | undefined {
  const first = lineEnd(bytes, 0, bytes.length);
  if (first > 200) return undefined;
  const match = FACTS.exec(latin1(bytes, 0, first));
  if (match === null) return undefined;
  const [size, internalDate, own] = [match[1], match[2], match[4]].map(Number);
  let start = first + 1;
  for (let line = 0; line < own!; line++) {
    start = Math.min(lineEnd(bytes, start, bytes.length) + 1, bytes.length);
  }
  const body = bytes.subarray(start);
  const whole = match[3] === "raw" ? body : normalizeLineEnds(body);
  // Another program has changed it. A line end is ours where the message had none at its end.
  if (whole.length < size! || whole.length > size! + 2) return undefined;
  return {
    source: whole.slice(0, size),
    flags: flagsOf(bytes.subarray(first + 1, start)),
    internalDate: internalDate!,
  };
}

const FACTS = new RegExp(
  `^${RECORD_FIELD}: size=(\\d{1,10}) date=(-?\\d{1,15}) lines=(lf|raw) fields=([1-3])\\r?$`,
);

function flagsOf(head: Uint8Array): string[] {
  const flags: string[] = [];
  for (const field of fields(head, 0, head.length)) {
    const value = fieldValue(head, field);
    if (field.name === "x-keywords") {
      flags.push(...value.split(/\s+/).filter((word) => word !== ""));
    } else if (field.name === "status" || field.name === "x-status") {
      for (const [flag, letter] of [...STATUS, ...X_STATUS]) {
        if (value.includes(letter)) flags.push(flag);
      }
    }
  }
  return flags;
}

/** Puts a ">" before each line that begins with "From " or with ">" and that. */
export function quoteFrom(bytes: Uint8Array): Uint8Array {
  const starts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let from = at;
    while (bytes[from] === 62) from++;
    if (bytes[from] === 70 && latin1(bytes, from, from + 5) === "From ") {
      starts.push(at);
    }
    at = lineEnd(bytes, from, bytes.length) + 1;
  }
  if (starts.length === 0) return bytes;
  const quoted = new Uint8Array(bytes.length + starts.length);
  let to = 0;
  let from = 0;
  for (const start of [...starts, bytes.length]) {
    quoted.set(bytes.subarray(from, start), to);
    to += start - from;
    if (start < bytes.length) quoted[to++] = 62;
    from = start;
  }
  return quoted;
}

/** The envelope's sender, which a delivery leaves in Return-Path (RFC 5321 § 4.4). */
function senderOf(source: Uint8Array): string {
  for (const field of fields(source, 0, Math.min(source.length, 65_536))) {
    if (field.name !== "return-path") continue;
    const match = /^<([!-;=?-~]{1,320})>$/.exec(fieldValue(source, field, 400));
    if (match !== null) return match[1]!;
  }
  return "MAILER-DAEMON";
}

/** A date as C's asctime writes it, in UTC: `Tue Jul  1 10:52:37 2003`. */
function asctime(time: number): string {
  const date = new Date(time);
  const [day, dayOfMonth, month, year, clock] = date.toUTCString()
    .replace(",", "").split(" ");
  const padded = String(Number(dayOfMonth)).padStart(2);
  return `${day} ${month} ${padded} ${clock} ${year}`;
}
