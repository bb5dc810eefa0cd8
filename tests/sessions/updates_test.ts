/** What happens to the results of a search (RFC 5267) while they are looked at. */

import { assertEquals } from "@std/assert";
import { serve } from "../../server/serve.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Mailbox } from "../../storage/storage.ts";
import { showResponse } from "../../testing/responses/response.ts";
import { Client } from "../transcript/client.ts";
import { logIn } from "../transcript/seed.ts";
import { heldStorage } from "./held_storage.ts";

/** A client that has selected INBOX, and what happens behind its back. */
interface Scene {
  readonly inbox: Mailbox;
  /** Sends a command, and gives what is heard up to its answer. */
  say(command: string): Promise<string[]>;
  /** What is heard up to a response that begins so. */
  hear(last: string): Promise<string[]>;
  /** Has something happen before the message with a UID is read, once. */
  before(uid: number, event: () => unknown): void;
}

async function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  await using storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  await deliver(inbox, 3);
  const events = new Map<string, () => unknown>();
  await using server = serve({
    port: 0,
    users: { alice: "secret" },
    // So that every search reads.
    searchMemory: 0,
    storage: heldStorage(storage, async (where) => {
      const event = events.get(where);
      events.delete(where);
      await event?.();
    }),
  });
  const { port } = server.addr;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const client = new Client(conn, false, () => {});
  const hear = async (last: string) => {
    const heard: string[] = [];
    while (!heard.at(-1)?.startsWith(last)) {
      heard.push(showResponse((await client.receive())!));
    }
    return heard;
  };
  try {
    await client.receive();
    await logIn(client, "alice", 2);
    const say = async (command: string) => {
      await client.send(`${command}\r\n`);
      return await hear(command.split(" ")[0]!);
    };
    await say("s SELECT INBOX");
    const before = (uid: number, event: () => unknown) =>
      void events.set(`INBOX ${uid}`, event);
    await play({ inbox, say, hear, before });
    assertEquals([...events.keys()], []);
  } finally {
    client.close();
    inbox.close();
    account.close();
  }
}

async function deliver(mailbox: Mailbox, count: number): Promise<void> {
  await mailbox.append(Array.from({ length: count }, () => ({
    source: new TextEncoder().encode("Subject: x\r\n\r\nwork\r\n"),
    flags: [],
    internalDate: 0,
    summary: new Uint8Array(0),
  })));
}

function flag(
  mailbox: Mailbox,
  uid: number,
  mode: "add" | "remove",
  flag: string,
) {
  return mailbox.storeFlags(Uint32Array.of(uid), { mode, flags: [flag] });
}

Deno.test("what changes while a search is made is told after its results", () =>
  scene(async ({ inbox, say, before }) => {
    await flag(inbox, 3, "add", "\\Flagged");
    before(2, async () => {
      await flag(inbox, 3, "remove", "\\Flagged");
      await flag(inbox, 1, "add", "\\Flagged");
      await deliver(inbox, 1);
    });
    assertEquals(
      await say("a UID SEARCH RETURN (UPDATE ALL) UNFLAGGED BODY work"),
      [
        '* ESEARCH (TAG "a") UID ALL 1:2',
        "* 4 EXISTS",
        "* 1 FETCH (UID 1 FLAGS (\\Flagged))",
        "* 3 FETCH (UID 3 FLAGS ())",
        '* ESEARCH (TAG "a") UID REMOVEFROM (0 1)',
        '* ESEARCH (TAG "a") UID ADDTO (0 3:4)',
        "a OK UID SEARCH completed",
      ],
    );
  }));

Deno.test("what goes while a search is made is told after its results", () =>
  scene(async ({ inbox, say, before }) => {
    before(3, () => inbox.expunge(Uint32Array.of(1)));
    assertEquals(await say("a SEARCH RETURN (UPDATE ALL) BODY work"), [
      '* ESEARCH (TAG "a") ALL 1:3',
      '* ESEARCH (TAG "a") REMOVEFROM (0 1)',
      "a OK SEARCH completed",
    ]);
    assertEquals(await say("b NOOP"), ["* 1 EXPUNGE", "b OK NOOP completed"]);
    assertEquals(await say("c SEARCH RETURN (ALL) BODY work"), [
      '* ESEARCH (TAG "c") ALL 1:2',
      "c OK SEARCH completed",
    ]);
  }));

Deno.test("a new message whose flags change while it is read is told of after them", () =>
  scene(async ({ inbox, say, hear, before }) => {
    await say("a UID SEARCH RETURN (UPDATE COUNT) BODY work");
    await say("b UID SEARCH RETURN (UPDATE (UID) COUNT) FLAGGED BODY work");
    before(4, () => flag(inbox, 4, "add", "\\Flagged"));
    await deliver(inbox, 1);
    assertEquals(await hear('* ESEARCH (TAG "b")'), [
      "* 4 EXISTS",
      "* 4 FETCH (UID 4 FLAGS (\\Flagged))",
      "* 4 FETCH (UID 4)",
      '* ESEARCH (TAG "a") UID ADDTO (0 4)',
      '* ESEARCH (TAG "b") UID ADDTO (0 4)',
    ]);
  }));

Deno.test("a new message that goes while it is read is not told of", () =>
  scene(async ({ inbox, say, hear, before }) => {
    await say("a SEARCH RETURN (UPDATE COUNT) BODY work");
    before(4, () => inbox.expunge(Uint32Array.of(2, 4)));
    await deliver(inbox, 2);
    assertEquals(await hear('* ESEARCH (TAG "a") REMOVEFROM'), [
      "* 5 EXISTS",
      '* ESEARCH (TAG "a") ADDTO (0 5)',
      '* ESEARCH (TAG "a") REMOVEFROM (0 2)',
    ]);
    assertEquals(await say("b NOOP"), [
      "* 2 EXPUNGE",
      "* 3 EXPUNGE",
      "b OK NOOP completed",
    ]);
  }));

Deno.test("a search that cannot be made again is not followed", () =>
  scene(async ({ inbox, say, hear, before }) => {
    await say("a UID SEARCH RETURN (UPDATE COUNT) BODY work");
    await say("b UID SEARCH RETURN (UPDATE COUNT) UNFLAGGED");
    before(4, () => Promise.reject(new Error("The disk is gone")));
    await deliver(inbox, 1);
    assertEquals(await hear('* ESEARCH (TAG "b")'), [
      "* 4 EXISTS",
      '* NO [NOUPDATE "a"] The search cannot be made again',
      '* ESEARCH (TAG "b") UID ADDTO (0 4)',
    ]);
    assertEquals(await say("a UID SEARCH RETURN (UPDATE COUNT) BODY work"), [
      '* ESEARCH (TAG "a") UID COUNT 4',
      "a OK UID SEARCH completed",
    ]);
  }));
