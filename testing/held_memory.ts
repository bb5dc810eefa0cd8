/**
 * How much memory a test's own isolate holds. The size of the process would not tell: tests of other isolates run in it
 * at the same time.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** The bytes that are still reachable in this isolate, on its heap and in buffers. */
export function heldMemory(): number {
  collect();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** By how many bytes this isolate's memory grows at the most while something is done, what is not collected yet included. */
export async function mostGrown(act: () => Promise<void>): Promise<number> {
  const before = heldMemory();
  let most = before;
  const timer = setInterval(() => {
    const { heapUsed, external } = Deno.memoryUsage();
    most = Math.max(most, heapUsed + external);
  }, 5);
  try {
    await act();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}
