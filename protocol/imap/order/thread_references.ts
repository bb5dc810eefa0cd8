/**
 * REFERENCES: threads by what messages refer to, and by subjects where that leaves threads apart (RFC 5256 § 3).
 *
 * @module
 */

import type { Pace } from "../../../storage/pace.ts";
import { type MessageReferences, parentsByReferences } from "./thread_links.ts";
import {
  CLOCK_CHECK,
  orderOf,
  tableOf,
  type ThreadTree,
  treeOf,
} from "./thread_tree.ts";

/** What of the messages is needed, by their places. */
export interface ReferencesFacts {
  /** Their sent dates. */
  readonly sent: Float64Array;
  /** Numbers of their base subjects; -1 for an empty one. */
  readonly subjects: Int32Array;
  /** Whether each is a reply or forward, 1 or 0. */
  readonly replies: Uint8Array;
  /** What they refer to. */
  readonly references: MessageReferences;
}

/** Threads messages. */
export async function threadReferences(
  facts: ReferencesFacts,
  pace: Pace,
): Promise<ThreadTree> {
  // Steps 1 to 3
  const linked = await parentsByReferences(facts.references, pace);
  // Whatever is sorted later is sorted by the sent date: all messages are, once.
  const order = await orderOf(facts.sent, pace);
  const parents = await mergeSubjects(linked, order, facts, pace);
  return await treeOf(parents, order, pace);
}

/**
 * Step 5: threads with the same subject become one.
 * @returns the parents of all nodes, those of dummies that have come behind the others
 */
async function mergeSubjects(
  linked: Int32Array,
  order: Uint32Array,
  { subjects, replies }: ReferencesFacts,
  pace: Pace,
): Promise<Int32Array> {
  const messages = order.length;
  const { heads, threads } = await threadsOf(linked, order, pace);
  // Each new dummy needs two threads.
  const parents = new Int32Array(linked.length + (threads.length >>> 1));
  parents.set(linked);
  parents.fill(-1, linked.length);
  let nodes = linked.length;

  // (B) The subject table: of each subject one thread.
  const table = await tableOf(subjects, pace);
  for (let at = 0; at < threads.length; at++) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const current = threads[at]!;
    const subject = subjects[heads[at]!]!;
    if (subject < 0) continue;
    const there = table[subject]!;
    const replaces = there < 0 || there < messages &&
        (current >= messages || replies[there] === 1 && replies[current] === 0);
    if (replaces) table[subject] = current;
  }

  // (C) Merging.
  const mergedInto = new Int32Array(parents.length).fill(-1);
  let merges = false;
  for (let at = 0; at < threads.length; at++) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const current = threads[at]!;
    const subject = subjects[heads[at]!]!;
    if (subject < 0) continue;
    const there = table[subject]!;
    if (there === current) continue;
    if (there >= messages) {
      if (current >= messages) {
        mergedInto[current] = there;
        merges = true;
      } else parents[current] = there;
    } else if (replies[current] === 1 && replies[there] === 0) {
      parents[current] = there;
    } else {
      const dummy = nodes++;
      parents[current] = dummy;
      parents[there] = dummy;
      table[subject] = dummy;
    }
  }
  if (merges) {
    for (let message = 0; message < messages; message++) {
      if (message % CLOCK_CHECK === 0 && pace.due) await pace.rest();
      const parent = parents[message]!;
      if (parent >= 0 && mergedInto[parent]! >= 0) {
        parents[message] = mergedInto[parent]!;
      }
    }
  }
  return parents;
}

/**
 * Steps 2 and 4: the threads in the order of their sent dates.
 * @returns the nodes without a parent, and of each the message that its date and subject are taken of: a dummy's first
 * child
 */
async function threadsOf(
  parents: Int32Array,
  order: Uint32Array,
  pace: Pace,
): Promise<{ threads: Int32Array; heads: Int32Array }> {
  const messages = order.length;
  const isKnown = new Uint8Array(parents.length);
  const threads = new Int32Array(messages);
  const heads = new Int32Array(messages);
  let count = 0;
  for (let at = 0; at < messages; at++) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const message = order[at]!;
    const parent = parents[message]!;
    const isDummys = parent >= messages && isKnown[parent] === 0;
    if (parent >= 0 && !isDummys) continue;
    if (isDummys) isKnown[parent] = 1;
    threads[count] = isDummys ? parent : message;
    heads[count++] = message;
  }
  return {
    threads: threads.subarray(0, count),
    heads: heads.subarray(0, count),
  };
}
