/**
 * Turns at what is changed: threads that plan changes of one thing at once would make each other's plans wrong, again
 * and again.
 *
 * @module
 */

import type { Subject } from "./batch.ts";

/** See the module's text. */
export interface Locks {
  /** Whether nobody else changes what has been taken. */
  readonly exclusive: boolean;
  /** Takes all of them, or none where another thread has one. What this thread has already stays taken. */
  take(subjects: Iterable<Subject<unknown>>): boolean;
  /** Gives back all that was taken. */
  release(): void;
  /** Waits a while for what could not be taken last. */
  wait(): Promise<void>;
}

/** Nobody to take turns with, or nobody who could be asked. */
export const NO_LOCKS: Locks = {
  exclusive: false,
  take: () => true,
  release() {},
  wait: () => Promise.resolve(),
};
