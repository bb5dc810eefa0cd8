/**
 * Numbers for connections, by which logs and traces tell them apart.
 *
 * @module
 */

let last = 0;

/** A number that no connection of this process has had, whatever it speaks. */
export function nextConnectionNumber(): number {
  return ++last;
}
