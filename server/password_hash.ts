/**
 * Computing what takes long of a password, in whatever thread.
 *
 * @module
 */

import { argon2i, argon2id, bcrypt } from "hash-wasm";
import { deriveScramKeys } from "../protocol/sasl/scram_keys.ts";
import type { SlowJob } from "./credentials/job.ts";
import { shaCrypt } from "./credentials/sha_crypt.ts";

/** More of a password than this bcrypt never looks at, in bytes. */
const BCRYPT_LENGTH = 72;
/** So much of the result of bcrypt stands in a record, in bytes. */
const BCRYPT_RESULT = 23;

/**
 * Computes a hash. The thread does little else meanwhile, some 80 ms with argon2id.
 * @param password in UTF-8, at least one byte
 */
export async function computeHash(
  password: Uint8Array,
  job: SlowJob,
): Promise<Uint8Array> {
  switch (job.kind) {
    case "argon2id":
    case "argon2i":
      return await (job.kind === "argon2id" ? argon2id : argon2i)({
        password,
        salt: job.salt,
        memorySize: job.memory,
        iterations: job.iterations,
        parallelism: job.parallelism,
        hashLength: job.length,
        outputType: "binary",
      });
    case "bcrypt": {
      const hash = await bcrypt({
        password: password.subarray(0, BCRYPT_LENGTH),
        salt: job.salt,
        costFactor: job.cost,
        outputType: "binary",
      });
      return hash.subarray(0, BCRYPT_RESULT);
    }
    case "sha256-crypt":
    case "sha512-crypt":
      return shaCrypt(password, job);
    case "pbkdf2":
      return await pbkdf2(password, job.salt, job.iterations, job.length);
    case "scram": {
      const text = new TextDecoder().decode(password);
      const { hash, salt, iterations } = job;
      return (await deriveScramKeys(hash, text, salt, iterations)).storedKey;
    }
  }
}

async function pbkdf2(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey(
    "raw",
    new Uint8Array(password),
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const how = { name: "PBKDF2", hash: "SHA-1", salt: new Uint8Array(salt) };
  return new Uint8Array(
    await crypto.subtle.deriveBits({ ...how, iterations }, key, length * 8),
  );
}
