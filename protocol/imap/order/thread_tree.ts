/**
 * Threads: messages, and what stands for messages that are not there, each with its children in their order.
 *
 * @module
 */

import { inBlocks, type Pace } from "../../../storage/pace.ts";
import { mergeSort } from "./merge_sort.ts";

/** How many messages to go through between two looks at the clock. */
export const CLOCK_CHECK = 1_024;

/** Threads; -1 is none. */
export interface ThreadTree {
  /** Nodes below this are messages, by their places among those that are threaded; others are dummies. */
  readonly messages: number;
  /** The first thread. */
  readonly first: number;
  /** Of each node its first child. */
  readonly firstChild: Int32Array;
  /** Of each node the next child of its parent, or the next thread. */
  readonly nextSibling: Int32Array;
}

/**
 * Makes threads of parents.
 * @param parents those of all nodes, or -1; a dummy has none, and two children at the least, or nothing
 * @param order the messages in the order in which siblings are to be; a dummy goes by its first child
 * @param threads the nodes without a parent in their order, where that is another
 */
export async function treeOf(
  parents: Int32Array,
  order: Uint32Array,
  pace: Pace,
  threads?: Int32Array,
): Promise<ThreadTree> {
  const nodes = parents.length;
  const messages = order.length;
  const firstChild = new Int32Array(nodes).fill(-1);
  const lastChild = new Int32Array(nodes).fill(-1);
  const nextSibling = new Int32Array(nodes).fill(-1);
  let first = -1;
  let last = -1;
  const append = (thread: number) => {
    if (last < 0) first = thread;
    else nextSibling[last] = thread;
    last = thread;
  };
  for (let at = 0; at < messages; at++) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const message = order[at]!;
    const parent = parents[message]!;
    if (parent < 0) {
      if (threads === undefined) append(message);
      continue;
    }
    const before = lastChild[parent]!;
    lastChild[parent] = message;
    if (before >= 0) nextSibling[before] = message;
    else {
      firstChild[parent] = message;
      if (parent >= messages && threads === undefined) append(parent);
    }
  }
  for (let at = 0; at < (threads?.length ?? 0); at++) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    append(threads![at]!);
  }
  return { messages, first, firstChild, nextSibling };
}

/** The places of messages in the order of their dates; of those of the same, in that of the mailbox (RFC 5256 § 2.2). */
export async function orderOf(
  dates: Float64Array,
  pace: Pace,
): Promise<Uint32Array> {
  const order = new Uint32Array(dates.length);
  for (let at = 0; at < order.length; at++) order[at] = at;
  await mergeSort(order, (a, b) => dates[a]! - dates[b]!, pace);
  return order;
}

/** A table with a place for each of some numbers, in each of which is -1. */
export async function tableOf(
  numbers: Int32Array,
  pace: Pace,
): Promise<Int32Array> {
  let most = -1;
  await inBlocks(numbers.length, pace, (at) => {
    if (numbers[at]! > most) most = numbers[at]!;
  });
  return new Int32Array(most + 1).fill(-1);
}
