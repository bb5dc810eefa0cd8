/** Identifiers and save dates of mailboxes that callbacks supply. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { MessageEntry } from "../../server/mod.ts";
import { start, storageOf, textOf } from "./harness.ts";

const messages: MessageEntry[] = [3, 5].map((uid) => ({
  uid,
  source: textOf(uid),
  internalDate: new Date("2014-12-28T10:00:00Z"),
}));

function startLists(uidValidity: number) {
  return start({
    getMailboxes: () =>
      ["INBOX", "other"].map((name) => ({ name, uidValidity })),
    getMessages: () => messages,
  });
}

/** What a client is told of a mailbox and its messages, but its number of the command. */
async function facts(uidValidity: number, mailbox = "INBOX") {
  await using tested = startLists(uidValidity);
  const client = await tested.login();
  const [status] = await client.ok(`STATUS ${mailbox} (MAILBOXID)`);
  const id = /MAILBOXID \((F[\w-]+)\)/.exec(status!)?.[1];
  const selected = await client.ok(`SELECT ${mailbox}`);
  assert(selected.join("\n").includes(`MAILBOXID (${id})`));
  const fetched = await client.ok("FETCH 1:* (EMAILID THREADID SAVEDATE)");
  for (const line of fetched) {
    const email = /EMAILID \((\S+)\) THREADID NIL SAVEDATE NIL\)$/.exec(line)
      ?.[1];
    assert(email !== undefined, line);
    assertEquals(await client.ok(`SEARCH EMAILID ${email}`), [
      `* SEARCH ${/\d+/.exec(line)![0]}`,
    ]);
  }
  assertEquals(await client.ok("SEARCH SAVEDON 28-Dec-2014"), ["* SEARCH 1 2"]);
  assertEquals(await client.ok("SEARCH SAVEDATESUPPORTED"), ["* SEARCH"]);
  return { id, fetched };
}

Deno.test("virtual mailboxes and messages stay what they are as long as UIDVALIDITY does", async () => {
  const before = await facts(7);
  assertEquals(await facts(7), before);
  assertNotEquals((await facts(8)).id, before.id);
  const other = await facts(7, "other");
  assertNotEquals(other.id, before.id);
  assertNotEquals(other.fetched, before.fetched);
  assertEquals(new Set(before.fetched).size, 2);
});

Deno.test("what a callback passes on from the storage stays what it is there", async () => {
  const storage = await storageOf(3);
  const told = async (callbacks: Parameters<typeof start>[0]) => {
    await using tested = start(callbacks, { storage });
    const client = await tested.select();
    return {
      status: await client.ok("STATUS INBOX (MAILBOXID)"),
      first: await client.ok("UID FETCH 3 (EMAILID THREADID SAVEDATE)"),
    };
  };
  const stored = await told({});
  const filtered = await told({
    getMessages: async (event, next) => [...await next(event)].slice(1),
  });
  assertEquals(filtered.status, stored.status);
  assertEquals(
    filtered.first.map((line) => line.replace(/^\* \d+/, "")),
    stored.first.map((line) => line.replace(/^\* \d+/, "")),
  );
  await storage.close();
});
