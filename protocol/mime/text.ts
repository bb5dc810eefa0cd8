/**
 * What a message says, for SEARCH: transfer encodings, charsets and encoded words undone, as RFC 9051 § 6.4.4
 * demands before text is compared.
 *
 * @module
 */

import { decodeUnlabelled } from "./bytes.ts";
import { decodeCharset } from "./charset.ts";
import { decodeWords, parameterText } from "./encoded_word.ts";
import { fields, fieldValue } from "./header.ts";
import { MIME_LIMITS } from "./limits.ts";
import type { Part } from "./part.ts";
import { decode } from "./transfer_encoding.ts";

/**
 * A header as text, a line a field: unfolded, encoded words decoded.
 * @param start where the header begins
 * @param end where its body begins
 */
export function headerText(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  const text = decodeUnlabelled(
    bytes,
    start,
    Math.min(end, start + MIME_LIMITS.maxEnvelopeBytes),
  )
    .replace(/\r?\n(?=[ \t])/g, "");
  return text.includes("=?")
    ? text.split("\n").map(decodeWords).join("\n")
    : text;
}

/**
 * The decoded values of the fields of one name, in order; what SEARCH HEADER looks in.
 * @param name in any case
 */
export function* fieldTexts(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: string,
): Generator<string, void, undefined> {
  const wanted = name.toLowerCase();
  for (const field of fields(bytes, start, end)) {
    if (field.name !== wanted) continue;
    yield decodeWords(fieldValue(bytes, field, MIME_LIMITS.maxAddressBytes));
  }
}

/**
 * The texts in the body of a message, in order: what SEARCH BODY looks in. Text parts, HTML with its tags,
 * and the headers of embedded messages. A part whose transfer encoding is unknown is taken as it stands; one
 * whose charset is unknown, as UTF-8 or windows-1252.
 * @param bytes the whole message that `root` was read from
 */
export function* bodyTexts(
  bytes: Uint8Array,
  root: Part,
): Generator<string, void, undefined> {
  yield* texts(bytes, root, false);
}

/**
 * All texts of a message, in order: what SEARCH TEXT looks in. Its header, those of its parts, and what
 * {@linkcode bodyTexts} gives.
 * @param bytes the whole message that `root` was read from
 */
export function* messageTexts(
  bytes: Uint8Array,
  root: Part,
): Generator<string, void, undefined> {
  yield headerText(bytes, root.headerStart, root.bodyStart);
  yield* texts(bytes, root, true);
}

/** Goes through the parts with a list of its own, however deep they are. */
function* texts(
  bytes: Uint8Array,
  root: Part,
  mimeHeaders: boolean,
): Generator<string, void, undefined> {
  const ahead: { part: Part; header: boolean }[] = [
    { part: root, header: false },
  ];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    const { part, header } = next;
    if (header) yield headerText(bytes, part.headerStart, part.bodyStart);
    if (part.message !== null) {
      ahead.push({ part: part.message, header: true });
    } else if (part.type === "TEXT" || part.type === "MESSAGE") {
      yield partText(bytes, part);
    }
    for (const child of part.children.toReversed()) {
      ahead.push({ part: child, header: mimeHeaders });
    }
  }
}

/**
 * The text of a part, decoded. Text that says it is US-ASCII is what its bytes are.
 * @param bytes the whole message that `part` was read from
 */
export function partText(bytes: Uint8Array, part: Part): string {
  return labelledText(partBytes(bytes, part), partCharset(part));
}

/**
 * The body of a part without its transfer encoding; as it stands where that is unknown.
 * @param bytes the whole message that `part` was read from
 * @param room may be used for what is returned, if that fits
 */
export function partBytes(
  bytes: Uint8Array,
  part: Part,
  room?: Uint8Array,
): Uint8Array {
  const end = Math.min(part.bodyEnd, part.bodyStart + MIME_LIMITS.maxBodyBytes);
  const body = bytes.subarray(part.bodyStart, end);
  return decode(body, part.encoding, room) ?? body;
}

/** The charset that a part says it is in; undefined where it says none, or US-ASCII. */
export function partCharset(part: Part): string | undefined {
  const charset = parameterText(part.parameters, "charset");
  return charset === undefined || /^(us-ascii)?$/i.test(charset)
    ? undefined
    : charset;
}

/** The text of bytes in the charset that {@linkcode partCharset} says. */
export function labelledText(
  bytes: Uint8Array,
  charset: string | undefined,
): string {
  const text = charset === undefined
    ? undefined
    : decodeCharset(bytes, charset);
  return text ?? decodeUnlabelled(bytes);
}
