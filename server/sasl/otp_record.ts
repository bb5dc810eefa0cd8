/**
 * How a series of one-time passwords begins.
 *
 * @module
 */

import {
  MAX_OTP_SEQUENCE,
  MIN_OTP_SEQUENCE,
  OTP_ALGORITHMS,
  type OtpAlgorithm,
  otpPassword,
} from "../../protocol/sasl/otp_hash.ts";
import type { OtpRecord } from "../../storage/otp.ts";

/** What a series is where nothing else is asked for: MD5 is what every generator knows (RFC 2289 § 5). */
export const DEFAULT_OTP = {
  algorithm: "md5",
  sequence: 499,
} as const satisfies { algorithm: OtpAlgorithm; sequence: number };

/** What a series is made of. */
export interface OtpSeriesOptions {
  /** The hash function: `md4` (the one that S/KEY knows), `md5` or `sha1`. Default `md5`. */
  readonly algorithm?: OtpAlgorithm;
  /** How many logins it is good for, and one: 2 to 9,999. Default 499. */
  readonly sequence?: number;
  /** The seed: 1 to 16 letters and digits, another one for each series. Default: one made at random. */
  readonly seed?: string;
}

/**
 * Makes the series of one-time passwords that comes from a pass phrase (RFC 2289 § 6), to be put into an
 * {@linkcode OtpStore}. The pass phrase is not in it.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { otpRecord } from "@x/imapd";
 *
 * // "A_Valid_Pass_Phrase" with the seed "AValidSeed": RFC 2289, appendix C
 * const { last } = otpRecord("A_Valid_Pass_Phrase", {
 *   algorithm: "md5",
 *   seed: "AValidSeed",
 *   sequence: 99,
 * });
 * assertEquals(last.toHex(), "85c43ee03857765b");
 * ```
 * @param passphrase 10 to 63 characters, since no generator has to take more
 * @throws {TypeError} for a pass phrase, a seed, a number or a hash function that cannot be
 */
export function otpRecord(
  passphrase: string,
  options: OtpSeriesOptions = {},
): OtpRecord {
  const { algorithm, sequence } = { ...DEFAULT_OTP, ...options };
  const seed = (options.seed ??
    seedOf(crypto.getRandomValues(new Uint8Array(6)))).toLowerCase();
  if (!OTP_ALGORITHMS.includes(algorithm)) {
    throw new TypeError(`The hash is one of ${OTP_ALGORITHMS.join(", ")}`);
  }
  if (!/^[a-z\d]{1,16}$/.test(seed)) {
    throw new TypeError("A seed has 1 to 16 letters and digits");
  }
  if (
    !Number.isInteger(sequence) || sequence < MIN_OTP_SEQUENCE ||
    sequence > MAX_OTP_SEQUENCE
  ) {
    throw new TypeError(
      `The sequence goes from ${MIN_OTP_SEQUENCE} to ${MAX_OTP_SEQUENCE}`,
    );
  }
  const { length } = [...passphrase];
  if (length < 10 || length > 63) {
    throw new TypeError("A pass phrase has 10 to 63 characters");
  }
  // "SHOULD NOT allow a user to use the same value for their seed and secret pass phrase": RFC 2243 § 4.3
  if (passphrase.toLowerCase() === seed) {
    throw new TypeError("The pass phrase and the seed cannot be the same");
  }
  const last = otpPassword(algorithm, seed, passphrase, sequence);
  return { algorithm, sequence, seed, last };
}

/** A seed made of six bytes: two letters and five digits. */
export function seedOf(bytes: Uint8Array): string {
  const letters = [...bytes.subarray(0, 2)].map((byte) =>
    String.fromCharCode(0x61 + byte % 26)
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return letters.join("") + String(10_000 + view.getUint32(2) % 90_000);
}
