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
import { enableRev2, select, simple } from "./mailbox_commands.ts";
import { allMessages } from "./message_set.ts";
import { slowStorage } from "./slow_storage.ts";
import type { Behind, History, Script } from "./steps.ts";
import { Turns } from "./turns.ts";
import { World } from "./world.ts";

/** How many turns pass between two things that happen behind the sessions' backs. */
const PAUSE = 25;

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
  await Promise.all(acts);
  // What is notified may have to be looked up first, which no turn tells of.
  const notified = history.scripts.some((script) => script.notified);
  const near = notified ? PATIENCE : 0;
  const patience = storages.length === 1 ? near : FAR_AWAY;
  await agree(clients, account, around, patience);
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
    const client = new Client(name += letter, around, script.rev2);
    clients.push(client);
    await client.run(simple("LOGIN u secret"));
    if (script.rev2) await client.run(enableRev2());
    await client.run(select(script.mailbox, false));
    const { model } = client;
    if (!client.ended && model.selection?.slots?.length) {
      await client.run(fetch(allMessages(), "(UID FLAGS RFC822.SIZE)"));
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
