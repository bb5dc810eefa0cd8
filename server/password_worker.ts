/**
 * The thread that computes password hashes while the main loop serves others.
 *
 * @module
 */

import { computeHash, type HashJob } from "./password_hash.ts";

/** The answer to a {@linkcode HashJob}. */
export interface HashAnswer {
  /** The hash, or undefined when it could not be computed. */
  readonly hash: Uint8Array | undefined;
  /** Why not. */
  readonly error?: string;
}

/** What a worker's global scope has, of which the types of the main thread know nothing. */
const scope = self as unknown as {
  onmessage: (event: MessageEvent<HashJob>) => Promise<void>;
  postMessage(answer: HashAnswer): void;
};

scope.onmessage = async ({ data }): Promise<void> => {
  let answer: HashAnswer;
  try {
    answer = { hash: await computeHash(data) };
  } catch (error) {
    answer = { hash: undefined, error: String(error) };
  }
  scope.postMessage(answer);
};
