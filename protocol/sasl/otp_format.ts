/**
 * One-time passwords as people and programs write them: sixteen hexadecimal digits, or six short words
 * (RFC 2289 § 6).
 *
 * @module
 */

import { OTP_WORDS } from "./otp_dictionary.ts";
import { OTP_LENGTH, type OtpAlgorithm, otpHash } from "./otp_hash.ts";

const encoder = new TextEncoder();

/** How many words make a password, and how many bits each of them has. */
const WORDS = 6;
const WORD_BITS = 11n;

const PLACES: ReadonlyMap<string, number> = new Map(
  OTP_WORDS.map((word, place) => [word, place]),
);

/** Reads hexadecimal digits, with white space wherever it likes to be; undefined for anything else. */
export function parseOtpHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/[ \t]+/g, "");
  return /^[0-9a-f]{16}$/i.test(digits)
    ? Uint8Array.fromHex(digits)
    : undefined;
}

/**
 * Reads six words: of the standard dictionary in whatever case, or of another, by the hashes of its words
 * (RFC 2289 Appendix B).
 * @returns the password, or undefined when these are no six words or their checksum is wrong
 */
export function parseOtpWords(
  text: string,
  algorithm: OtpAlgorithm,
): Uint8Array | undefined {
  const words = text.split(/[ \t]+/).filter((word) => word !== "");
  if (words.length !== WORDS) return undefined;
  const standard = words.map((word) => PLACES.get(word.toUpperCase()));
  const places = standard.every((place) => place !== undefined)
    ? standard
    : standard.every((place) => place === undefined)
    ? words.map((word) => alternativePlace(word, algorithm))
    : undefined;
  if (places === undefined) return undefined;
  const bits = places.reduce(
    (bits, place) => bits << WORD_BITS | BigInt(place),
    0n,
  );
  const password = new Uint8Array(OTP_LENGTH);
  new DataView(password.buffer).setBigUint64(0, bits >> 2n);
  return Number(bits & 3n) === checksum(password) ? password : undefined;
}

/** Writes six words. */
export function formatOtpWords(password: Uint8Array): string {
  const view = new DataView(password.buffer, password.byteOffset, OTP_LENGTH);
  const bits = view.getBigUint64(0) << 2n | BigInt(checksum(password));
  return Array.from({ length: WORDS }, (_, index) => {
    const shift = WORD_BITS * BigInt(WORDS - 1 - index);
    return OTP_WORDS[Number(bits >> shift & 2047n)];
  }).join(" ");
}

/** The sum of all pairs of bits, the last two bits of it. */
function checksum(password: Uint8Array): number {
  let sum = 0;
  for (const byte of password) {
    sum += (byte >> 6) + (byte >> 4) + (byte >> 2) + byte;
  }
  return sum & 3;
}

/** alg( W ) % 2048 == N      RFC 2289 Appendix B; the case of the word counts */
function alternativePlace(word: string, algorithm: OtpAlgorithm): number {
  const hash = otpHash(algorithm, encoder.encode(word));
  return (hash[6]! << 8 | hash[7]!) & 2047;
}
