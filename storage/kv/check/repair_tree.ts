/**
 * The mailbox names of an account as they are, however broken, and what they are to become.
 *
 * @module
 */

import {
  type AccountHead,
  decodeAccountHead,
  encodeAccountHead,
} from "../account_entry.ts";
import { accountKey, nodeKey, nodesOf } from "../keys.ts";
import { decodeNode, encodeNode, type Node, ROOT } from "../tree.ts";
import { type RepairWriter, tryDecode } from "./context.ts";

/** The name below which is put what has lost its place. */
export const LOST_AND_FOUND = "Lost+Found";

/** See the module's text. */
export class RepairTree {
  /** The user. */
  readonly user: string;
  /** All levels of names that can be decoded, by number. */
  readonly nodes: Map<number, Node> = new Map();
  /** The numbers of those that cannot. */
  readonly broken: number[] = [];
  /** The account's head, where it can be decoded. */
  head: AccountHead | undefined;
  readonly #written = new Set<number>();
  readonly #places = new Map<string, Set<number>>();

  private constructor(user: string) {
    this.user = user;
  }

  /** Reads what there is. */
  static async read(kv: Deno.Kv, user: string): Promise<RepairTree> {
    const tree = new RepairTree(user);
    const { value } = await kv.get(accountKey(user));
    tree.head = tryDecode(value, decodeAccountHead);
    const options = { batchSize: 500 };
    for await (const entry of kv.list({ prefix: nodesOf(user) }, options)) {
      const number = entry.key[2] as number;
      const node = tryDecode(entry.value, (bytes) => decodeNode(number, bytes));
      if (node === undefined) tree.broken.push(number);
      else tree.#set(node);
    }
    return tree;
  }

  /** Whether anything has been changed. */
  get changed(): boolean {
    return this.#written.size > 0;
  }

  /** The first node at a place, other than a certain one. */
  at(parent: number, leaf: string, other?: Node): Node | undefined {
    const numbers = this.#places.get(placeOf(parent, leaf)) ?? [];
    for (const number of numbers) {
      if (number !== other?.number) return this.nodes.get(number);
    }
    return undefined;
  }

  /** The levels of a node's name; undefined when it hangs below nothing, or below itself. */
  pathOf(node: Node): string[] | undefined {
    const path: string[] = [];
    for (let at: Node | undefined = node; at !== undefined;) {
      path.push(at.leaf);
      if (at.parent === ROOT) return path.reverse();
      if (path.length > this.nodes.size) return undefined;
      at = this.nodes.get(at.parent);
    }
    return undefined;
  }

  /** Puts a node in, or another in its place. */
  put(node: Node): void {
    this.#forget(node.number);
    this.#set(node);
    this.#written.add(node.number);
  }

  /** Takes a node out. */
  remove(number: number): void {
    this.#forget(number);
    this.#written.add(number);
  }

  /** Puts a node below `Lost+Found`, under a name that is free there. */
  lose(node: Node, nextNumber: number): void {
    let parent = this.at(ROOT, LOST_AND_FOUND, node)?.number;
    if (parent === undefined) {
      parent = nextNumber;
      this.put({
        number: parent,
        parent: ROOT,
        leaf: LOST_AND_FOUND,
        mailbox: 0,
        uidValidity: 0,
        specialUse: [],
      });
    }
    let leaf = node.leaf;
    for (let again = 2; this.at(parent, leaf, node) !== undefined; again++) {
      leaf = `${node.leaf} ${again}`;
    }
    this.put({ ...node, parent, leaf });
  }

  /** Writes what has been changed, and the head. */
  async write(writer: RepairWriter): Promise<void> {
    for (const number of this.#written) {
      const node = this.nodes.get(number);
      const value = node === undefined ? null : encodeNode(node);
      await writer.write(nodeKey(this.user, number), value);
    }
    this.#written.clear();
    let { lastUidValidity, listVersion } = this.head ??
      { lastUidValidity: 0, listVersion: 0 };
    for (const { uidValidity } of this.nodes.values()) {
      lastUidValidity = Math.max(lastUidValidity, uidValidity);
    }
    listVersion++;
    this.head = { lastUidValidity, listVersion };
    const value = encodeAccountHead(this.head);
    await writer.write(accountKey(this.user), value);
  }

  #set(node: Node): void {
    this.nodes.set(node.number, node);
    const place = placeOf(node.parent, node.leaf);
    const there = this.#places.get(place);
    if (there === undefined) this.#places.set(place, new Set([node.number]));
    else there.add(node.number);
  }

  #forget(number: number): void {
    const node = this.nodes.get(number);
    if (node === undefined) return;
    this.nodes.delete(number);
    this.#places.get(placeOf(node.parent, node.leaf))?.delete(number);
  }
}

function placeOf(parent: number, leaf: string): string {
  return `${parent} ${leaf}`;
}
