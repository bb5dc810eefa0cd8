/**
 * Encoded words (RFC 2047) and file names, for eyes and for searching.
 *
 * @module
 */

// @ts-types="../../deps/libmime.d.ts"
import libmime from "libmime";
import { decodeExtended, type Parameters } from "./parameters.ts";

/**
 * Text with its encoded words decoded. White space between two of them goes (RFC 2047 § 6.2), also where a
 * character is split across both. What cannot be decoded stays or becomes U+FFFD. Never throws.
 */
export function decodeWords(text: string): string {
  if (!text.includes("=?")) return text;
  return decodeOneWord(text) ?? decodeAnyWords(text);
}

function decodeAnyWords(text: string): string {
  try {
    return libmime.decodeWords(text);
  } catch {
    return text;
  }
}

/** A text with a single encoded word that is in UTF-8, as nearly all are, and without any fault. */
const ONE_WORD =
  /^([^=]*)=\?utf-8\?(?:b\?([a-z0-9+/]*={0,2})|q\?((?:[!-<>@-~]|=[0-9a-f]{2})*))\?=([^=]*)$/i;
const MAX_ONE_WORD = 1_000;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes {@linkcode ONE_WORD}; undefined for any other text, and for a long one. */
function decodeOneWord(text: string): string | undefined {
  if (text.length > MAX_ONE_WORD) return undefined;
  const match = ONE_WORD.exec(text);
  if (match === null) return undefined;
  const [, before, base64, quoted, behind] = match;
  try {
    const word = base64 === undefined
      ? decodeQuoted(quoted!)
      : utf8.decode(Uint8Array.fromBase64(base64, STRICT));
    return `${before}${word}${behind}`;
  } catch {
    return undefined;
  }
}

const STRICT = { lastChunkHandling: "strict" } as const;

/** Decodes Q (RFC 2047 § 4.2). @throws {URIError} where that is no UTF-8 */
function decodeQuoted(text: string): string {
  const escaped = text.replaceAll("%", "%25").replaceAll("_", " ");
  return decodeURIComponent(escaped.replaceAll("=", "%"));
}

/**
 * A parameter as text: RFC 2231 when there is `name*`, else the plain value with encoded words decoded,
 * which RFC 2047 § 5 forbids and many send.
 * @param parameters with continuations joined, as a part has them
 * @returns undefined when there is no such parameter
 */
export function parameterText(
  parameters: Parameters,
  name: string,
): string | undefined {
  const wanted = name.toLowerCase();
  let plain: string | undefined;
  for (const [key, value] of parameters) {
    const lower = key.toLowerCase();
    if (lower === `${wanted}*`) {
      const text = decodeExtended(value);
      if (text !== undefined) return text;
    } else if (lower === wanted) plain ??= value;
  }
  return plain === undefined ? undefined : decodeWords(plain);
}

/** The file name that a part suggests (RFC 2183 § 2.3), or the `name` of its media type; undefined if none. */
export function fileName(
  part: {
    readonly parameters: Parameters;
    readonly disposition: { readonly parameters: Parameters } | null;
  },
): string | undefined {
  return parameterText(part.disposition?.parameters ?? [], "filename") ??
    parameterText(part.parameters, "name");
}
