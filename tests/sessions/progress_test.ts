/** What clients hear while a command takes long (RFC 9585). */

import { assert, assertEquals } from "@std/assert";
import { serve } from "../../server/serve.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { showResponse } from "../../testing/responses/response.ts";
import { Client } from "../transcript/client.ts";
import { logIn } from "../transcript/seed.ts";
import { type Gate, heldStorage } from "./held_storage.ts";

/**
 * Has a client give a command that waits at one place until a notice has come.
 * @returns what the client heard from then on
 */
async function hear(
  command: string,
  where: string,
  notice: string,
): Promise<string[]> {
  await using storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  await account.createMailbox("Other");
  for (const [name, count] of [["INBOX", 5], ["Other", 2]] as const) {
    const mailbox = await account.openMailbox(name);
    await mailbox.append(Array.from({ length: count }, (_, index) => ({
      source: new TextEncoder().encode(`Subject: ${index}\r\n\r\ntext\r\n`),
      flags: [],
      internalDate: 0,
      summary: new Uint8Array(0),
    })));
    mailbox.close();
  }
  const open = Promise.withResolvers<void>();
  const gate: Gate = (at) => at === where ? open.promise : Promise.resolve();
  await using server = serve({
    port: 0,
    users: { alice: "secret" },
    storage: heldStorage(storage, gate),
    limits: { progressTime: 1 },
  });
  const { port } = server.addr;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const client = new Client(conn, false, () => {});
  const next = async () => showResponse((await client.receive())!);
  try {
    await client.receive();
    await logIn(client, "alice", 1);
    await client.send(".s SELECT INBOX\r\n");
    while (!(await next()).startsWith(".s OK")) { /* what SELECT tells */ }
    await client.send(`${command}\r\n`);
    while (await next() !== `* OK [INPROGRESS (${notice})] Still at it`) {
      // notices from before it had come that far
    }
    open.resolve();
    const heard: string[] = [];
    const tag = command.split(" ")[0]!;
    while (!heard.at(-1)?.startsWith(tag)) heard.push(await next());
    return heard;
  } finally {
    open.resolve();
    client.close();
    account.close();
  }
}

/** All but the notices. */
function answers(heard: readonly string[]): string[] {
  return heard.filter((response) => !response.includes("INPROGRESS"));
}

Deno.test("A search that takes long says how many messages it has judged", async () => {
  const heard = await hear("A001 SEARCH TEXT text", "INBOX 3", '"A001" 2 5');
  const [result, tagged] = answers(heard);
  assertEquals(result, "* SEARCH 1 2 3 4 5");
  assert(tagged!.startsWith("A001 OK"));
});

Deno.test("A sort that takes long says how far it is, in messages that are searched and put in order", async () => {
  const command = "A004 SORT (SUBJECT) UTF-8 TEXT text";
  const heard = await hear(command, "INBOX 3", '"A004" 2 10');
  const [result, tagged] = answers(heard);
  assertEquals(result, "* SORT 1 2 3 4 5");
  assert(tagged!.startsWith("A004 OK"));
});

Deno.test("A search in several mailboxes counts the messages of all", async () => {
  const command = "A002 ESEARCH IN (personal) RETURN (COUNT) TEXT text";
  const heard = await hear(command, "Other 2", '"A002" 6 7');
  assertEquals(answers(heard).length, 2);
  assert(answers(heard)[0]!.endsWith("UID COUNT 2"));
});

Deno.test("A copy that takes long says that it is at work", async () => {
  const heard = await hear("A003 COPY 2:4 Other", "copy", '"A003" NIL NIL');
  assertEquals(answers(heard).length, 1);
  assert(answers(heard)[0]!.startsWith("A003 OK [COPYUID"));
});

Deno.test("A notice does not name a tag that has a bracket in it", async () => {
  const heard = await hear("A]4 COPY 1 Other", "copy", "NIL NIL NIL");
  assert(answers(heard)[0]!.startsWith("A]4 OK"));
});

Deno.test("THREAD says that it is at work while it reads what it threads", async () => {
  const heard = await hear(
    "A005 THREAD REFS UTF-8 ALL",
    "INBOX 3",
    '"A005" 7 10',
  );
  assertEquals(answers(heard)[0], "* THREAD (1) (2) (3) (4) (5)");
});
