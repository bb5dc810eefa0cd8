/**
 * Finds the root of a node however deep it is: link-cut trees (Sleator and Tarjan), whose operations take a time that
 * grows with the logarithm of the number of nodes, taken together.
 *
 * Each tree is divided into paths downwards. A path is a splay tree, ordered by depth; the root of that knows the
 * parent of the path's top.
 *
 * @module
 */

/** See the module's text. Nodes are numbers from 0; within, they count from 1, and 0 is none. */
export class PathTrees {
  /** The parent in the splay tree, or of its root: the parent of the path's top. */
  readonly #up: Int32Array;
  /** Of the same path what is nearer to the root. */
  readonly #left: Int32Array;
  /** Of the same path what is farther from it. */
  readonly #right: Int32Array;

  /** @param parents the parent of each node, or -1; it is read now and not later */
  constructor(parents: Int32Array) {
    const { length } = parents;
    this.#up = new Int32Array(length + 1);
    this.#left = new Int32Array(length + 1);
    this.#right = new Int32Array(length + 1);
    for (let node = 0; node < length; node++) {
      this.#up[node + 1] = parents[node]! + 1;
    }
  }

  /** Makes a node that has no parent the child of another, which is not below it. */
  link(parent: number, child: number): void {
    this.#expose(child + 1);
    this.#expose(parent + 1);
    this.#up[child + 1] = parent + 1;
  }

  /** Takes a node from its parent. */
  cut(child: number): void {
    this.#expose(child + 1);
    const above = this.#left[child + 1]!;
    this.#up[above] = 0;
    this.#left[child + 1] = 0;
  }

  /** The root of a node's tree. */
  rootOf(node: number): number {
    this.#expose(node + 1);
    let at = node + 1;
    while (this.#left[at] !== 0) at = this.#left[at]!;
    this.#splay(at);
    return at - 1;
  }

  /** Makes the way from a node's root to the node one path, and the node the root of its splay tree. */
  #expose(node: number): void {
    let below = 0;
    for (let at = node; at !== 0; at = this.#up[at]!) {
      this.#splay(at);
      this.#right[at] = below;
      below = at;
    }
    this.#splay(node);
  }

  #splay(node: number): void {
    const up = this.#up;
    while (!this.#isTop(node)) {
      const parent = up[node]!;
      if (!this.#isTop(parent)) {
        const grandparent = up[parent]!;
        const straight = (this.#left[parent] === node) ===
          (this.#left[grandparent] === parent);
        this.#rotate(straight ? parent : node);
      }
      this.#rotate(node);
    }
  }

  /** Whether a node is the root of a splay tree. */
  #isTop(node: number): boolean {
    const parent = this.#up[node]!;
    return parent === 0 ||
      this.#left[parent] !== node && this.#right[parent] !== node;
  }

  /** Puts a node in the place of its parent in the splay tree. */
  #rotate(node: number): void {
    const up = this.#up;
    const parent = up[node]!;
    const grandparent = up[parent]!;
    const isLeft = this.#left[parent] === node;
    const near = isLeft ? this.#left : this.#right;
    const far = isLeft ? this.#right : this.#left;
    if (!this.#isTop(parent)) {
      const side = this.#left[grandparent] === parent
        ? this.#left
        : this.#right;
      side[grandparent] = node;
    }
    const between = far[node]!;
    near[parent] = between;
    if (between !== 0) up[between] = parent;
    far[node] = parent;
    up[parent] = node;
    up[node] = grandparent;
  }
}
