/**
 * Line ends as mail has them on a wire (RFC 5322 § 2.1): CRLF.
 *
 * @module
 */

import { CR, LF } from "./bytes.ts";

/**
 * The same text with its line ends made CRLF. A text with LFs has its line ends there, and a CR by itself is
 * part of a line; only where there is no LF at all does each CR end a line.
 * @returns the same array when there is nothing to do
 */
export function normalizeLineEnds(bytes: Uint8Array): Uint8Array {
  return bytes.includes(LF) ? withCr(bytes) : withLf(bytes);
}

/** Puts a CR before each LF that has none. */
function withCr(bytes: Uint8Array): Uint8Array {
  let bare = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) bare++;
  }
  if (bare === 0) return bytes;
  const normal = new Uint8Array(bytes.length + bare);
  let to = 0;
  for (let from = 0; from < bytes.length;) {
    const at = bytes.indexOf(LF, from);
    const end = at < 0 ? bytes.length : at;
    normal.set(bytes.subarray(from, end), to);
    to += end - from;
    from = end + 1;
    if (at < 0) break;
    if (bytes[at - 1] !== CR) normal[to++] = CR;
    normal[to++] = LF;
  }
  return normal;
}

/** Puts an LF behind each CR. */
function withLf(bytes: Uint8Array): Uint8Array {
  let count = 0;
  for (const byte of bytes) if (byte === CR) count++;
  if (count === 0) return bytes;
  const normal = new Uint8Array(bytes.length + count);
  let to = 0;
  for (const byte of bytes) {
    normal[to++] = byte;
    if (byte === CR) normal[to++] = LF;
  }
  return normal;
}
