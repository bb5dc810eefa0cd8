/**
 * Records of one pass of a hash function, `{SSHA256}…`, and of the password itself, `{PLAIN}…`, as Dovecot has them:
 * the digest and behind it the salt, in base64 or hexadecimal digits.
 *
 * They are read so that users need no new password; who steals such a record tries a billion passwords a second.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { DigestJob, PasswordCheck } from "./job.ts";

/** The longest record of these, in characters. */
const MAX_LENGTH = 2_048;

interface DigestScheme {
  readonly hash: DigestJob["hash"];
  readonly salted?: true;
  readonly hex?: true;
}

const SCHEMES: Readonly<Record<string, DigestScheme>> = {
  "PLAIN-MD5": { hash: "md5", hex: true },
  "LDAP-MD5": { hash: "md5" },
  "SMD5": { hash: "md5", salted: true },
  "SHA": { hash: "sha1" },
  "SHA1": { hash: "sha1" },
  "SSHA": { hash: "sha1", salted: true },
  "SHA256": { hash: "sha256" },
  "SSHA256": { hash: "sha256", salted: true },
  "SHA512": { hash: "sha512" },
  "SSHA512": { hash: "sha512", salted: true },
};

const PLAIN = new Set(["PLAIN", "CLEAR", "CLEARTEXT"]);

const LENGTHS = { md5: 16, sha1: 20, sha256: 32, sha512: 64 } as const;

/** Computes the digest: some microseconds. */
export function computeDigest(
  password: Uint8Array,
  { hash, salt }: DigestJob,
): Uint8Array {
  return createHash(hash).update(password).update(salt).digest();
}

/**
 * Reads a record.
 * @param scheme its name, in capitals
 * @param encoding what the record says of how it is written: `B64`, `BASE64`, `HEX`, or undefined
 */
export function parseDigestRecord(
  scheme: string,
  encoding: string | undefined,
  text: string,
): PasswordCheck | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const plain = plainPassword(scheme, encoding, text);
  if (plain !== undefined) {
    // Digests of whatever length of password compare in the same time.
    const job = { kind: "digest", hash: "sha256", salt: NO_SALT } as const;
    return { job, hash: computeDigest(plain, job) };
  }
  const known = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme]! : undefined;
  if (known === undefined) return undefined;
  const { hash, salted = false, hex = false } = known;
  const length = LENGTHS[hash];
  const digits = encoding ??
    (hex || !salted && text.length === 2 * length ? "HEX" : "B64");
  const bytes = decode(text, digits);
  if (
    bytes === undefined || bytes.length < length ||
    bytes.length > length !== salted
  ) return undefined;
  const salt = bytes.subarray(length);
  return {
    job: { kind: "digest", hash, salt },
    hash: bytes.subarray(0, length),
  };
}

const NO_SALT = new Uint8Array(0);

/**
 * The password itself, where a record has it as it is; undefined where it does not, or the password is empty.
 * @param scheme see {@linkcode parseDigestRecord}
 * @param encoding likewise
 */
export function plainPassword(
  scheme: string,
  encoding: string | undefined,
  text: string,
): Uint8Array | undefined {
  if (!PLAIN.has(scheme) || text === "") return undefined;
  return encoding === undefined
    ? new TextEncoder().encode(text.normalize("NFC"))
    : decode(text, encoding);
}

function decode(text: string, encoding: string): Uint8Array | undefined {
  try {
    return encoding === "HEX"
      ? Uint8Array.fromHex(text)
      : Uint8Array.fromBase64(text);
  } catch {
    return undefined;
  }
}
