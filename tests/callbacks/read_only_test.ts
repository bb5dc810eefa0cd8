/** Mailboxes that are listed as read-only, and scopes that meet callbacks. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Callbacks, StorageError } from "../../mod.ts";
import { hashToken } from "../../server/credentials/token.ts";
import { withCallbacks } from "../../server/callbacks/storage.ts";
import { codeOf, start, storageOf } from "./harness.ts";

/** Whatever would change something, and a note of each that was asked. */
function changes(asked: string[]): Callbacks {
  return {
    appendMessage: () => void asked.push("append"),
    updateMessages: () => void asked.push("update"),
    deleteMessages: () => void asked.push("delete"),
    copyMessages: () => void asked.push("copy"),
    moveMessages: () => void asked.push("move"),
  };
}

const REFUSED: Readonly<Record<string, string>> = {
  "STORE 1 +FLAGS (\\Seen)": "READ-ONLY",
  "EXPUNGE": "READ-ONLY",
  "MOVE 1 Open": "READ-ONLY",
  "COPY 1 INBOX": "NOPERM",
  "APPEND INBOX {4+}\r\na: b": "NOPERM",
};

Deno.test("a virtual mailbox that is listed as read-only is selected so, and no callback is asked", async () => {
  const asked: string[] = [];
  let readOnly = true;
  await using tested = start({
    ...changes(asked),
    getMailboxes: () => [{ name: "INBOX", readOnly }, { name: "Open" }],
    getMessages: () => [{ uid: 1, source: "a: b\n\nx" }],
  });
  const client = await tested.login();
  const selected = await client.send("SELECT INBOX");
  assertMatch(selected.at(-1)!, /^OK \[READ-ONLY\]/);
  assert(selected.some((line) => line.includes("[PERMANENTFLAGS ()]")));
  for (const [command, code] of Object.entries(REFUSED)) {
    assertEquals(codeOf(await client.no(command)), code, command);
  }
  assertEquals(await client.ok("FETCH 1 BODY[TEXT]"), [
    "* 1 FETCH (BODY[TEXT] {1}",
    "x)",
  ]);
  assertEquals(asked, []);
  await client.ok("COPY 1 Open");
  assertEquals(asked, ["copy"]);
  readOnly = false;
  assertMatch(
    (await client.send("SELECT INBOX")).at(-1)!,
    /^OK \[READ-WRITE\]/,
  );
  await client.ok("STORE 1 +FLAGS (\\Seen)");
  assertEquals(asked, ["copy", "update"]);
  assertEquals(tested.faults, []);
});

Deno.test("so is a stored mailbox, and mail that comes in is refused", async () => {
  const asked: string[] = [];
  const callbacks: Callbacks = {
    ...changes(asked),
    async getMailboxes(event, next) {
      return [...await next(event)].map((entry) => ({
        ...entry,
        readOnly: entry.name === "INBOX",
      }));
    },
  };
  const below = await storageOf(1);
  await using tested = start(callbacks, { storage: below });
  const client = await tested.login();
  await client.ok("CREATE Open");
  await client.ok("SELECT INBOX");
  for (const [command, code] of Object.entries(REFUSED)) {
    assertEquals(codeOf(await client.no(command)), code, command);
  }
  assertEquals(asked, []);

  const { getMailboxes } = callbacks;
  const storage = withCallbacks(below, { getMailboxes: getMailboxes! }, {
    callbackTime: 1_000,
    report() {},
  });
  const account = await storage.openAccount("alice");
  const boxes = [
    await account.openMailbox("INBOX"),
    await account.openMailbox("Open"),
  ];
  const message = {
    source: new TextEncoder().encode("a: b\r\n\r\n"),
    flags: [],
    internalDate: 0,
    summary: new Uint8Array(0),
  };
  const [inbox, open] = await storage.deliver(message, boxes);
  assertEquals([inbox?.status, open?.status], ["rejected", "fulfilled"]);
  await assertRejects(() => boxes[0]!.expunge(Uint32Array.of(1)), StorageError);
  for (const box of boxes) box.close();
  account.close();
  storage.release();
});

Deno.test("a callback that passes a login on passes on the scope", async () => {
  const users = {
    get: (name: string) => Promise.resolve({ name, password: "secret" }),
    tokens: () =>
      Promise.resolve([
        { id: "t", hash: hashToken("token"), scope: { readOnly: true } },
      ]),
  };
  const all: readonly NonNullable<Callbacks["authenticate"]>[] = [
    async (event, next) => await next(event),
    async (event, next) => await next(event) !== undefined,
    async (event, next) => {
      const user = await next(event);
      return user && { name: `${user.name}@example.com` };
    },
  ];
  for (const authenticate of all) {
    await using tested = start({ authenticate }, { users });
    for (const [password, access] of [["secret", "WRITE"], ["token", "ONLY"]]) {
      const client = await tested.connect();
      await client.line();
      await client.ok(`LOGIN alice ${password}`);
      const selected = await client.send("SELECT INBOX");
      assert(selected.at(-1)!.startsWith(`OK [READ-${access}]`));
    }
  }
});

Deno.test("a search by callback finds by id what a scope lets it read", async () => {
  const users = () => ({ user: "alice", scope: { readOnly: true } });
  await using tested = start({
    getMailboxes: () => [],
    getMessages: () => [{ id: "one", source: "" }, { id: "two", source: "" }],
    searchMessages: () => ["two"],
  }, { users });
  const client = await tested.select();
  assertEquals(await client.ok("SEARCH ALL"), ["* SEARCH 2"]);
});
