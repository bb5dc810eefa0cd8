/**
 * The thread that computes password hashes while the main loop serves others. The main thread loads this too,
 * where it has to compute them itself.
 *
 * @module
 */

import type { SlowJob } from "./credentials/job.ts";
import { computeHash } from "./password_hash.ts";

export { computeHash };

/** What the thread is called, by which this file knows that it runs in it and not in somebody else's. */
export type ThreadName = "imapd passwords";

/** What the thread is asked. */
export interface HashRequest {
  /** The password in UTF-8. */
  readonly password: Uint8Array;
  /** What to compute of it. */
  readonly job: SlowJob;
}

/** The answer to a {@linkcode HashRequest}. */
export interface HashAnswer {
  /** The hash, or undefined when it could not be computed. */
  readonly hash: Uint8Array | undefined;
  /** Why not. */
  readonly error?: string;
}

/** What a worker's global scope has, of which the types of the main thread know nothing. */
const scope = self as unknown as {
  readonly name: string | undefined;
  onmessage: (event: MessageEvent<HashRequest>) => Promise<void>;
  postMessage(answer: HashAnswer): void;
};

async function respond({ data }: MessageEvent<HashRequest>): Promise<void> {
  let answer: HashAnswer;
  try {
    answer = { hash: await computeHash(data.password, data.job) };
  } catch (error) {
    answer = { hash: undefined, error: String(error) };
  }
  scope.postMessage(answer);
}

if (scope.name === ("imapd passwords" satisfies ThreadName)) {
  scope.onmessage = respond;
}
