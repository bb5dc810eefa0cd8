/**
 * What a message gains in size when it goes out in lines.
 *
 * @module
 */

import { CR, LF } from "../mime/bytes.ts";

/**
 * How many bytes a message gains when each of its lines is made to end in CRLF, the last one too; 0 for one
 * that is as RFC 5322 § 2.1 has it.
 */
export function lineEndGrowth(bytes: Uint8Array): number {
  const { length } = bytes;
  if (length === 0) return 0;
  let growth = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) growth++;
  }
  if (bytes[length - 1] === LF) return growth;
  return growth + (bytes[length - 1] === CR ? 1 : 2);
}
