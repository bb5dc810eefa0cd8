/** What happens between two steps of one command. */

import { assert, assertEquals } from "@std/assert";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Account } from "../../storage/storage.ts";
import { Client } from "../../testing/sessions/client.ts";
import { fetch, transfer } from "../../testing/sessions/commands.ts";
import { deliver } from "../../testing/sessions/delivery.ts";
import { TestHost } from "../../testing/sessions/loopback.ts";
import { select, simple } from "../../testing/sessions/mailbox_commands.ts";
import { allMessages, chooseSet } from "../../testing/sessions/message_set.ts";
import { slowStorage } from "../../testing/sessions/slow_storage.ts";
import { Turns } from "../../testing/sessions/turns.ts";
import { World } from "../../testing/sessions/world.ts";

/** Turns at which something else happens. */
class Meanwhile extends Turns {
  readonly #events: (() => Promise<unknown>)[] = [];

  /** Lets something happen at the turn after so many others. */
  after(turns: number, event: () => Promise<unknown>): void {
    for (let turn = 0; turn < turns; turn++) {
      this.#events.push(() => Promise.resolve());
    }
    this.#events.push(event);
  }

  override async next(): Promise<void> {
    await this.#events.shift()?.();
  }
}

/** A client that has selected INBOX, of 3 messages, beside a mailbox `a`. */
async function race(
  test: (
    client: Client,
    meanwhile: Meanwhile,
    account: Account,
    transcript: string[],
  ) => Promise<void>,
): Promise<void> {
  await using storage = new MemoryStorage();
  const account = await storage.openAccount("u");
  await account.createMailbox("a");
  const world = new World();
  await deliver(await account.openMailbox("INBOX"), 3, [], world);
  const meanwhile = new Meanwhile([]);
  const turns = new Turns([]);
  const transcript: string[] = [];
  const failure = Promise.withResolvers<never>();
  const fail = failure.reject;
  const host = new TestHost(slowStorage(storage, meanwhile), 16_384);
  const around = { host, turns, world, transcript, fail };
  const client = new Client("A", around);
  await turns.runUntil(Promise.race([failure.promise, play()]));
  assertEquals(host.faults, []);

  async function play(): Promise<void> {
    await client.run(simple("LOGIN u secret"));
    await client.run(select("INBOX", false));
    await client.run(fetch(allMessages(), "(UID FLAGS RFC822.SIZE)"));
    await test(client, meanwhile, account, transcript);
    await client.logOut();
  }
}

/** COPY and MOVE open the target, in two turns, before they do anything. */
const TARGET_IS_OPEN = 2;

function all(client: Client, by: "uid" | "number") {
  const choice = { by, from: 0, more: 2, form: "range" } as const;
  return chooseSet(client.model, choice)!;
}

Deno.test("UID COPY passes over a message that goes meanwhile", () =>
  race(async (client, meanwhile, account, transcript) => {
    const inbox = await account.openMailbox("INBOX");
    meanwhile.after(TARGET_IS_OPEN, () => inbox.expunge(Uint32Array.of(2)));
    const copy = transfer("COPY", all(client, "uid"), "a");
    assertEquals(await client.run(copy), "OK");
    assert(/COPYUID \d+ 1,3 1:2\]/.test(transcript.at(-1)!));
  }));

Deno.test("COPY of a message that goes meanwhile copies none", () =>
  race(async (client, meanwhile, account) => {
    const inbox = await account.openMailbox("INBOX");
    meanwhile.after(TARGET_IS_OPEN, () => inbox.expunge(Uint32Array.of(2)));
    const copy = transfer("COPY", all(client, "number"), "a");
    assertEquals(await client.run(copy), "NO");
    assertEquals((await account.openMailbox("a")).state.length, 0);
  }));

for (const verb of ["COPY", "MOVE"] as const) {
  Deno.test(`${verb} to a mailbox that goes meanwhile says TRYCREATE`, () =>
    race(async (client, meanwhile, account, transcript) => {
      meanwhile.after(TARGET_IS_OPEN, () => account.deleteMailbox("a"));
      const move = transfer(verb, all(client, "uid"), "a");
      assertEquals(await client.run(move), "NO");
      assert(transcript.at(-1)!.includes("[TRYCREATE]"));
    }));
}
