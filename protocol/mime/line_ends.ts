/**
 * Line ends as mail has them on a wire (RFC 5322 § 2.1): CRLF.
 *
 * @module
 */

import { CR, LF } from "./bytes.ts";

/**
 * The same text with every LF that has no CR before it, and every CR that has no LF after it, made CRLF.
 * @returns the same array when there is nothing to do
 */
export function normalizeLineEnds(bytes: Uint8Array): Uint8Array {
  let bare = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte > CR) continue;
    if (byte === LF) bare++;
    else if (byte === CR) {
      if (bytes[at + 1] === LF) at++;
      else bare++;
    }
  }
  if (bare === 0) return bytes;
  const normal = new Uint8Array(bytes.length + bare);
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === LF || byte === CR) {
      normal[to++] = CR;
      normal[to++] = LF;
      if (byte === CR && bytes[at + 1] === LF) at++;
    } else normal[to++] = byte;
  }
  return normal;
}
