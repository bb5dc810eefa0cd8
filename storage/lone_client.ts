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

let last = 0;
let inARow = 0;

/**
 * Bytes have come from a client.
 * @param client a number above zero that no other has
 */
export function heardFrom(client: number): void {
  if (client === last) inARow++;
  else {
    last = client;
    inARow = 1;
  }
}

/** Whether all that has come lately came from one client. */
export function hasLoneClient(): boolean {
  return inARow >= IN_A_ROW;
}
