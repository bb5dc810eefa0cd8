/**
 * Bytes in a charset to text: `TextDecoder` for the charsets of the web, iconv-lite for those that it lacks
 * (UTF-7, the code pages of DOS, those of the Macintosh).
 *
 * @module
 */

// @ts-types="../../deps/iconv_lite.d.ts"
import iconv from "iconv-lite";
import { Buffer } from "node:buffer";

type Decode = (bytes: Uint8Array) => string;

/** Decoders by lower-case label; null for a label that nothing knows. */
const decoders = new Map<string, Decode | null>();

/** A sender chooses the labels: beyond so many they are looked up again each time. */
const MAX_REMEMBERED = 200;

/** Names that neither library knows, for charsets that one of them does. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["646", "us-ascii"],
  ["ansi_x3.4-1986", "us-ascii"],
  ["cp932", "shift_jis"],
  ["cp936", "gbk"],
  ["cp949", "euc-kr"],
  ["cp950", "big5"],
  ["utf8mb4", "utf-8"],
]);

/**
 * The text of bytes in a charset; what does not decode becomes U+FFFD.
 * @param charset a label, in any case (RFC 2978 § 2.3)
 * @returns undefined when the charset is unknown
 */
export function decodeCharset(
  bytes: Uint8Array,
  charset: string,
): string | undefined {
  try {
    return decoderOf(charset)?.(bytes);
  } catch {
    // A decoder that gives up on its input knows as little as none.
    return undefined;
  }
}

/** Whether {@linkcode decodeCharset} knows a charset: where SEARCH has to answer BADCHARSET it does not. */
export function isKnownCharset(charset: string): boolean {
  return decoderOf(charset) !== undefined;
}

function decoderOf(charset: string): Decode | undefined {
  const label = charset.trim().toLowerCase();
  let decode = decoders.get(label);
  if (decode === undefined) {
    decode = findDecoder(ALIASES.get(label) ?? label) ?? null;
    if (decoders.size < MAX_REMEMBERED) decoders.set(label, decode);
  }
  return decode ?? undefined;
}

function findDecoder(label: string): Decode | undefined {
  // "utf-16" without a byte order mark, "utf-8" with one: both are TextDecoder's business.
  try {
    const decoder = new TextDecoder(label);
    return (bytes) => decoder.decode(bytes);
  } catch {
    if (!/^[a-z0-9][a-z0-9_:.+-]{0,63}$/.test(label)) return undefined;
    // Encodings of iconv-lite that are no charsets.
    if (/^(base64|hex|binary|internal)/.test(label)) return undefined;
    if (!iconv.encodingExists(label)) return undefined;
    return (bytes) =>
      iconv.decode(
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
        label,
      );
  }
}
