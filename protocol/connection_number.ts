/**
 * Numbers for connections, by which logs and traces tell them apart.
 *
 * @module
 */

/** Threads beside the first begin so far from one another. */
const A_THREAD = 1_000_000_000;

let last = 0;

/** Says which of several threads of the process this one is, from 1 on; the first need not say so. */
export function numberConnectionsOf(thread: number): void {
  last = thread * A_THREAD;
}

/** A number that no connection of this process has had, whatever it speaks. */
export function nextConnectionNumber(): number {
  return ++last;
}
