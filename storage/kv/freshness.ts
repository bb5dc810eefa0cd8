/**
 * Whether what is in memory can be used as it is, or somebody else may have written to the database since.
 *
 * @module
 */

import type { Subject } from "./batch.ts";

/** See the module's text. */
export interface Freshness {
  /** Whether nobody can have changed it since it was read or written here. */
  holds(subject: Subject<unknown>): boolean;
  /** Whether somebody is known to have changed it, so that a commit that checks it would fail. */
  moved(subject: Subject<unknown>): boolean;
  /** It is about to be read; what is returned is called when it has been. */
  reading(subject: Subject<unknown>): () => void;
  /** It is now what a commit has made of it that raised its mark to this. */
  followed(subject: Subject<unknown>, mark: number): void;
  /** Some have been checked by a commit with this result, in the order of its checks. */
  committed(
    subjects: Iterable<Subject<unknown>>,
    result: Deno.KvCommitResult,
  ): void;
}

/** Nobody else writes. */
export const ALONE: Freshness = {
  holds: ({ stale }) => !stale,
  moved: () => false,
  reading: () => () => {},
  followed() {},
  committed() {},
};

/** Anybody may write at any time. */
export const AMONG_OTHERS: Freshness = {
  holds: () => false,
  moved: () => false,
  reading: () => () => {},
  followed() {},
  committed() {},
};
