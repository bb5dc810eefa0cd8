/**
 * Which part of the tests an isolate runs.
 *
 * @module
 */

/** All of them, unless {@linkcode runShard} says otherwise. */
export const part = { shard: 0, of: 1 };

/** How much less is done by `deno task test` than by a file itself, and by `deno task slow`. */
const LESS = 10;

/** How many rounds a test by chance runs. */
export function rounds(all: number): number {
  return part.of === 1 ? all : Math.ceil(all / LESS);
}

/** How far it is to the next case, where cases are in a row. */
export function stride(): number {
  return part.of === 1 ? 1 : LESS;
}
