/**
 * The thread that computes argon2id: some 80 ms during which the main loop must serve others.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { argon2id } from "hash-wasm";

/** What to compute. */
export interface HashJob {
  /** Comes back with the answer. */
  readonly id: number;
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

/** The answer to a {@linkcode HashJob}. */
export interface HashAnswer {
  /** The job's. */
  readonly id: number;
  /** The hash, or undefined when it could not be computed. */
  readonly hash: Uint8Array | undefined;
  /** Why not. */
  readonly error?: string;
}

self.onmessage = async ({ data }: MessageEvent<HashJob>): Promise<void> => {
  let answer: HashAnswer;
  try {
    const hash = await argon2id({
      password: data.password,
      salt: data.salt,
      memorySize: data.memory,
      iterations: data.iterations,
      parallelism: data.parallelism,
      hashLength: data.length,
      outputType: "binary",
    });
    answer = { id: data.id, hash };
  } catch (error) {
    answer = { id: data.id, hash: undefined, error: String(error) };
  }
  self.postMessage(answer);
};
