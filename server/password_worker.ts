/**
 * The thread that computes password hashes while the main loop serves others.
 *
 * @module
 */

/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />

import { computeHash, type HashJob } from "./password_hash.ts";

/** The answer to a {@linkcode HashJob}. */
export interface HashAnswer {
  /** The hash, or undefined when it could not be computed. */
  readonly hash: Uint8Array | undefined;
  /** Why not. */
  readonly error?: string;
}

self.onmessage = async ({ data }: MessageEvent<HashJob>): Promise<void> => {
  let answer: HashAnswer;
  try {
    answer = { hash: await computeHash(data) };
  } catch (error) {
    answer = { hash: undefined, error: String(error) };
  }
  self.postMessage(answer);
};
