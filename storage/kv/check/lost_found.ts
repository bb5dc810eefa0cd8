/**
 * Giving a place to what has lost its own.
 *
 * @module
 */

import { INBOX, nextUidValidity } from "../../names.ts";
import type { Database } from "../database.ts";
import { encodeHead, newHead } from "../head.ts";
import { headKey } from "../keys.ts";
import { ROOT } from "../tree.ts";
import type { Carrier, CheckContext, RepairWriter } from "./context.ts";
import { LOST_AND_FOUND, RepairTree } from "./repair_tree.ts";

/**
 * The account that gets what may be anybody's. Nobody can log in as a user who has no password, so that
 * whoever keeps the server decides who gets to see it.
 */
const NOBODY = "lost+found";

/** Whose something is that has lost its place: evident where there is one account, or one that lacks something. */
export function evidentOwner(
  { users }: CheckContext,
  lacking: ReadonlySet<string>,
): string {
  const candidates = lacking.size > 0 ? lacking : users;
  const [user] = candidates;
  return candidates.size === 1 && user !== undefined ? user : NOBODY;
}

/** Makes an empty mailbox at a place; gives its number. */
export async function makeMailbox(
  db: Database,
  writer: RepairWriter,
  tree: RepairTree,
  parent: number,
  leaf: string,
): Promise<number> {
  const mailbox = await db.mailboxNumbers.take(1);
  const number = tree.at(parent, leaf)?.number ??
    await db.mailboxNumbers.take(1);
  const last = tree.head?.lastUidValidity ?? 0;
  const uidValidity = nextUidValidity(last, db.settings.now());
  tree.put({ number, parent, leaf, mailbox, uidValidity, specialUse: [] });
  await writer.write(headKey(mailbox), encodeHead(newHead(uidValidity)));
  return mailbox;
}

/** Puts a mailbox that is in no account below `Lost+Found` of one; says where it is then. */
export async function attachMailbox(
  context: CheckContext,
  user: string,
  mailbox: number,
  uidValidity: number,
): Promise<Carrier> {
  const { db, writer, carriers } = context;
  const tree = await openTree(context, user);
  const number = await db.mailboxNumbers.take(2);
  const node = { number, parent: ROOT, leaf: `Mailbox ${mailbox}`, mailbox };
  tree.lose({ ...node, uidValidity, specialUse: [] }, number + 1);
  await tree.write(writer);
  await writer.flush();
  const name = tree.pathOf(tree.nodes.get(number)!)!.join("/");
  const carrier = { user, name, node: number, uidValidity };
  carriers.set(mailbox, carrier);
  return carrier;
}

/** The mailbox of an account for messages that have been found, made where it is missing. */
export async function foundMessages(
  context: CheckContext,
  user: string,
): Promise<number> {
  const { db, writer } = context;
  const tree = await openTree(context, user);
  const above = tree.at(ROOT, LOST_AND_FOUND);
  const there = above && tree.at(above.number, "Messages");
  if (there !== undefined && there.mailbox !== 0) return there.mailbox;
  const number = await db.mailboxNumbers.take(3);
  const mailbox = number + 2;
  const uidValidity = nextUidValidity(
    tree.head?.lastUidValidity ?? 0,
    db.settings.now(),
  );
  if (there !== undefined) tree.put({ ...there, mailbox, uidValidity });
  else {
    const node = { number, parent: ROOT, leaf: "Messages", mailbox };
    tree.lose({ ...node, uidValidity, specialUse: [] }, number + 1);
  }
  await writer.write(headKey(mailbox), encodeHead(newHead(uidValidity)));
  await tree.write(writer);
  await writer.flush();
  return mailbox;
}

/** Says of a mailbox's name that its UIDVALIDITY is another. */
export async function renumber(
  context: CheckContext,
  { user, node }: Carrier,
  uidValidity: number,
): Promise<void> {
  const tree = await RepairTree.read(context.kv, user);
  tree.put({ ...tree.nodes.get(node)!, uidValidity });
  await tree.write(context.writer);
}

/** The names of an account, which is made with an INBOX where there is none. */
async function openTree(
  { kv, db, writer, users }: CheckContext,
  user: string,
): Promise<RepairTree> {
  const tree = await RepairTree.read(kv, user);
  users.add(user);
  if (!tree.at(ROOT, INBOX)?.mailbox) {
    await makeMailbox(db, writer, tree, ROOT, INBOX);
  }
  return tree;
}
