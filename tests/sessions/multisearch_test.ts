/** What an ESEARCH over several mailboxes does to the others (RFC 7377). */

import { assertEquals } from "@std/assert";
import { serve } from "../../server/serve.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { showResponse } from "../../testing/responses/response.ts";
import { Client } from "../transcript/client.ts";
import { logIn } from "../transcript/seed.ts";
import { heldStorage } from "./held_storage.ts";

const NAMES = ["a", "b", "c", "d"];

/**
 * Searches all mailboxes, of which INBOX is empty.
 * @param meanwhile is called before a mailbox is opened and when it is closed
 * @returns the mailboxes that were answered for
 */
async function searchAll(
  meanwhile: (where: string, storage: MemoryStorage) => Promise<void>,
): Promise<(string | undefined)[]> {
  await using storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  for (const name of NAMES) {
    await account.createMailbox(name);
    const mailbox = await account.openMailbox(name);
    await mailbox.append([{
      source: new TextEncoder().encode("Subject: x\r\n\r\ntext\r\n"),
      flags: [],
      internalDate: 0,
      summary: new Uint8Array(0),
    }]);
    mailbox.close();
  }
  account.close();
  await using server = serve({
    port: 0,
    users: { alice: "secret" },
    storage: heldStorage(storage, (where) => meanwhile(where, storage)),
  });
  const { port } = server.addr;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const client = new Client(conn, false, () => {});
  try {
    await client.receive();
    await logIn(client, "alice", 1);
    await client.send("s ESEARCH IN (personal) BODY text\r\n");
    const heard: string[] = [];
    while (!heard.at(-1)?.startsWith("s OK")) {
      heard.push(showResponse((await client.receive())!));
    }
    return heard.slice(0, -1)
      .map((response) => /MAILBOX "?(\w+)/.exec(response)?.[1]);
  } finally {
    client.close();
  }
}

Deno.test("ESEARCH has one mailbox open at a time, and none in the end", async () => {
  let open = 0;
  let most = 0;
  const found = await searchAll((where) => {
    if (where.startsWith("open ")) most = Math.max(most, ++open);
    if (where.startsWith("close ")) open--;
    return Promise.resolve();
  });
  assertEquals(found, NAMES);
  assertEquals([open, most], [0, 1]);
});

Deno.test("ESEARCH leaves out what has gone since it began", async () => {
  const found = await searchAll(async (where, storage) => {
    const gone = where === "open b" ? "b" : where === "c 1" ? "c" : undefined;
    if (gone === undefined) return;
    const account = await storage.openAccount("alice");
    await account.deleteMailbox(gone);
    account.close();
  });
  assertEquals(found, ["a", "d"]);
});
