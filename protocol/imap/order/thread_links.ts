/**
 * The parents that messages have by their references: the first steps of REFERENCES (RFC 5256 § 3), which are REFS's as
 * well (draft-ietf-morg-inthread).
 *
 * @module
 */

import type { Pace } from "../../../storage/pace.ts";
import type { ReferenceLists } from "./reference_lists.ts";
import { ThreadForest } from "./thread_forest.ts";

/** How many references to go through between two looks at the clock. */
const CLOCK_CHECK = 1_024;

/** What messages refer to. */
export interface MessageReferences {
  /** The lists of these messages, and maybe of others. */
  readonly lists: ReferenceLists;
  /** Where those of these messages are. */
  readonly places: Uint32Array;
  /** IDs are numbers below this. */
  readonly ids: number;
}

/**
 * Links messages.
 * @returns the parent of each node, or -1. Nodes are the messages and, behind them, dummies, none of which has a
 * parent. A dummy has two children at the least, or none and is not there.
 */
export async function parentsByReferences(
  references: MessageReferences,
  pace: Pace,
): Promise<Int32Array> {
  const { nodeOf, nodes } = await nodesOf(references, pace);
  const parents = await linked(references, nodeOf, nodes, pace);
  await pruneDummies(parents, references.places.length, pace);
  return parents;
}

/** The node of each ID: the first message that has it, or a dummy where others refer to it. */
async function nodesOf(
  { lists, places, ids }: MessageReferences,
  pace: Pace,
): Promise<{ nodeOf: Int32Array; nodes: number }> {
  const nodeOf = new Int32Array(ids).fill(-1);
  for (let message = 0; message < places.length; message++) {
    if (message % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const own = lists.own(places[message]!);
    // Of messages with the same ID the first alone has it.
    if (own >= 0 && nodeOf[own]! < 0) nodeOf[own] = message;
  }
  let nodes = places.length;
  let done = 0;
  for (const place of places) {
    const count = lists.count(place);
    for (let at = 0; at < count; at++) {
      const id = lists.at(place, at);
      if (nodeOf[id]! < 0) nodeOf[id] = nodes++;
    }
    done += count + 1;
    if (done < CLOCK_CHECK) continue;
    done = 0;
    if (pace.due) await pace.rest();
  }
  return { nodeOf, nodes };
}

/** Step 1: the links between what messages refer to, and to themselves. */
async function linked(
  { lists, places }: MessageReferences,
  nodeOf: Int32Array,
  nodes: number,
  pace: Pace,
): Promise<Int32Array> {
  const forest = new ThreadForest(nodes);
  const { parents } = forest;
  let done = 0;
  for (let message = 0; message < places.length; message++) {
    const place = places[message]!;
    const count = lists.count(place);
    let parent = -1;
    for (let at = 0; at < count; at++) {
      const node = nodeOf[lists.at(place, at)]!;
      // (A) "If a message already has a parent, don't change the existing link."
      if (at > 0 && parents[node]! < 0) forest.link(parent, node);
      parent = node;
    }
    // (B) "break the current parent/child link before creating the new correct one"
    if (parents[message] !== parent) {
      forest.cut(message);
      if (parent >= 0) forest.link(parent, message);
    }
    done += count + 1;
    if (done < CLOCK_CHECK) continue;
    done = 0;
    if (pace.due) await pace.rest();
  }
  return parents;
}

/** Step 3: the children of dummies go up, to the top where they are alone there. */
async function pruneDummies(
  parents: Int32Array,
  messages: number,
  pace: Pace,
): Promise<void> {
  const children = new Uint32Array(parents.length - messages);
  for (let message = 0; message < messages; message++) {
    if (message % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    let above = parents[message]!;
    while (above >= messages && parents[above]! >= 0) above = parents[above]!;
    // Who comes after need not go this way again.
    for (let at = message; at !== above;) {
      const next = parents[at]!;
      parents[at] = above;
      at = next;
    }
    if (above >= messages) children[above - messages]!++;
  }
  for (let message = 0; message < messages; message++) {
    if (message % CLOCK_CHECK === 0 && pace.due) await pace.rest();
    const above = parents[message]!;
    if (above >= messages && children[above - messages] === 1) {
      parents[message] = -1;
    }
  }
  // Dummies within threads have no children any more.
  parents.fill(-1, messages);
}
