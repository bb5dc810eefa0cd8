/**
 * What is computed of a password to check it: a job has all that the record says but the result.
 *
 * @module
 */

/** argon2id or argon2i (RFC 9106). */
export interface Argon2Job {
  /** Which function. */
  readonly kind: "argon2id" | "argon2i";
  /** Salt. */
  readonly salt: Uint8Array;
  /** Memory in KiB. */
  readonly memory: number;
  /** Passes over the memory. */
  readonly iterations: number;
  /** Lanes. */
  readonly parallelism: number;
  /** How long a hash is wanted, in bytes. */
  readonly length: number;
}

/** bcrypt; the result is its 23 bytes. */
export interface BcryptJob {
  /** Which function. */
  readonly kind: "bcrypt";
  /** Salt, 16 bytes. */
  readonly salt: Uint8Array;
  /** The logarithm of the rounds. */
  readonly cost: number;
}

/** The crypt(3) functions `$5$` and `$6$`; the result is the digest, in its own order. */
export interface ShaCryptJob {
  /** Which function. */
  readonly kind: "sha256-crypt" | "sha512-crypt";
  /** Salt. */
  readonly salt: Uint8Array;
  /** Rounds. */
  readonly rounds: number;
}

/** PBKDF2 (RFC 8018 § 5.2) with HMAC-SHA-1. */
export interface Pbkdf2Job {
  /** Which function. */
  readonly kind: "pbkdf2";
  /** Salt. */
  readonly salt: Uint8Array;
  /** Iterations. */
  readonly iterations: number;
  /** How long a hash is wanted, in bytes. */
  readonly length: number;
}

/** The StoredKey of SCRAM (RFC 5802 § 3). */
export interface ScramJob {
  /** Which function. */
  readonly kind: "scram";
  /** The hash function. */
  readonly hash: "SHA-1" | "SHA-256";
  /** Salt. */
  readonly salt: Uint8Array;
  /** Iterations. */
  readonly iterations: number;
}

/** One pass of a hash function over password and salt. */
export interface DigestJob {
  /** Which function. */
  readonly kind: "digest";
  /** The hash function. */
  readonly hash: "md5" | "sha1" | "sha256" | "sha512";
  /** Salt; empty for none. */
  readonly salt: Uint8Array;
}

/** What takes long enough to be computed in a thread of its own. */
export type SlowJob =
  | Argon2Job
  | BcryptJob
  | ShaCryptJob
  | Pbkdf2Job
  | ScramJob;

/** What to compute of a password. */
export type HashJob = SlowJob | DigestJob;

/** A record of a password, taken apart. */
export interface PasswordCheck {
  /** What to compute. */
  readonly job: HashJob;
  /** What comes out for the right password. */
  readonly hash: Uint8Array;
}
