/**
 * Content-Transfer-Encoding undone (RFC 2045 § 6), forgivingly: what is damaged yields what can be had.
 *
 * @module
 */

import { CR, isBlank, latin1, LF, lineEnd } from "./bytes.ts";

const EQUALS = 61;

/**
 * Decodes the body of a part.
 * @param bytes the body as it stands in the message
 * @param encoding the token of Content-Transfer-Encoding, in any case
 * @param room may be used for what is returned, if that fits
 * @returns undefined when the encoding is unknown (UNKNOWN-CTE, RFC 3516 § 4.3); for 7BIT, 8BIT and BINARY
 * the same array
 */
export function decode(
  bytes: Uint8Array,
  encoding: string,
  room?: Uint8Array,
): Uint8Array | undefined {
  switch (encoding.toUpperCase()) {
    case "7BIT":
    case "8BIT":
    case "BINARY":
      return bytes;
    case "QUOTED-PRINTABLE":
      return decodeQuotedPrintable(bytes, room);
    case "BASE64":
      return decodeBase64(bytes);
    case "X-UUENCODE":
    case "X-UUE":
    case "UUENCODE":
      return decodeUuencode(bytes);
    default:
      return undefined;
  }
}

/**
 * The size in bytes of what {@linkcode decode} gives (BINARY.SIZE, RFC 3516 § 4.3), or undefined.
 * @param bytes the body as it stands in the message
 * @param encoding the token of Content-Transfer-Encoding, in any case
 */
export function decodedSize(
  bytes: Uint8Array,
  encoding: string,
): number | undefined {
  return decode(bytes, encoding)?.length;
}

const BASE64_VALUES = new Int8Array(256).fill(-1);
Array.from(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  (char, value) => BASE64_VALUES[char.charCodeAt(0)] = value,
);

/** Decodes base64: the platform's decoder for what is well formed, but for white space and padding. */
function decodeBase64(bytes: Uint8Array): Uint8Array {
  try {
    return Uint8Array.fromBase64(latin1(bytes));
  } catch {
    return decodeDamagedBase64(bytes);
  }
}

/**
 * Base64 with whatever in between: characters of no meaning are passed over (RFC 2045 § 6.8), padding ends a
 * quantum but not the data, since some append one encoded text to another.
 */
function decodeDamagedBase64(bytes: Uint8Array): Uint8Array {
  const decoded = new Uint8Array(Math.ceil(bytes.length * 3 / 4));
  let to = 0;
  let bits = 0;
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    const value = BASE64_VALUES[bytes[at]!]!;
    if (value >= 0) {
      bits = (bits << 6) | value;
      if (++count < 4) continue;
      decoded[to++] = bits >> 16;
      decoded[to++] = bits >> 8;
      decoded[to++] = bits;
    } else if (bytes[at] === EQUALS) {
      to = flushQuantum(decoded, to, bits, count);
    } else continue;
    bits = 0;
    count = 0;
  }
  return decoded.subarray(0, flushQuantum(decoded, to, bits, count));
}

/** Writes the whole bytes of a quantum that ends early; a single character has none. */
function flushQuantum(
  decoded: Uint8Array,
  to: number,
  bits: number,
  count: number,
): number {
  if (count === 2) decoded[to++] = bits >> 4;
  else if (count === 3) {
    decoded[to++] = bits >> 10;
    decoded[to++] = bits >> 2;
  }
  return to;
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** What is no plain character of quoted-printable: 1 for those. */
const QUOTED_SPECIAL = new Uint8Array(256);
for (const byte of [CR, LF, EQUALS]) QUOTED_SPECIAL[byte] = 1;

/**
 * Decodes quoted-printable (RFC 2045 § 6.7): white space before a line end is gone, "=" before it joins the
 * lines, and "=" before anything else but two hexadecimal digits stands for itself.
 */
function decodeQuotedPrintable(
  bytes: Uint8Array,
  room?: Uint8Array,
): Uint8Array {
  const { length } = bytes;
  const decoded = room !== undefined && room.length >= length
    ? room
    : new Uint8Array(length);
  let to = 0;
  // White space before this is there to stay.
  let solid = 0;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at]!;
    if (QUOTED_SPECIAL[byte] === 0) {
      decoded[to++] = byte;
      continue;
    }
    if (byte === EQUALS) {
      const high = hexValue(bytes[at + 1]);
      const low = hexValue(bytes[at + 2]);
      if (high >= 0 && low >= 0) {
        decoded[to++] = high * 16 + low;
        at += 2;
      } else {
        const next = softBreak(bytes, at + 1);
        if (next >= 0) at = next - 1;
        else decoded[to++] = byte;
      }
    } else {
      if (byte === LF || bytes[at + 1] === LF) {
        while (to > solid && isBlank(decoded[to - 1])) to--;
      }
      decoded[to++] = byte;
    }
    solid = to;
  }
  while (to > solid && isBlank(decoded[to - 1])) to--;
  return decoded.subarray(0, to);
}

/** Where the next line begins if nothing but white space is left of this one, or -1. */
function softBreak(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 32 || bytes[at] === 9) at++;
  if (bytes[at] === CR && bytes[at + 1] === LF) return at + 2;
  return bytes[at] === LF || at >= bytes.length ? at + 1 : -1;
}

/** Decodes what lies between a `begin` line and `end`; without such a line, all of the lines. */
function decodeUuencode(bytes: Uint8Array): Uint8Array {
  const decoded = new Uint8Array(bytes.length);
  let to = 0;
  let at = afterBegin(bytes);
  while (at < bytes.length) {
    const end = lineEnd(bytes, at, bytes.length);
    // Control characters are no length: an empty line says nothing.
    const length = bytes[at]! < 32 ? -1 : (bytes[at]! - 32) & 63;
    if (length === 0 || startsWith(bytes, at, "end")) break;
    for (let done = 0, from = at + 1; done < length; done += 3, from += 4) {
      const quantum = uuValue(bytes, from, end) << 18 |
        uuValue(bytes, from + 1, end) << 12 |
        uuValue(bytes, from + 2, end) << 6 | uuValue(bytes, from + 3, end);
      const left = Math.min(3, length - done, Math.max(0, end - from));
      for (let index = 0; index < left; index++) {
        decoded[to++] = quantum >> (16 - 8 * index);
      }
    }
    at = end + 1;
  }
  return decoded.subarray(0, to);
}

function afterBegin(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length;) {
    const end = lineEnd(bytes, at, bytes.length);
    if (startsWith(bytes, at, "begin ")) return end + 1;
    at = end + 1;
  }
  return 0;
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}

function uuValue(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? (bytes[at]! - 32) & 63 : 0;
}
