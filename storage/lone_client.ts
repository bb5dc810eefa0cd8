/**
 * Whether one client alone keeps this thread busy.
 *
 * To wait for the disk in another thread costs two changes of threads, as much as half of the wait where the disk is
 * quick. It is done so that others are served meanwhile; where there are none, it is done for nothing.
 *
 * @module
 */

/** After so many things in a row that came from one client, it is taken for the only one at work. */
const IN_A_ROW = 16;

/** For so long it is, unless more comes from it; milliseconds. */
const WHILE = 1_000;

let last = 0;
let inARow = 0;
let at = 0;

/**
 * Bytes have come from a client, or a commit from another thread.
 * @param client a number that no other has, other than zero
 */
export function heardFrom(client: number): void {
  at = performance.now();
  if (client === last) inARow++;
  else {
    last = client;
    inARow = 1;
  }
}

/** Whether all that has come lately came from one client. */
export function hasLoneClient(): boolean {
  return inARow >= IN_A_ROW && performance.now() - at < WHILE;
}
