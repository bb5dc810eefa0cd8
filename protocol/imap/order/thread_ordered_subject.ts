/**
 * ORDEREDSUBJECT: messages with the same base subject are a thread (RFC 5256 § 3).
 *
 * @module
 */

import type { Pace } from "../../../storage/pace.ts";
import {
  CLOCK_CHECK,
  orderOf,
  tableOf,
  type ThreadTree,
  treeOf,
} from "./thread_tree.ts";

/**
 * Threads messages: the first of a subject is the parent of the others, and "there are no grandchildren".
 * @param sent their sent dates
 * @param subjects numbers of their base subjects
 */
export async function threadOrderedSubject(
  sent: Float64Array,
  subjects: Int32Array,
  pace: Pace,
): Promise<ThreadTree> {
  const order = await orderOf(sent, pace);
  const parents = new Int32Array(order.length).fill(-1);
  const firstOf = await tableOf(subjects, pace);
  for (let at = 0; at < order.length; at++) {
    if (at % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const message = order[at]!;
    const subject = subjects[message]!;
    const first = firstOf[subject]!;
    if (first < 0) firstOf[subject] = message;
    else parents[message] = first;
  }
  return await treeOf(parents, order, pace);
}
