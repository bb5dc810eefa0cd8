/**
 * The keys of SCRAM (RFC 5802 § 3): what a server keeps of a password, and what a proof is checked with.
 *
 * @module
 */

import { createHash, createHmac } from "node:crypto";
import { saslPrepared } from "./saslprep.ts";
import type { ScramHash } from "./server.ts";

/** How many iterations a password is worth unless told: the least that RFC 7677 § 4 asks for. */
export const SCRAM_ITERATIONS = 4_096;

/** What a server keeps of a password. */
export interface ScramKeys {
  /** StoredKey: checks a client's proof. */
  readonly storedKey: Uint8Array;
  /** ServerKey: proves to the client that the server knows it. */
  readonly serverKey: Uint8Array;
}

/** The length of a hash's result, and so of the keys, in bytes. */
export const HASH_LENGTH: Readonly<Record<ScramHash, number>> = {
  "SHA-1": 20,
  "SHA-256": 32,
};

const NAMES = { "SHA-1": "sha1", "SHA-256": "sha256" } as const;

/** HMAC(key, str)      RFC 5802 § 2.2 */
export function hmac(
  hash: ScramHash,
  key: Uint8Array,
  text: Uint8Array | string,
): Uint8Array {
  return new Uint8Array(createHmac(NAMES[hash], key).update(text).digest());
}

/** H(str)      RFC 5802 § 2.2 */
export function digest(hash: ScramHash, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash(NAMES[hash]).update(bytes).digest());
}

/** Two hashes, bit by bit. */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, at) => byte ^ b[at]!);
}

/**
 * Derives the keys of a password: a millisecond of another thread for every few thousand iterations. A password
 * that SASLprep does not allow counts in NFC, as clients that do not prepare passwords send it.
 */
export async function deriveScramKeys(
  hash: ScramHash,
  password: string,
  salt: Uint8Array,
  iterations: number,
): Promise<ScramKeys> {
  const prepared = await saslPrepared(password) ?? password.normalize("NFC");
  // SaltedPassword := Hi(Normalize(password), salt, i), and Hi is PBKDF2.
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(prepared),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const salted = new Uint8Array(
    await crypto.subtle.deriveBits(
      { name: "PBKDF2", hash, salt: new Uint8Array(salt), iterations },
      key,
      HASH_LENGTH[hash] * 8,
    ),
  );
  return {
    storedKey: digest(hash, hmac(hash, salted, "Client Key")),
    serverKey: hmac(hash, salted, "Server Key"),
  };
}
