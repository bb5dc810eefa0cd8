/**
 * Writes threads as the THREAD response has them (RFC 5256 § 4, § 5).
 *
 * @module
 */

import type { Encoder } from "../../wire/encoder.ts";
import type { ThreadTree } from "./thread_tree.ts";

// thread-list    = "(" (thread-members / thread-nested) ")"
// thread-members = nz-number *(SP nz-number) [SP thread-nested]
// thread-nested  = 2*thread-list
/**
 * Writes all threads, one behind the other.
 * @param numbers the numbers of the messages, by their places
 * @returns steps, between which what has been written can be sent
 */
export function* writeThreads(
  out: Encoder,
  { messages, first, firstChild, nextSibling }: ThreadTree,
  numbers: ArrayLike<number>,
): Generator<void, void, void> {
  // Of the lists that are open the next one that stands beside each, or -1. "There is no limit to the nesting".
  const beside: number[] = [];
  for (let node = first; node >= 0;) {
    out.open();
    beside.push(nextSibling[node]!);
    const isDummy = node >= messages;
    if (!isDummy) out.number(numbers[node]!);
    yield;
    let child = firstChild[node]!;
    while (child >= 0 && nextSibling[child]! < 0) {
      out.sp().number(numbers[child]!);
      child = firstChild[child]!;
      yield;
    }
    if (child >= 0) {
      if (!isDummy) out.sp();
      node = child;
      continue;
    }
    for (node = -1; node < 0 && beside.length > 0;) {
      out.close();
      node = beside.pop()!;
    }
    yield;
  }
}
