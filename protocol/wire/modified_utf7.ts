/**
 * Modified UTF-7, how mailbox names are written in IMAP4rev1 (RFC 3501 § 5.1.3).
 *
 * @module
 */

import { ParseError } from "./parse_error.ts";

const AMPERSAND = "&";
const SHIFTED = /[^ -~]+|&/g;
const ASCII = /^[ -~]*$/;
const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/** Writes a name in modified UTF-7. A lone surrogate becomes U+FFFD. */
export function encodeModifiedUtf7(name: string): string {
  return name.toWellFormed().replace(
    SHIFTED,
    (run) => run === AMPERSAND ? "&-" : `&${encodeRun(run)}-`,
  );
}

/**
 * Reads a name in modified UTF-7. Each name has one spelling, the one that {@linkcode encodeModifiedUtf7}
 * writes.
 * @throws {ParseError} on any other: printable ASCII in base64, a shift that does not end, two shifts where
 * one would do, lone surrogates, spare bits that are not zero, bytes above 0x7e
 */
export function decodeModifiedUtf7(encoded: string): string {
  if (!ASCII.test(encoded)) throw invalid();
  if (!encoded.includes(AMPERSAND)) return encoded;
  const name = encoded.replace(
    /&([^-]*)(-?)/g,
    (_, run: string, end: string) => {
      if (end === "") throw invalid();
      return run === "" ? AMPERSAND : decodeRun(run);
    },
  );
  if (encodeModifiedUtf7(name) !== encoded) throw invalid();
  return name;
}

/** UTF-16 in big-endian order, six bits a character, the spare bits zero. */
function encodeRun(run: string): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (let index = 0; index < run.length; index++) {
    value = value << 16 | run.charCodeAt(index);
    bits += 16;
    while (bits >= 6) {
      bits -= 6;
      text += DIGITS[value >> bits & 63];
    }
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + DIGITS[value << (6 - bits)];
}

function decodeRun(run: string): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const char of run) {
    const digit = DIGITS.indexOf(char);
    if (digit < 0) throw invalid();
    value = value << 6 | digit;
    bits += 6;
    if (bits >= 16) {
      bits -= 16;
      text += String.fromCharCode(value >> bits);
      value &= (1 << bits) - 1;
    }
  }
  return text;
}

function invalid(): ParseError {
  return new ParseError("Expected a mailbox name in modified UTF-7");
}
