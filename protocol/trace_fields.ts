/**
 * The header fields that a delivery puts in front of a message (RFC 5321 § 4.4).
 *
 * @module
 */

import { fields } from "./mime/header.ts";

/** Where a message came from, as Received tells it. */
export interface TraceOrigin {
  /** The name that the client has given itself, a domain or an address literal. */
  readonly client: string;
  /** The client's address, such as `192.0.2.1:51234`. */
  readonly remote: string;
  /** The name of this machine. */
  readonly hostname: string;
  /** The registered name of the protocol (RFC 3848, RFC 6531 § 4.3), such as `LMTPS`. */
  readonly protocol: string;
  /** Names the message in the log, an atom. */
  readonly id: string;
  /** When it came, in milliseconds since 1970. */
  readonly time: number;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

/**
 * The fields, in lines. Whatever the values, each stays one field.
 * @param sender undefined where nobody knows: then there is no Return-Path
 * @param recipient whom the message is for; undefined when it is for several, who need not know of each other
 * @param origin undefined where it came by no protocol: then there is no Received
 */
export function traceFields(
  sender: string | undefined,
  recipient: string | undefined,
  origin: TraceOrigin | undefined,
): string {
  let text = "";
  if (sender !== undefined) text += `Return-Path: <${oneLine(sender)}>\r\n`;
  if (recipient !== undefined) {
    text += `Delivered-To: ${oneLine(recipient)}\r\n`;
  }
  return origin === undefined ? text : text + received(recipient, origin);
}

// Time-stamp-line = "Received:" FWS From-domain By-domain Opt-info [CFWS] ";" FWS date-time
function received(recipient: string | undefined, origin: TraceOrigin): string {
  const address = addressLiteral(origin.remote);
  const from = oneLine(origin.client) + (address && ` (${address})`);
  const to = recipient === undefined ? "" : `\r\n\tfor <${oneLine(recipient)}>`;
  return `Received: from ${from}\r\n\tby ${oneLine(origin.hostname)}` +
    ` with ${origin.protocol} id ${oneLine(origin.id)}${to};` +
    `\r\n\t${dateTime(origin.time)}\r\n`;
}

/** TCP-info: the address without its port as an address literal; empty where there is none. */
function addressLiteral(remote: string): string {
  const match = /^(?:([\d.]+)|\[(?:::ffff:)?([\d.]+)\]|\[([\da-f:.]+)\]):\d+$/i
    .exec(remote);
  if (match === null) return "";
  return match[3] === undefined
    ? `[${match[1] ?? match[2]}]`
    : `[IPv6:${match[3]}]`;
}

/** A value without what could end its line. */
function oneLine(value: string): string {
  // deno-lint-ignore no-control-regex
  return value.toWellFormed().replace(/[\x00-\x1f\x7f]+/g, "?");
}

/** date-time (RFC 5322 § 3.3), in the zone of this machine. */
function dateTime(time: number): string {
  const offset = -new Date(time).getTimezoneOffset();
  const local = new Date(time + offset * 60_000);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${DAYS[local.getUTCDay()]}, ${local.getUTCDate()}`;
  const month = `${MONTHS[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
  const clock = [
    local.getUTCHours(),
    local.getUTCMinutes(),
    local.getUTCSeconds(),
  ].map(two).join(":");
  const away = Math.abs(offset);
  const zone = (offset < 0 ? "-" : "+") + two(Math.floor(away / 60)) +
    two(away % 60);
  return `${day} ${month} ${clock} ${zone}`;
}

/**
 * Takes Return-Path out of a header, so that the one put in front is the only one.
 * @param bytes the message; written over where there is such a field
 * @param start where its header begins
 * @returns the message, with what is before `start`
 */
export function withoutReturnPath(
  bytes: Uint8Array,
  start: number,
): Uint8Array {
  let to = start;
  let from = start;
  for (const field of fields(bytes, start, bytes.length)) {
    if (field.name !== "return-path") continue;
    bytes.copyWithin(to, from, field.nameStart);
    to += field.nameStart - from;
    from = field.end;
  }
  if (from === to) return bytes;
  bytes.copyWithin(to, from);
  return bytes.subarray(0, bytes.length - (from - to));
}
