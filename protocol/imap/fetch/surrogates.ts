/**
 * What clients without UTF-8 are shown of internationalized messages where the server is told to: surrogates
 * (RFC 9755 § 8, § 9; RFC 6858).
 *
 * @module
 */

import { isAscii } from "node:buffer";
import { parseMessage, type Part } from "../../mime/parse.ts";
import { headerRanges, Surrogate } from "../../mime/surrogate.ts";
import type { Summary } from "../summary.ts";

/** The headers of more parts than these are not read one by one. */
const MAX_HEADERS = 50;

/** A message with all of its headers in ASCII: the same array when they are so already. */
export function surrogateOf(source: Uint8Array): Uint8Array {
  if (isAscii(source)) return source;
  const ranges = headerRanges(parseMessage(source));
  const isConventional = ranges.every(([start, end]) =>
    isAscii(source.subarray(start, end))
  );
  return isConventional ? source : new Surrogate(ranges).take(source);
}

/** Whether nothing in a summary would be other in that of the surrogate, but for places in the message. */
export function isConventionalSummary(
  { envelope, bodyStructure, fields }: Summary,
): boolean {
  return isAscii(envelope) && isAscii(bodyStructure) && isAscii(fields);
}

/**
 * Whether all headers of a message are in ASCII, found without reading the rest of it; false also where that would be
 * too much.
 * @param read reads bytes of the message; undefined when it is gone
 */
export async function hasConventionalHeaders(
  root: Part,
  read: (start: number, end: number) => Promise<Uint8Array | undefined>,
): Promise<boolean> {
  const ranges = headerRanges(root);
  if (ranges.length > MAX_HEADERS) return false;
  for (const [start, end] of ranges) {
    const header = await read(start, end);
    if (header !== undefined && !isAscii(header)) return false;
  }
  return true;
}
