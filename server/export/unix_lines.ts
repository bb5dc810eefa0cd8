/**
 * Messages in files as programs on Unix have them: lines end in LF there, in CRLF in a mailbox.
 *
 * @module
 */

import { CR, LF } from "../../protocol/mime/bytes.ts";

/**
 * A message with LF for CRLF, where `normalizeLineEnds` makes of it what it was, byte for byte; undefined
 * where it would not: with an LF or a CR that is not half of a line end.
 */
export function unixLines(source: Uint8Array): Uint8Array | undefined {
  if (source.length === 0) return source;
  let ends = 0;
  for (let at = source.indexOf(CR); at >= 0; at = source.indexOf(CR, at + 1)) {
    if (source[at + 1] === LF) ends++;
    // A CR inside a line stays one, if it is not taken for half of a line end.
    else if (source[at + 1] === CR) return undefined;
  }
  const lines = source.length - ends;
  const unix = new Uint8Array(lines);
  let to = 0;
  let lineFeeds = 0;
  for (let from = 0; from < source.length;) {
    const at = source.indexOf(LF, from);
    if (at < 0) {
      unix.set(source.subarray(from), to);
      break;
    }
    if (at === 0 || source[at - 1] !== CR) return undefined;
    unix.set(source.subarray(from, at - 1), to);
    to += at - 1 - from;
    unix[to++] = LF;
    lineFeeds++;
    from = at + 1;
  }
  // Without any LF, each CR would be taken for a line end.
  return lineFeeds === 0 && source.includes(CR) ? undefined : unix;
}
