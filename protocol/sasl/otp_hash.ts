/**
 * The hash functions of one-time passwords (RFC 2289 § 6, Appendix A), and the chain of passwords that they make.
 *
 * All of them are folded to 64 bits. That bounds what they are worth: whoever hears a password can look for the
 * next one, or for the pass phrase, at leisure. MD4 and MD5 have been broken besides, though not in the way that
 * matters here, which is to find what has a given hash.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A hash function, by its name in RFC 2289 § 6. */
export type OtpAlgorithm = "md4" | "md5" | "sha1";

/** All of them. */
export const OTP_ALGORITHMS: readonly OtpAlgorithm[] = ["md4", "md5", "sha1"];

/** The length of a password, in bytes. */
export const OTP_LENGTH = 8;

/**
 * The numbers that the first password of a series may have. The password asked for next has one less, and that
 * must not be less than one (RFC 2243 § 4.3); four digits are as many as the form of RFC 2243 § 4.1 has.
 */
export const MIN_OTP_SEQUENCE = 2;
/** See {@linkcode MIN_OTP_SEQUENCE}. */
export const MAX_OTP_SEQUENCE = 9_999;

/** Whether a name is that of a hash function; they are in lower case, and compare with it. */
export function isOtpAlgorithm(name: string): name is OtpAlgorithm {
  return (OTP_ALGORITHMS as readonly string[]).includes(name);
}

/** Hashes, and folds to eight bytes. */
export function otpHash(algorithm: OtpAlgorithm, data: Uint8Array): Uint8Array {
  const digest = createHash(algorithm).update(data).digest();
  const folded = new Uint8Array(OTP_LENGTH);
  for (const [index, byte] of digest.entries()) {
    folded[placeOf(algorithm, index)]! ^= byte;
  }
  return folded;
}

/**
 * Where a byte of the digest is folded to. SHA-1 has its words the other way round than MD4 and MD5, and its fifth
 * goes onto the first (RFC 2289 Appendix A).
 */
function placeOf(algorithm: OtpAlgorithm, index: number): number {
  const place = index % OTP_LENGTH;
  return algorithm === "sha1" ? place ^ 3 : place;
}

/**
 * The password of a number (RFC 2289 § 6): seed and pass phrase hashed once, and then as often as the number says.
 * @param seed in whatever case; it counts in lower case
 */
export function otpPassword(
  algorithm: OtpAlgorithm,
  seed: string,
  passphrase: string,
  sequence: number,
): Uint8Array {
  let password = otpHash(
    algorithm,
    new TextEncoder().encode(seed.toLowerCase() + passphrase),
  );
  for (let count = 0; count < sequence; count++) {
    password = otpHash(algorithm, password);
  }
  return password;
}
