/**
 * Binary content (RFC 3030, RFC 3516) made fit for those who know no NUL: parts in base64.
 *
 * @module
 */

import { fields } from "./header.ts";
import { joinBytes } from "../../storage/join_bytes.ts";
import { parseMessage, type Part } from "./parse.ts";

const NUL = 0;
const encoder = new TextEncoder();

/** Bytes of a message and what comes in their place. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

/**
 * The same message with each part that holds a NUL in base64, and its Content-Transfer-Encoding saying so. All else
 * stays as it is, byte by byte, so that signatures over it do.
 * @returns the same array when there is no NUL; undefined when there is one where nothing can be encoded: in a header,
 * around the parts of a multipart, in what is encoded already
 */
export function encodeBinaryParts(source: Uint8Array): Uint8Array | undefined {
  if (!source.includes(NUL)) return source;
  const edits: Edit[] = [];
  const ahead = [parseMessage(source)];
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part.message !== null) ahead.push(part.message);
    else if (part.type === "MULTIPART") {
      ahead.push(...part.children.toReversed());
    } else if (isBinary(source, part)) {
      edits.push(...headerEdits(source, part), bodyEdit(source, part));
    }
  }
  const encoded = edited(source, edits);
  return encoded.includes(NUL) ? undefined : encoded;
}

/** Whether a part can be encoded and has to be; message/… must not be (RFC 2046 § 5.2). */
function isBinary(source: Uint8Array, part: Part): boolean {
  return part.type !== "MESSAGE" && IDENTITIES.has(part.encoding) &&
    source.subarray(part.bodyStart, part.bodyEnd).includes(NUL);
}

/** The encodings that are none (RFC 2045 § 6.2). */
const IDENTITIES: ReadonlySet<string> = new Set(["7BIT", "8BIT", "BINARY"]);

const FIELD = encoder.encode("Content-Transfer-Encoding: base64\r\n");
const NOTHING = new Uint8Array(0);

/** Puts the field in place of the first of its name, or at the end of the header; others of its name go. */
function headerEdits(
  source: Uint8Array,
  { headerStart, bodyStart }: Part,
): Edit[] {
  const edits: Edit[] = [];
  let last = headerStart;
  for (const field of fields(source, headerStart, bodyStart)) {
    const { name, nameStart: start, end } = field;
    last = end;
    if (name !== "content-transfer-encoding") continue;
    edits.push({ start, end, bytes: edits.length > 0 ? NOTHING : FIELD });
  }
  return edits.length > 0 ? edits : [{ start: last, end: last, bytes: FIELD }];
}

/** 57 bytes are a line of 76 characters (RFC 2045 § 6.8). */
const LINE = 57;
const LINES_AT_ONCE = 1_024;

function bodyEdit(source: Uint8Array, { bodyStart, bodyEnd }: Part): Edit {
  const pieces: Uint8Array[] = [];
  const step = LINE * LINES_AT_ONCE;
  for (let from = bodyStart; from < bodyEnd; from += step) {
    const piece = source.subarray(from, Math.min(from + step, bodyEnd));
    const lines = piece.toBase64().replace(/.{76}(?=.)/g, "$&\r\n");
    // The line end before a boundary is the boundary's (RFC 2046 § 5.1.1).
    const isLast = from + step >= bodyEnd && bodyEnd < source.length;
    pieces.push(encoder.encode(isLast ? lines : lines + "\r\n"));
  }
  return { start: bodyStart, end: bodyEnd, bytes: joinBytes(pieces) };
}

/** @param edits apart from one another, in order */
function edited(source: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, bytes } of edits) {
    pieces.push(source.subarray(at, start), bytes);
    at = end;
  }
  pieces.push(source.subarray(at));
  return joinBytes(pieces);
}
