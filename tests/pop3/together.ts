/**
 * Lets POP3 and IMAP clients share an INBOX, all at once.
 *
 * @module
 */

import fc from "fast-check";
import { setTimeout as delay } from "node:timers/promises";
import type { Account, Mailbox, Storage } from "../../storage/storage.ts";
import { perform } from "../../testing/sessions/actor.ts";
import { agree } from "../../testing/sessions/agreement.ts";
import { Client, type Surroundings } from "../../testing/sessions/client.ts";
import { fetch } from "../../testing/sessions/commands.ts";
import { deliver, remove } from "../../testing/sessions/delivery.ts";
import { TestHost } from "../../testing/sessions/loopback.ts";
import { select, simple } from "../../testing/sessions/mailbox_commands.ts";
import { allMessages } from "../../testing/sessions/message_set.ts";
import { slowStorage } from "../../testing/sessions/slow_storage.ts";
import { histories, type Script } from "../../testing/sessions/steps.ts";
import { Turns } from "../../testing/sessions/turns.ts";
import { World } from "../../testing/sessions/world.ts";
import { playPop, popScripts } from "./pop_client.ts";

/** How long to wait for what has failed to come to its end, in milliseconds. */
const PATIENCE = 1_000;

/** Histories of both kinds of clients. */
export const together = fc.record({
  imap: histories,
  pop: fc.array(popScripts, { minLength: 1, maxLength: 3 }),
});

/** See {@linkcode together}. */
export type Together = typeof together extends fc.Arbitrary<infer T> ? T
  : never;

/**
 * Plays a history on an empty storage.
 * @throws {Error} with all that was said, when a law is broken
 */
export async function playTogether(
  { imap, pop }: Together,
  storage: Storage,
): Promise<void> {
  const turns = new Turns(imap.choices);
  const transcript: string[] = [];
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const host = new TestHost(slowStorage(storage, turns), imap.batchSize);
  const world = new World();
  const fail = failure.reject;
  const around: Surroundings = { host, turns, world, transcript, fail };
  const clients: Client[] = [];
  const acts: Promise<unknown>[] = [];
  const all = async () => {
    const account = await storage.openAccount("u");
    const inbox = await furnish(account, world);
    for (const [index, script] of imap.scripts.entries()) {
      const letter = String.fromCharCode(65 + index);
      acts.push(playImap(script, letter, around, clients));
    }
    const sessions = pop.map((script, index) =>
      playPop(script, `P${index + 1}`, inbox, around)
    );
    acts.push(...sessions);
    await Promise.all(acts);
    for (const models of await Promise.all(sessions)) {
      for (const model of models) model.checkGone();
    }
    await agree(clients, account, around, 0);
    inbox.close();
    account.close();
    const problems = await storage.verify();
    if (problems.length > 0) throw new Error(problems.join("; "));
  };
  try {
    await turns.runUntil(Promise.race([all(), failure.promise]));
    if (host.faults.length > 0) throw host.faults[0];
  } catch (error) {
    turns.stop();
    for (const client of clients) acts.push(client.abandon());
    await Promise.race([Promise.allSettled(acts), delay(PATIENCE)]);
    const said = error instanceof Error ? error.message : String(error);
    const text = `${said}\n\n${transcript.join("\n")}\n`;
    throw new Error(text, { cause: error });
  }
}

/** An INBOX whose messages have UIDs other than their numbers. */
async function furnish(account: Account, world: World): Promise<Mailbox> {
  const inbox = await account.openMailbox("INBOX");
  world.inbox = inbox.state.uidValidity;
  await deliver(inbox, 9, [], world);
  await remove(inbox, Uint32Array.of(1, 4, 5), world);
  return inbox;
}

async function playImap(
  script: Script,
  letter: string,
  around: Surroundings,
  clients: Client[],
): Promise<void> {
  let name = "";
  const connect = async () => {
    const client = new Client(name += letter, around);
    clients.push(client);
    await client.run(simple("LOGIN u secret"));
    await client.run(select("INBOX", false));
    if (!client.ended && client.model.selection?.slots?.length) {
      await client.run(fetch(allMessages(), "(UID FLAGS RFC822.SIZE)"));
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
