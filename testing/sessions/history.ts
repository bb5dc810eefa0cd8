/**
 * Lets a history happen: sessions on one server or on several, all at once, and the storage behind them.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { StorageError } from "../../storage/model.ts";
import type { Account, Storage } from "../../storage/storage.ts";
import { perform } from "./actor.ts";
import { agree } from "./agreement.ts";
import { Client, type Surroundings } from "./client.ts";
import { fetch } from "./commands.ts";
import { deliver, remove } from "./delivery.ts";
import { TestHost } from "./loopback.ts";
import { enable, select, simple } from "./mailbox_commands.ts";
import { allMessages } from "./message_set.ts";
import { type Checkpoint, Resync } from "./resync.ts";
import { slowStorage } from "./slow_storage.ts";
import type { Behind, History, Script } from "./steps.ts";
import { Turns } from "./turns.ts";
import { World } from "./world.ts";

/** How many turns pass between two things that happen behind the sessions' backs. */
const PAUSE = 25;

/** How many clients come again while things happen, and how many when they do not any more. */
const FOLLOWERS = 3;
/** Everything; EXPUNGE waits, so that sequence numbers may be used (RFC 5465 § 6.1.2). */
const NOTIFY = "NOTIFY SET " +
  "(selected-delayed (MessageNew (UID FLAGS) MessageExpunge FlagChange)) " +
  "(personal (MessageNew MessageExpunge FlagChange MailboxName))";

/** How long to wait for what has failed to come to its end, in milliseconds. */
const PATIENCE = 1_000;

/** Within what time one server's clients hear of what another server does, in milliseconds. */
const FAR_AWAY = 8_000;

/**
 * Plays a history on an empty storage.
 * @param others further storages on the same data: each has a server, among which the clients are spread
 * @throws {Error} with all that was said, when a law is broken
 */
export async function play(
  history: History,
  storage: Storage,
  others: readonly Storage[] = [],
): Promise<void> {
  const turns = new Turns(history.choices);
  const transcript: string[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const storages = [storage, ...others];
  const hosts = storages.map((storage) =>
    new TestHost(slowStorage(storage, turns), history.batchSize)
  );
  const world = new World(others.length === 0);
  const arounds = hosts.map((host): Surroundings => ({
    host,
    turns,
    world,
    transcript,
    fail: failure.reject,
  }));
  const clients: Client[] = [];
  const acts: Promise<unknown>[] = [];
  try {
    const all = playAll(history, storages, arounds, clients, acts);
    await turns.runUntil(Promise.race([all, failure.promise]));
    for (const { faults } of hosts) if (faults.length > 0) throw faults[0];
  } catch (error) {
    turns.stop();
    for (const client of clients) acts.push(client.abandon());
    await Promise.race([Promise.allSettled(acts), delay(PATIENCE)]);
    const said = error instanceof Error ? error.message : String(error);
    const text = `${said}\n\n${transcript.join("\n")}\n`;
    throw new Error(text, { cause: error });
  }
}

async function playAll(
  history: History,
  storages: readonly Storage[],
  arounds: readonly Surroundings[],
  clients: Client[],
  acts: Promise<unknown>[],
): Promise<void> {
  const around = arounds[0]!;
  const account = await storages[0]!.openAccount("u");
  await furnish(account, history.mailboxes, around.world);
  for (const [index, script] of history.scripts.entries()) {
    const letter = String.fromCharCode(65 + index);
    const there = arounds[index % arounds.length]!;
    acts.push(playScript(script, letter, there, clients));
  }
  acts.push(playBehind(history.behind, account, around));
  const followers: Resync[] = [];
  const following = { over: false };
  const act = playFollowers(clients, account, arounds, followers, following);
  act.catch(() => {});
  await Promise.all(acts);
  following.over = true;
  await act;
  await followAgain(clients, account, arounds, followers);
  // What is notified may have to be looked up first, which no turn tells of.
  const notified = history.scripts.some(({ notified, steps }) =>
    notified || steps.some(({ action }) => action.does === "watch")
  );
  const near = notified ? PATIENCE : 0;
  const patience = storages.length === 1 ? near : FAR_AWAY;
  await agree(clients, account, around, patience, followers);
  account.close();
  // Each finishes its own work in the background first; then there is one truth.
  for (const storage of storages.slice(1)) await storage.verify();
  for (const storage of storages) {
    const faults = await storage.verify();
    if (faults.length > 0) throw new Error(faults.join("; "));
  }
}

/** Mailboxes whose messages have UIDs other than their numbers. */
async function furnish(
  account: Account,
  mailboxes: number,
  world: World,
): Promise<void> {
  for (const [index, name] of ["INBOX", "a", "b"].entries()) {
    if (index >= mailboxes) break;
    if (index > 0) await account.createMailbox(name);
    const mailbox = await account.openMailbox(name);
    if (name === "INBOX") world.inbox = mailbox.state.uidValidity;
    await deliver(mailbox, 9 - 3 * index, [], world);
    await remove(mailbox, Uint32Array.of(1, 4, 5), world);
    mailbox.close();
  }
}

async function playScript(
  script: Script,
  letter: string,
  around: Surroundings,
  clients: Client[],
): Promise<void> {
  let name = "";
  const connect = async () => {
    const { rev2, qresync, uidOnly } = script;
    const client = new Client(name += letter, around, script);
    clients.push(client);
    await client.run(simple("LOGIN u secret"));
    if (rev2) await client.run(enable("IMAP4rev2"));
    if (qresync) await client.run(enable("QRESYNC"));
    if (uidOnly) await client.run(enable("UIDONLY"));
    await client.run(select(script.mailbox, false));
    const { model } = client;
    if (!client.ended && model.selection?.slots?.length) {
      await client.run(fetch(allMessages(uidOnly), "(UID FLAGS RFC822.SIZE)"));
    }
    if (script.notified && !client.ended) {
      await client.run(simple(NOTIFY));
      model.notified = true;
    }
    return client;
  };
  let client = await connect();
  for (const step of script.steps) {
    if (around.turns.stopped) return;
    if (client.ended) client = await connect();
    await perform(client, step, around.turns);
  }
  await client.drained();
}

/** Now and then a client comes again that knows what another one knew. */
async function playFollowers(
  clients: readonly Client[],
  account: Account,
  arounds: readonly Surroundings[],
  followers: Resync[],
  following: { readonly over: boolean },
): Promise<void> {
  const { turns } = arounds[0]!;
  while (!following.over && followers.length < FOLLOWERS && !turns.stopped) {
    for (let turn = 0; turn < 2 * PAUSE; turn++) await turns.next();
    const all = checkpointsOf(clients);
    const checkpoint = all[turns.choose(Math.max(1, all.length))];
    if (checkpoint === undefined) continue;
    await follow(checkpoint, account, arounds, followers);
  }
}

/** When nothing happens any more, from all over the past. */
async function followAgain(
  clients: readonly Client[],
  account: Account,
  arounds: readonly Surroundings[],
  followers: Resync[],
): Promise<void> {
  const all = checkpointsOf(clients);
  for (let at = 0; at < FOLLOWERS && at < all.length; at++) {
    const index = Math.floor(at * all.length / Math.min(FOLLOWERS, all.length));
    await follow(all[index]!, account, arounds, followers);
  }
}

function checkpointsOf(clients: readonly Client[]): Checkpoint[] {
  return clients.flatMap(({ model }) => model.checkpoints);
}

/** Comes again with what was known, where the mailbox is still there. */
async function follow(
  checkpoint: Checkpoint,
  account: Account,
  arounds: readonly Surroundings[],
  followers: Resync[],
): Promise<void> {
  const number = followers.length;
  const info = (await account.mailboxes())
    .find(({ uidValidity }) => uidValidity === checkpoint.uidValidity);
  if (info === undefined) return;
  const around = arounds[number % arounds.length]!;
  const follower = new Resync(`R${number}.`, around, checkpoint);
  const { turns } = around;
  const how = {
    uids: turns.choose(2) > 0,
    numbers: turns.choose(2) > 0,
    uidOnly: turns.choose(2) > 0,
  };
  if (await follower.begin(info.name, how)) followers.push(follower);
  else await follower.close();
}

async function playBehind(
  behind: readonly Behind[],
  account: Account,
  { turns, transcript, world }: Surroundings,
): Promise<void> {
  for (const event of behind) {
    for (let turn = 0; turn < PAUSE; turn++) await turns.next();
    if (await account.mailbox(event.name) === undefined) continue;
    transcript.push(`!: ${event.does} ${event.name} ${event.every}`);
    try {
      await change(account, event, world);
    } catch (error) {
      // Somebody else has deleted or renamed the mailbox meanwhile.
      const gone = error instanceof StorageError &&
        error.code === "NONEXISTENT";
      if (!gone) throw error;
    }
  }
}

async function change(
  account: Account,
  { does, name, every, flags }: Behind,
  world: World,
): Promise<void> {
  if (does === "delete") {
    world.mailboxesGo = true;
    if (name !== "INBOX") await account.deleteMailbox(name);
    return;
  }
  const mailbox = await account.openMailbox(name);
  try {
    const some = mailbox.state.allUids()
      .filter((_, index) => index % every === 0);
    if (does === "append") await deliver(mailbox, every, flags, world);
    else if (does === "expunge") await remove(mailbox, some, world);
    else await mailbox.storeFlags(some, { mode: "replace", flags });
  } finally {
    mailbox.close();
  }
}
