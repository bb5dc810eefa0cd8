/**
 * REFS: threads by what messages refer to, the one that has received a message last at the end
 * (draft-ietf-morg-inthread). It is REFERENCES without a look at subjects.
 *
 * @module
 */

import type { Pace } from "../../../storage/pace.ts";
import { type MessageReferences, parentsByReferences } from "./thread_links.ts";
import {
  CLOCK_CHECK,
  orderOf,
  type ThreadTree,
  treeOf,
} from "./thread_tree.ts";

/** What of the messages is needed, by their places. */
export interface RefsFacts {
  /** Their sent dates, by which siblings are sorted. */
  readonly sent: Float64Array;
  /** Their internal dates, by which threads are. */
  readonly arrived: Float64Array;
  /** What they refer to. */
  readonly references: MessageReferences;
}

/** Threads messages. */
export async function threadRefs(
  { sent, arrived, references }: RefsFacts,
  pace: Pace,
): Promise<ThreadTree> {
  const parents = await parentsByReferences(references, pace);
  const arrival = await orderOf(arrived, pace);
  const threads = await threadsByArrival(parents, arrival, pace);
  return await treeOf(parents, await orderOf(sent, pace), pace, threads);
}

/** The nodes without a parent, by the most recent internal date in their threads. */
async function threadsByArrival(
  parents: Int32Array,
  arrival: Uint32Array,
  pace: Pace,
): Promise<Int32Array> {
  const tops = parents.slice();
  const isKnown = new Uint8Array(parents.length);
  const threads = new Int32Array(arrival.length);
  let first = threads.length;
  for (let at = arrival.length - 1; at >= 0; at--) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    let top = arrival[at]!;
    while (tops[top]! >= 0) top = tops[top]!;
    // Who comes after need not go this way again.
    for (let below = arrival[at]!; below !== top;) {
      const next = tops[below]!;
      tops[below] = top;
      below = next;
    }
    if (isKnown[top] === 1) continue;
    isKnown[top] = 1;
    threads[--first] = top;
  }
  return threads.subarray(first);
}
