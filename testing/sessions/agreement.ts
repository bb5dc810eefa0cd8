/**
 * When all is quiet, what clients know and what the storage has are the same.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import type { Account, Mailbox } from "../../storage/storage.ts";
import type { Client, Surroundings } from "./client.ts";
import { fetch } from "./commands.ts";
import { deliver, remove } from "./delivery.ts";
import { simple, status } from "./mailbox_commands.ts";
import { allMessages } from "./message_set.ts";
import type { Resync } from "./resync.ts";
import type { Selection, Slot } from "./selection.ts";
import type { Turns } from "./turns.ts";
import { itemsOf, numberOf, pairsOf } from "./values.ts";
import { searchAgain } from "./watched.ts";
import { must, type World } from "./world.ts";

/** How long to wait before looking again, in milliseconds. */
const PAUSE = 5;

/**
 * Asks every client, compares, and logs all of them out.
 * @param patience within how many milliseconds clients that are idle hear of what happens; 0 for at once
 */
export async function agree(
  clients: readonly Client[],
  account: Account,
  { world, turns }: Surroundings,
  patience: number,
  followers: readonly Resync[] = [],
): Promise<void> {
  const opened = await openAll(account);
  for (const uidValidity of world.goneMailboxes) {
    must(!opened.has(uidValidity), "BYE, and the mailbox is there");
  }
  const there = () => clients.filter((client) => !client.ended);
  const awake: (() => Promise<void>)[] = [];
  for (const client of there()) awake.push(await client.idle());
  for (const mailbox of opened.values()) await stir(mailbox, world);
  await eventually(turns, patience, () => {
    for (const { model } of there()) compareSelection(model.selection, opened);
  });
  await Promise.all(awake.map((done) => done()));
  for (const client of there()) await askClient(client, opened);
  for (const follower of followers) {
    const mailbox = opened.get(follower.uidValidity);
    if (mailbox === undefined) await follower.close();
    else await follower.finish(mailbox.state);
  }
  for (const [uidValidity, mailbox] of opened) {
    const [asking] = there();
    if (asking !== undefined) await askStatus(asking, mailbox);
    await compareContents(uidValidity, mailbox, world);
    mailbox.close();
  }
  for (const client of clients) await client.logOut();
}

/** Compares when all is quiet, again and again while it fails and there is patience. */
async function eventually(
  turns: Turns,
  patience: number,
  compare: () => void,
): Promise<void> {
  const end = performance.now() + patience;
  for (;;) {
    await turns.quiet();
    try {
      return compare();
    } catch (error) {
      if (performance.now() >= end) throw error;
      await delay(PAUSE);
    }
  }
}

/** A message comes, one goes and one changes, and who is idle hears of it at once. */
async function stir(mailbox: Mailbox, world: World): Promise<void> {
  const uids = mailbox.state.allUids();
  await remove(mailbox, uids.subarray(1, 2), world);
  await mailbox.storeFlags(uids.subarray(0, 1), {
    mode: "replace",
    flags: ["\\Draft"],
  });
  await deliver(mailbox, 1, [], world);
}

/** The mailboxes of an account by UIDVALIDITY. */
async function openAll(account: Account): Promise<Map<number, Mailbox>> {
  const opened = new Map<number, Mailbox>();
  for (const info of await account.mailboxes()) {
    if (info.uidValidity === undefined) continue;
    must(!opened.has(info.uidValidity), "Two mailboxes share a UIDVALIDITY");
    opened.set(info.uidValidity, await account.openMailbox(info.name));
  }
  return opened;
}

/** What a client knows of the mailbox that it has selected is what the storage has. */
function compareSelection(
  selection: Selection | undefined,
  opened: ReadonlyMap<number, Mailbox>,
): void {
  if (selection === undefined) return;
  const mailbox = opened.get(selection.uidValidity);
  must(mailbox !== undefined, "A mailbox is gone, and nobody tells");
  assertEquals(selection.slots!.length, mailbox.state.length, "EXISTS");
  assertEquals(
    selection.among(mailbox.state.allUids()).map((slot, index) =>
      shown(slot, mailbox, index)
    ),
    inStorage(mailbox),
    "What the client knows",
  );
}

/** After NOOP a client knows all; when it asks for flags, they are what it took them for. */
async function askClient(
  client: Client,
  opened: ReadonlyMap<number, Mailbox>,
): Promise<void> {
  await client.run(simple("NOOP"));
  const { selection } = client.model;
  compareSelection(selection, opened);
  if (selection === undefined) return;
  for (const watched of client.model.watched.values()) {
    await client.run(searchAgain(client.model, watched));
  }
  if (selection.slots!.length === 0) return;
  const all = allMessages(client.model.uidOnly);
  await client.run(fetch(all, "(UID FLAGS RFC822.SIZE)"));
  compareSelection(selection, opened);
  const known = selection.slots!.every((slot) => slot.uid && slot.flags);
  must(known, "FETCH tells too little");
  compareRecent(selection);
}

/** A message as a client knows it, and what it does not know as the storage has it. */
function shown(slot: Slot, { state }: Mailbox, index: number): string {
  const flags = slot.flags ?? lower(state.flagsAt(index).flags);
  return `${slot.uid ?? state.uids[index]} ${[...flags].sort().join(" ")}`;
}

function inStorage({ state }: Mailbox): string[] {
  return [...state.allUids()].map((uid, index) =>
    `${uid} ${lower(state.flagsAt(index).flags).sort().join(" ")}`
  );
}

function lower(flags: readonly string[]): string[] {
  return flags.map((flag) => flag.toLowerCase());
}

/** RECENT counts the messages that have `\Recent`. */
function compareRecent({ recent, slots }: Selection): void {
  const count = slots!.filter((slot) => slot.recent).length;
  must(
    count >= recent[0] && count <= recent[1],
    `${count} messages are \\Recent, RECENT says ${recent.join(" to ")}`,
  );
}

/** STATUS counts what is there. */
async function askStatus(client: Client, mailbox: Mailbox): Promise<void> {
  const { state } = mailbox;
  const asked = status(mailbox.name);
  await client.run({
    ...asked,
    heard(response) {
      asked.heard!(response);
      if (response.type !== "data" || response.name !== "STATUS") return;
      const counts = pairsOf(itemsOf(response.values[1]));
      // One that comes unasked (RFC 5465) has not all of the items.
      if (!counts.has("DELETED")) return;
      const told = [...counts].map(([name, value]) => [name, numberOf(value)]);
      const { RECENT: _, ...rest } = Object.fromEntries(told);
      assertEquals(rest, {
        MESSAGES: state.length,
        UIDNEXT: state.uidNext,
        UIDVALIDITY: state.uidValidity,
        UNSEEN: state.unseen,
        DELETED: state.deletedCount,
        SIZE: state.totalSize,
      });
    },
  });
}

/**
 * Every message says what whoever put it there was told that its UID says, and what is not there was to be
 * removed.
 */
async function compareContents(
  uidValidity: number,
  mailbox: Mailbox,
  world: World,
): Promise<void> {
  const { state } = mailbox;
  for await (const batch of mailbox.readSources(state.allUids())) {
    for (const { uid, bytes } of batch) {
      const text = new TextDecoder().decode(bytes);
      world.hasContent(uidValidity, uid, /^Subject: (\w+)/.exec(text)![1]!);
    }
  }
  for (let uid = 1; uid < state.uidNext; uid++) {
    if (state.indexOf(uid) < 0) world.isRemoved(uidValidity, uid);
  }
}
