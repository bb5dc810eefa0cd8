/**
 * Bytes in a charset to text: `TextDecoder` for the charsets of the web, iconv-lite for those that it lacks
 * (UTF-7, the code pages of DOS, those of the Macintosh).
 *
 * @module
 */

// @ts-types="../../deps/iconv_lite.d.ts"
import iconv from "iconv-lite";
import { Buffer, isAscii, isUtf8 } from "node:buffer";

type Decode = (bytes: Uint8Array) => string;

/** What is known of a charset. */
interface Charset {
  readonly decode: Decode;
  readonly isUtf8: boolean;
  /** Whether text that has no other bytes than those of ASCII is what ASCII says; NUL aside. */
  readonly extendsAscii: boolean;
}

/** Charsets by lower-case label; null for a label that nothing knows. */
const charsets = new Map<string, Charset | null>();

/** All of ASCII but NUL, forwards and backwards: no shift or escape goes unnoticed in both. */
const ASCII = String.fromCharCode(
  ...Array.from({ length: 254 }, (_, at) => at < 127 ? at + 1 : 254 - at),
);
/** What no other charset has the bytes for that UTF-8 has. */
const BEYOND_ASCII = "a\u00e9\u4e00\u{1f600}";
const encoder = new TextEncoder();

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
    return charsetOf(charset)?.decode(bytes);
  } catch {
    // A decoder that gives up on its input knows as little as none.
    return undefined;
  }
}

/** Whether {@linkcode decodeCharset} knows a charset: where SEARCH has to answer BADCHARSET it does not. */
export function isKnownCharset(charset: string): boolean {
  return charsetOf(charset) !== undefined;
}

/**
 * Whether the bytes of a text in a charset are those that it has in UTF-8, which is known of valid UTF-8 and of plain
 * ASCII. A byte order mark counts for nothing, and NUL is not looked at.
 */
export function isSameInUtf8(bytes: Uint8Array, charset: string): boolean {
  const known = charsetOf(charset);
  if (known === undefined) return false;
  return known.isUtf8 ? isUtf8(bytes) : known.extendsAscii && isAscii(bytes);
}

function charsetOf(label: string): Charset | undefined {
  const name = label.trim().toLowerCase();
  let charset = charsets.get(name);
  if (charset === undefined) {
    const decode = findDecoder(ALIASES.get(name) ?? name);
    charset = decode === undefined ? null : {
      decode,
      isUtf8: decodes(decode, BEYOND_ASCII),
      extendsAscii: decodes(decode, ASCII),
    };
    if (charsets.size < MAX_REMEMBERED) charsets.set(name, charset);
  }
  return charset ?? undefined;
}

/** Whether a text is decoded from the bytes that it has in UTF-8. */
function decodes(decode: Decode, text: string): boolean {
  try {
    return decode(encoder.encode(text)) === text;
  } catch {
    return false;
  }
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
