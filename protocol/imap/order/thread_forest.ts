/**
 * Parents and children while messages are linked by their references: no link closes a loop.
 *
 * @module
 */

import { PathTrees } from "./path_trees.ts";

/** How far to climb before the way up is looked for in {@linkcode PathTrees}. */
const NEAR = 64;

/** See the module's text. Nodes are numbers from 0. */
export class ThreadForest {
  /** The parent of each node, or -1. */
  readonly parents: Int32Array;
  /** How many children each node has. */
  readonly #children: Uint32Array;
  /** The same links, once it has been far from a node to its root. */
  #paths: PathTrees | undefined;

  /** Takes how many nodes there are; none is linked. */
  constructor(nodes: number) {
    this.parents = new Int32Array(nodes).fill(-1);
    this.#children = new Uint32Array(nodes);
  }

  /** Makes a node that has no parent the child of another, unless that is a descendant of it, or itself. */
  link(parent: number, child: number): void {
    if (this.#isBelow(parent, child)) return;
    this.parents[child] = parent;
    this.#children[parent]!++;
    this.#paths?.link(parent, child);
  }

  /** Takes a node from its parent, where it has one. */
  cut(child: number): void {
    const parent = this.parents[child]!;
    if (parent < 0) return;
    this.parents[child] = -1;
    this.#children[parent]!--;
    this.#paths?.cut(child);
  }

  /** Whether a node is another one, or below it; the other has no parent. */
  #isBelow(node: number, root: number): boolean {
    if (node === root) return true;
    if (this.#children[root] === 0) return false;
    let at = node;
    for (let steps = 0; steps < NEAR; steps++) {
      const parent = this.parents[at]!;
      if (parent < 0) return at === root;
      at = parent;
    }
    this.#paths ??= new PathTrees(this.parents);
    return this.#paths.rootOf(node) === root;
  }
}
