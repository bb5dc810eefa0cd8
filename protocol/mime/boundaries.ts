/**
 * The boundaries of the multiparts that are open while a message is read.
 *
 * RFC 2046 § 5.1.1 has a boundary delimiter line match when the boundary appears in its entirety after the
 * two hyphens; what follows does not matter. So one line can match several open multiparts, where one
 * boundary is the beginning of another: the longest wins, and among equals the innermost. The boundaries are
 * kept in a tree of bytes, so that a line costs its own length at the most, however many are open.
 *
 * @module
 */

import { CR, HYPHEN, isBlank } from "./bytes.ts";
import { MIME_LIMITS } from "./limits.ts";

/** Where a delimiter line leads. */
export interface Delimiter<T> {
  /** What the boundary was opened with. */
  readonly owner: T;
  /** Whether it is the closing delimiter, with two more hyphens. */
  readonly closing: boolean;
}

/**
 * A byte of a boundary. What may follow it is a list, which is gone through: as there is no more in all lists together
 * than boundaries are open, that costs a line no more than its length and their number.
 */
interface Node<T> {
  readonly byte: number;
  child: Node<T> | undefined;
  sibling: Node<T> | undefined;
  readonly owners: T[];
}

function skipBlank(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

function newNode<T>(byte: number): Node<T> {
  return { byte, child: undefined, sibling: undefined, owners: [] };
}

function childOf<T>(node: Node<T>, byte: number): Node<T> | undefined {
  let child = node.child;
  while (child !== undefined && child.byte !== byte) child = child.sibling;
  return child;
}

function removeChild<T>(node: Node<T>, child: Node<T>): void {
  if (node.child === child) node.child = child.sibling;
  else {
    let before = node.child!;
    while (before.sibling !== child) before = before.sibling!;
    before.sibling = child.sibling;
  }
}

/** The bytes that a boundary is compared by: cut to a bound, without white space at its end. */
function key(boundary: Uint8Array): Uint8Array {
  let end = Math.min(boundary.length, MIME_LIMITS.maxBoundary);
  while (end > 0 && boundary[end - 1]! <= 32) end--;
  return boundary.subarray(0, end);
}

/** A set of open boundaries. */
export class Boundaries<T> {
  readonly #root: Node<T> = newNode(0);
  #size = 0;

  /** How many are open. */
  get size(): number {
    return this.#size;
  }

  /** Opens a boundary, inside those that are open. */
  open(boundary: Uint8Array, owner: T): void {
    let node = this.#root;
    for (const byte of key(boundary)) {
      let child = childOf(node, byte);
      if (child === undefined) {
        child = newNode<T>(byte);
        child.sibling = node.child;
        node.child = child;
      }
      node = child;
    }
    node.owners.push(owner);
    this.#size++;
  }

  /** Closes the innermost boundary that is equal to this one. */
  close(boundary: Uint8Array): void {
    const bytes = key(boundary);
    const path: Node<T>[] = [this.#root];
    for (const byte of bytes) {
      const child = childOf(path[path.length - 1]!, byte);
      if (child === undefined) return;
      path.push(child);
    }
    if (path[path.length - 1]!.owners.pop() === undefined) return;
    this.#size--;
    for (let depth = bytes.length; depth > 0; depth--) {
      const node = path[depth]!;
      if (node.owners.length > 0 || node.child !== undefined) return;
      removeChild(path[depth - 1]!, node);
    }
  }

  /** Closes all. */
  clear(): void {
    this.#root.child = undefined;
    this.#root.owners.length = 0;
    this.#size = 0;
  }

  /**
   * The open boundary that a line delimits, or undefined.
   * @param start where the line begins
   * @param end where it ends, with or without its line end
   */
  match(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Delimiter<T> | undefined {
    if (
      this.#size === 0 || bytes[start] !== HYPHEN ||
      bytes[start + 1] !== HYPHEN || start + 2 > end
    ) return undefined;
    let node: Node<T> | undefined = this.#root;
    let owner: T | undefined;
    let at = start + 2;
    let after = at;
    while (node !== undefined) {
      if (node.owners.length > 0) {
        owner = node.owners[node.owners.length - 1];
        after = at;
      }
      if (at >= end) break;
      node = childOf(node, bytes[at++]!);
    }
    if (owner === undefined) return undefined;
    const empty = after === start + 2;
    after = skipBlank(bytes, after, end);
    const closing = after + 1 < end && bytes[after] === HYPHEN &&
      bytes[after + 1] === HYPHEN;
    if (empty) {
      // Any line with two hyphens begins with an empty boundary: here the whole line counts.
      const rest = skipBlank(bytes, closing ? after + 2 : after, end);
      if (rest < end && bytes[rest] !== CR) return undefined;
    }
    return { owner, closing };
  }
}
