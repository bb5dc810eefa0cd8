/**
 * Checks accounts and the names of their mailboxes.
 *
 * @module
 */

import { INBOX } from "../../names.ts";
import { type Node, ROOT } from "../tree.ts";
import { type Carrier, type CheckContext, usersIn } from "./context.ts";
import { makeMailbox } from "./lost_found.ts";
import { RepairTree } from "./repair_tree.ts";

/** Checks all accounts; fills in `users` and `carriers`. */
export async function checkAccounts(context: CheckContext): Promise<void> {
  const { kv, users } = context;
  for (const kind of ["account", "mailbox"]) {
    for await (const user of usersIn(kv, kind)) {
      users.add(user);
    }
  }
  let done = 0;
  for (const user of users) {
    context.progress({ phase: "names", done: done++, total: users.size });
    await checkAccount(context, user);
  }
}

async function checkAccount(
  context: CheckContext,
  user: string,
): Promise<void> {
  const { kv, db, repair, found, writer } = context;
  const tree = await RepairTree.read(kv, user);
  const where = `account ${user}`;
  let wrong = false;
  if (tree.head === undefined) {
    wrong = true;
    const what = "its head is missing or cannot be read";
    found({ kind: "account", where, what, repair: "wrote it anew" });
  }
  for (const number of tree.broken) {
    wrong = true;
    context.nameless.add(user);
    const what = `level ${number} of a mailbox name cannot be read`;
    found({ kind: "value", where, what, repair: "removed it" });
    tree.remove(number);
  }
  // Numbers are taken for repairs alone.
  const number = async () => repair ? await db.mailboxNumbers.take(1) : -1;
  const carried = new Set<number>();
  for (const node of [...tree.nodes.values()]) {
    await checkPlace(context, tree, node, number);
    checkCarried(context, tree, node.number, carried);
  }
  removeEmptyNames(context, tree);
  if (!tree.at(ROOT, INBOX)?.mailbox) {
    wrong = true;
    const what = "there is no INBOX";
    found({ kind: "account", where, what, repair: "made one" });
    if (repair) await makeMailbox(context.db, writer, tree, ROOT, INBOX);
  }
  if (repair && (wrong || tree.changed)) {
    await tree.write(writer);
    await writer.flush();
  }
  for (const node of tree.nodes.values()) {
    if (node.mailbox === 0) continue;
    context.carriers.set(node.mailbox, carrierOf(tree, node));
  }
}

/** Whether a name can be reached, and is the only one of its kind. */
async function checkPlace(
  { found }: CheckContext,
  tree: RepairTree,
  node: Node,
  number: () => Promise<number>,
): Promise<void> {
  const path = tree.pathOf(node);
  const other = tree.at(node.parent, node.leaf, node);
  const twice = other !== undefined && other.number < node.number;
  if (path !== undefined && !twice) return;
  found({
    kind: "name",
    where: `${path?.join("/") ?? node.leaf} of ${tree.user}`,
    what: twice ? "the name is there twice" : "the name hangs below nothing",
    repair: `put ${twice ? "the later one" : "it"} below Lost+Found`,
  });
  tree.lose(node, await number());
}

/** Whether a name has its mailbox for itself. */
function checkCarried(
  { found, carriers }: CheckContext,
  tree: RepairTree,
  number: number,
  carried: Set<number>,
): void {
  const node = tree.nodes.get(number)!;
  const { mailbox } = node;
  if (mailbox === 0) return;
  if (!carriers.has(mailbox) && !carried.has(mailbox)) {
    carried.add(mailbox);
    return;
  }
  found({
    kind: "name",
    where: `${tree.pathOf(node)?.join("/") ?? node.leaf} of ${tree.user}`,
    what: "its mailbox has another name, too",
    repair: "left it the other name",
  });
  tree.put({ ...node, mailbox: 0, uidValidity: 0, specialUse: [] });
}

/** A name without a mailbox and without names below it goes, and with it perhaps the one above. */
function removeEmptyNames({ found }: CheckContext, tree: RepairTree): void {
  for (let again = true; again;) {
    again = false;
    const parents = new Set([...tree.nodes.values()].map((n) => n.parent));
    for (const node of [...tree.nodes.values()]) {
      if (node.mailbox !== 0 || parents.has(node.number)) continue;
      const where = `${node.leaf} of ${tree.user}`;
      const what = "there is neither a mailbox nor a name below it";
      found({ kind: "name", where, what, repair: "removed the name" });
      tree.remove(node.number);
      again = true;
    }
  }
}

function carrierOf(tree: RepairTree, node: Node): Carrier {
  const { user } = tree;
  const name = tree.pathOf(node)?.join("/") ?? node.leaf;
  return { user, name, node: node.number, uidValidity: node.uidValidity };
}
