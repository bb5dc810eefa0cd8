/**
 * One-time passwords (RFC 2289) as they are kept: what was used last, from which nobody can tell what comes next.
 *
 * @module
 */

/** A user's series of one-time passwords. */
export interface OtpRecord {
  /** The hash function. */
  readonly algorithm: "md4" | "md5" | "sha1";
  /** The number of `last`. The password that is asked for next has one less. */
  readonly sequence: number;
  /** The seed: 1 to 16 letters and digits, in lower case. */
  readonly seed: string;
  /** The password that was used last, or the one that the series began with: eight bytes. */
  readonly last: Uint8Array;
}

/** Where they are kept. */
export interface OtpStore {
  /** The series of a user, or undefined. */
  get(user: string): Promise<OtpRecord | undefined>;
  /**
   * Puts a series in place of the one that was read before; undefined for none. It is durable when this settles.
   * @returns whether it was done; false when the series is not as it was read
   */
  compareAndSet(
    user: string,
    before: OtpRecord | undefined,
    after: OtpRecord | undefined,
  ): Promise<boolean>;
}

/** Whether two records are the same, or both are none. */
export function isSameOtp(
  a: OtpRecord | undefined,
  b: OtpRecord | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.algorithm === b.algorithm && a.sequence === b.sequence &&
    a.seed === b.seed && a.last.length === b.last.length &&
    a.last.every((byte, index) => byte === b.last[index]);
}
