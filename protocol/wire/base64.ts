/**
 * Base64 as IMAP has it: RFC 4648 § 4, no white space, padding there, its spare bits zero.
 *
 * @module
 */

import { BASE64_CHAR, CHAR_CLASS } from "./char_class.ts";
import { ParseError } from "./parse_error.ts";
import { asciiText } from "./text.ts";

/**
 * Decodes base64 (RFC 9051 § 9, `base64`), such as a client's answer in AUTHENTICATE.
 * @throws {ParseError} on anything that an encoder would not have written
 */
export function decodeBase64(encoded: Uint8Array): Uint8Array {
  for (const byte of encoded) {
    if ((CHAR_CLASS[byte]! & BASE64_CHAR) === 0) throw invalid();
  }
  try {
    return Uint8Array.fromBase64(asciiText(encoded, 0, encoded.length), {
      lastChunkHandling: "strict",
    });
  } catch {
    throw invalid();
  }
}

function invalid(): ParseError {
  return new ParseError("Expected valid base64");
}
