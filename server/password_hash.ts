/**
 * Computing argon2id (RFC 9106), in whatever thread.
 *
 * @module
 */

import { argon2id } from "hash-wasm";

/** What to compute. */
export interface HashJob {
  /** The password in UTF-8. */
  readonly password: Uint8Array;
  /** The salt. */
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

/** Computes a hash: some 80 ms during which the thread does nothing else. */
export function computeHash(job: HashJob): Promise<Uint8Array> {
  return argon2id({
    password: job.password,
    salt: job.salt,
    memorySize: job.memory,
    iterations: job.iterations,
    parallelism: job.parallelism,
    hashLength: job.length,
    outputType: "binary",
  });
}
