/**
 * The mailboxes of an account as a tree of levels.
 *
 * A node is one level of a name. It carries a mailbox, or is there for those below it; a node without
 * either goes. What a change does is worked out as nodes to write before anything here is altered.
 *
 * @module
 */

import type { MailboxId, MailboxInfo } from "../model.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import { compareNames } from "../names.ts";
import { Metadata } from "./metadata.ts";

const VERSION = 1;

/** The parent of the first levels. */
export const ROOT = 0;

/** A level of a name. */
export interface Node {
  /** Its number, which a rename keeps. */
  readonly number: number;
  /** The node above it, or {@linkcode ROOT}. */
  readonly parent: number;
  /** What it is called. */
  readonly leaf: string;
  /** The mailbox that it carries; 0 when it is a mere name. */
  readonly mailbox: number;
  /** UIDVALIDITY of the mailbox. */
  readonly uidValidity: number;
  /** Special uses of the mailbox. */
  readonly specialUse: readonly string[];
}

/** A node in bytes. */
export function encodeNode(node: Node): Uint8Array {
  const to = new ByteWriter(32).u8(VERSION).u32(node.parent);
  to.u32(node.mailbox).u32(node.uidValidity).text(node.leaf);
  to.u16(node.specialUse.length);
  for (const use of node.specialUse) to.text(use);
  return to.bytes();
}

/** A node from bytes. */
export function decodeNode(number: number, bytes: Uint8Array): Node {
  const from = new ByteReader(bytes).version(VERSION);
  return {
    number,
    parent: from.u32(),
    mailbox: from.u32(),
    uidValidity: from.u32(),
    leaf: from.text(),
    specialUse: Array.from({ length: from.u16() }, () => from.text()),
  };
}

/** Nodes that are written, and nodes that go. */
export interface TreeChange {
  /** New ones, and what others become. */
  readonly set: readonly Node[];
  /** Those that go. */
  readonly removed: readonly Node[];
}

/** See the module's text. */
export class MailboxTree {
  readonly #nodes = new Map<number, Node>();
  readonly #children = new Map<number, Map<string, Node>>();
  readonly #byMailbox = new Map<number, Node>();
  #infos: readonly MailboxInfo[] | undefined;
  /** Subscribed names. */
  readonly subscribed: Set<string> = new Set();
  /** The metadata of the mailboxes, and of the account itself. */
  readonly metadata: Metadata = new Metadata();

  /** A tree of these nodes. */
  constructor(nodes: Iterable<Node> = []) {
    for (const node of nodes) this.#set(node);
  }

  /** All nodes. */
  get nodes(): Iterable<Node> {
    return this.#nodes.values();
  }

  /** How many mailboxes there are. */
  get mailboxCount(): number {
    return this.#byMailbox.size;
  }

  /** The node at a path. */
  find(path: readonly string[]): Node | undefined {
    let node: Node | undefined;
    for (const leaf of path) {
      node = this.#children.get(node?.number ?? ROOT)?.get(leaf);
      if (node === undefined) return undefined;
    }
    return node;
  }

  /** The node that carries a mailbox. */
  carrierOf(mailbox: number): Node | undefined {
    return this.#byMailbox.get(mailbox);
  }

  /** The path of a node. */
  pathOf(node: Node): string[] {
    const path: string[] = [];
    // A path is never longer than there are nodes: what is read may be a circle.
    for (let at: Node | undefined = node; at; at = this.#nodes.get(at.parent)) {
      path.push(at.leaf);
      if (path.length > this.#nodes.size) break;
    }
    return path.reverse();
  }

  /** Whether there is anything below a node. */
  hasChildren(node: Node): boolean {
    return (this.#children.get(node.number)?.size ?? 0) > 0;
  }

  /** All nodes below one, and the paths to them from it. */
  *below(
    node: Node,
    path: readonly string[] = [],
  ): Iterable<{ node: Node; path: readonly string[] }> {
    for (const child of this.#children.get(node.number)?.values() ?? []) {
      const at = [...path, child.leaf];
      yield { node: child, path: at };
      yield* this.below(child, at);
    }
  }

  /**
   * The superior nodes that a path lacks, and the number of the last one.
   * @param numbers numbers for new nodes, as many as the path has levels
   */
  superiors(
    path: readonly string[],
    numbers: readonly number[],
  ): { set: Node[]; parent: number } {
    const set: Node[] = [];
    let parent = ROOT;
    for (const [level, leaf] of path.slice(0, -1).entries()) {
      const there = set.length === 0
        ? this.#children.get(parent)?.get(leaf)
        : undefined;
      if (there === undefined) {
        set.push({
          number: numbers[level]!,
          parent,
          leaf,
          mailbox: 0,
          uidValidity: 0,
          specialUse: [],
        });
      }
      parent = there?.number ?? numbers[level]!;
    }
    return { set, parent };
  }

  /** The mere names that nothing is below any more once a node is gone from its place. */
  orphaned(node: Node): Node[] {
    const orphans: Node[] = [];
    for (
      let at = this.#nodes.get(node.parent);
      at;
      at = this.#nodes.get(at.parent)
    ) {
      if (at.mailbox !== 0 || this.#children.get(at.number)!.size > 1) break;
      orphans.push(at);
    }
    return orphans;
  }

  /** Does a change that has been committed. */
  apply({ set, removed }: TreeChange): void {
    for (const node of removed) this.#remove(node.number);
    for (const node of set) this.#set(node);
    this.#infos = undefined;
  }

  /** Subscribes or unsubscribes a name. */
  subscribe(name: string, subscribed: boolean): void {
    if (subscribed) this.subscribed.add(name);
    else this.subscribed.delete(name);
    this.#infos = undefined;
  }

  /** All names, in order. */
  infos(delimiter: string): readonly MailboxInfo[] {
    if (this.#infos !== undefined) return this.#infos;
    const root = { number: ROOT } as Node;
    const listed = [...this.below(root)].map(({ node, path }) => ({
      path,
      info: this.info(path.join(delimiter), node),
    }));
    const known = new Set(listed.map(({ info }) => info.name));
    for (const name of this.subscribed) {
      if (known.has(name)) continue;
      listed.push({
        path: name.split(delimiter),
        info: this.info(name, undefined),
      });
    }
    listed.sort((a, b) => compareNames(a.path, b.path));
    this.#infos = Object.freeze(listed.map(({ info }) => info));
    return this.#infos;
  }

  /** What there is to say of a name. */
  info(name: string, node: Node | undefined): MailboxInfo {
    const there = node !== undefined && node.mailbox !== 0
      ? { id: node.mailbox as MailboxId, uidValidity: node.uidValidity }
      : undefined;
    return {
      name,
      ...there,
      specialUse: node?.specialUse ?? [],
      subscribed: this.subscribed.has(name),
      hasChildren: node !== undefined && this.hasChildren(node),
    };
  }

  #set(node: Node): void {
    this.#remove(node.number);
    this.#nodes.set(node.number, node);
    let siblings = this.#children.get(node.parent);
    if (siblings === undefined) {
      this.#children.set(node.parent, siblings = new Map());
    }
    siblings.set(node.leaf, node);
    if (node.mailbox !== 0) this.#byMailbox.set(node.mailbox, node);
  }

  #remove(number: number): void {
    const node = this.#nodes.get(number);
    if (node === undefined) return;
    this.#nodes.delete(number);
    const siblings = this.#children.get(node.parent);
    if (siblings?.get(node.leaf) === node) siblings.delete(node.leaf);
    if (this.#byMailbox.get(node.mailbox) === node) {
      this.#byMailbox.delete(node.mailbox);
    }
  }
}
