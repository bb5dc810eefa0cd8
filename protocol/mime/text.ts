/**
 * What the body of a part says, for SEARCH: transfer encoding and charset undone, as RFC 9051 § 6.4.4 demands before
 * text is compared.
 *
 * @module
 */

import { decodeUnlabelled } from "./bytes.ts";
import { decodeCharset } from "./charset.ts";
import { parameterText } from "./encoded_word.ts";
import { MIME_LIMITS } from "./limits.ts";
import type { Part } from "./part.ts";
import { decode } from "./transfer_encoding.ts";

/**
 * The text of a part, decoded. Text that says it is US-ASCII is what its bytes are; what is in an unknown transfer
 * encoding is taken as it stands, what is in an unknown charset as UTF-8 or windows-1252.
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
