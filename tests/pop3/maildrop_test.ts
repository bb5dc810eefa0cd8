/**
 * A maildrop that others change at the same time, how a session ends, and what is left then.
 */

import { assert, assertEquals } from "@std/assert";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import { openKvStorage } from "../../storage/kv/mod.ts";
import type { UidList } from "../../storage/model.ts";
import type { Mailbox, Storage } from "../../storage/storage.ts";
import {
  Conversation,
  fill,
  mail,
  openInbox,
  type Setup,
} from "./conversation.ts";

const FIVE = ["one", "two", "three", "four", "five"]
  .map((name) => `Subject: ${name}\n\n${name}\n`);

/** A session over five messages, and the mailbox behind its back. */
async function five(
  setup: Setup = {},
): Promise<{ client: Conversation; inbox: Mailbox; storage: Storage }> {
  const storage = setup.storage ?? new MemoryStorage();
  const client = await Conversation.begin({
    messages: FIVE,
    ...setup,
    storage,
  });
  return { client, inbox: await openInbox(storage), storage };
}

function uids(...list: number[]): UidList {
  return Uint32Array.from(list);
}

function flagsOf({ state }: Mailbox): string[] {
  return [...state.allUids()].map((uid) =>
    `${uid} ${state.flagsAt(state.indexOf(uid)).flags.join(" ")}`.trim()
  );
}

async function finish(client: Conversation, inbox: Mailbox): Promise<void> {
  inbox.close();
  await client[Symbol.asyncDispose]();
}

Deno.test("a message that somebody removes is as if it were marked", async () => {
  const { client, inbox } = await five();
  const ids = await client.lines("UIDL");
  await inbox.expunge(uids(2, 4));
  await fill(inbox, [mail("Subject: six\n\nsix\n")]);
  await client.says(
    `
    C: STAT
    S: +OK 3 69
    C: RETR 2
    S: -ERR The message has been removed
    C: TOP 4 0
    S: -ERR The message has been removed
    C: LIST 2
    S: -ERR The message has been removed
    C: UIDL 4
    S: -ERR The message has been removed
    C: DELE 2
    S: -ERR The message has been removed
    C: RETR 6
    S: -ERR There is no such message
    C: RETR 3
    S: +OK 25 octets
    S: Subject: three
    S:
    S: three
    S: .
    C: LIST
    S: +OK 3 messages (69 octets)
    S: 1 21
    S: 3 25
    S: 5 23
    S: .
  `,
  );
  assertEquals(await client.lines("UIDL"), [ids[0]!, ids[2]!, ids[4]!]);
  await client.says("C: RSET\nS: +OK 3 messages (69 octets)");
  await finish(client, inbox);
});

Deno.test("QUIT removes what is marked and still there, and nothing else", async () => {
  const { client, inbox } = await five();
  await client.says("C: DELE 1\nS: +OK\nC: DELE 3\nS: +OK\nC: DELE 5\nS: +OK");
  await inbox.expunge(uids(3));
  await fill(inbox, [mail("Subject: six\n\nsix\n")]);
  await client.says("C: RSET\nS: +OK");
  await client.says("C: DELE 1\nS: +OK\nC: DELE 5\nS: +OK\nC: QUIT\nS: +OK");
  assertEquals([...inbox.state.allUids()], [2, 4, 6]);
  await finish(client, inbox);
});

Deno.test("two sessions that mark the same messages", async () => {
  const { client, inbox } = await five();
  const other = new Conversation(client.host);
  await other.says("S: +OK\nC: USER alice\nS: +OK\nC: PASS secret\nS: +OK 5");
  for (const one of [client, other]) {
    await one.says("C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK");
  }
  await client.says("C: RSET\nS: +OK\nC: DELE 2\nS: +OK");
  await client.says("C: DELE 3\nS: +OK\nC: QUIT\nS: +OK");
  await other.says("C: STAT\nS: +OK 2 46\nC: QUIT\nS: +OK\nS: (closed)");
  assertEquals([...inbox.state.allUids()], [4, 5]);
  await other[Symbol.asyncDispose]();
  await finish(client, inbox);
});

Deno.test("a connection that is lost removes nothing", async () => {
  for (const last of ["", "QUIT", "QUIT\r", "NOOP\r\nQUI"]) {
    const { client, inbox } = await five();
    await client.says("C: DELE 1\nS: +OK");
    client.pipe.send(last);
    client.pipe.end();
    await client.served;
    assertEquals(inbox.state.length, 5, JSON.stringify(last));
    await finish(client, inbox);
  }
});

Deno.test("a session that is silent for too long, or is stopped, removes nothing", async () => {
  const silent = await five({ limits: { pop3IdleTime: 1 } });
  silent.client.pipe.send("DELE 1\r\n");
  const heard = await silent.client.pipe.rest();
  assert(["", "+OK Marked as deleted\r\n"].includes(heard), heard);
  assertEquals(silent.inbox.state.length, 5);
  await finish(silent.client, silent.inbox);

  const stopped = await five();
  await stopped.client.says("C: DELE 1\nS: +OK");
  stopped.client.host.stop();
  await stopped.client.says(
    "S: -ERR [SYS/TEMP] The server is going down\nS: (closed)",
  );
  assertEquals(stopped.inbox.state.length, 5);
  await finish(stopped.client, stopped.inbox);
});

Deno.test("a client that does not log in is told nothing and let go", async () => {
  const setup = { loggedIn: false, limits: { loginTime: 1 } };
  await using client = await Conversation.begin(setup);
  assertEquals(await client.pipe.rest(), "+OK imapd ready\r\n");
});

Deno.test("what was retrieved is \\Seen after QUIT, in one change", async () => {
  const { client, inbox } = await five();
  const changes: string[] = [];
  inbox.onChange((change) => changes.push(change.type));
  await client.lines("RETR 1");
  await client.lines("RETR 3");
  await client.lines("RETR 3");
  await client.lines("RETR 4");
  await client.lines("TOP 5 100");
  await client.says("C: DELE 4\nS: +OK");
  assertEquals(changes, []);
  await client.says("C: QUIT\nS: +OK");
  assertEquals(changes, ["expunge", "flags"]);
  assertEquals(flagsOf(inbox), ["1 \\Seen", "2", "3 \\Seen", "5"]);
  await finish(client, inbox);
});

Deno.test("what was retrieved is \\Seen when the connection is lost too", async () => {
  const { client, inbox } = await five();
  await client.lines("RETR 2");
  await client.says("C: DELE 3\nS: +OK\nC: RSET\nS: +OK");
  await client.lines("RETR 3");
  await client.says("C: DELE 3\nS: +OK\nC: DELE 4\nS: +OK");
  client.pipe.end();
  await client.served;
  assertEquals(flagsOf(inbox), ["1", "2 \\Seen", "3 \\Seen", "4", "5"]);
  await finish(client, inbox);
});

Deno.test("QUIT that cannot remove says so, and nothing is lost", async () => {
  const { client, inbox } = await five();
  await client.lines("RETR 1");
  await client.says("C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK");
  const prototype = Object.getPrototypeOf(inbox) as Mailbox;
  const { expunge } = prototype;
  prototype.expunge = () => Promise.reject(new Error("The disk is full"));
  try {
    await client.says(
      "C: QUIT\nS: -ERR [SYS/TEMP] Some deleted messages are not removed\nS: (closed)",
    );
  } finally {
    prototype.expunge = expunge;
  }
  assertEquals(inbox.state.length, 5);
  assertEquals(client.host.faults.splice(0).length, 1);
  await finish(client, inbox);
});

Deno.test("a message that cannot be read ends the connection without its end", async () => {
  const body = `Subject: x\n\n${"x".repeat(70)}\n`.padEnd(200_000, "y");
  const { client, inbox } = await five({ messages: [body] });
  const prototype = Object.getPrototypeOf(inbox) as Mailbox;
  const { readSource } = prototype;
  prototype.readSource = function (uid, start = 0, end) {
    if (start > 0) return Promise.reject(new Error("The disk is broken"));
    return readSource.call(this, uid, start, end);
  };
  try {
    client.pipe.send("STAT\r\nRETR 1\r\nNOOP\r\n");
    const heard = await client.pipe.rest();
    assert(heard.startsWith("+OK 1 "));
    assert(!heard.includes("\r\n.\r\n") && !heard.includes("Nothing done"));
  } finally {
    prototype.readSource = readSource;
  }
  assertEquals(client.host.faults.splice(0).length, 1);
  assertEquals(flagsOf(inbox), ["1"]);
  await finish(client, inbox);
});

Deno.test("a message that goes while it is sent ends the connection", async () => {
  const body = `Subject: x\n\n${"y".repeat(900_000)}\n`;
  const { client, inbox } = await five({ messages: [body] });
  client.pipe.send("RETR 1\r\n");
  assertEquals(await client.pipe.line(), `+OK ${body.length + 3} octets`);
  await inbox.expunge(uids(1));
  const heard = await client.pipe.rest();
  assert(!heard.includes("\r\n.\r\n"));
  await finish(client, inbox);
});

Deno.test("an account that is deleted under a session", async () => {
  const { client, inbox, storage } = await five();
  await client.lines("RETR 1");
  await storage.deleteAccount("alice");
  await client.says("C: RETR 2\nS: -ERR\nC: DELE 2\nS: -ERR\nC: QUIT\nS: +OK");
  await finish(client, inbox);
});

Deno.test("INBOX that is renamed leaves a session with nothing", async () => {
  const { client, inbox, storage } = await five();
  const account = await storage.openAccount("alice");
  await account.renameMailbox("INBOX", "Old");
  account.close();
  await client.says("C: STAT\nS: +OK 0 0\nC: RETR 1\nS: -ERR\nC: QUIT\nS: +OK");
  await finish(client, inbox);
});

Deno.test("UIDL and sizes are the same after a restart", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/mail.kv`;
    const said: (string | undefined)[][] = [];
    for (const messages of [[...FIVE, "Subject: no end"], undefined]) {
      await using storage = await openKvStorage({ path });
      const setup = { storage, ...(messages ? { messages } : {}) };
      await using client = await Conversation.begin(setup);
      const lists = [await client.lines("UIDL"), await client.lines("LIST")];
      said.push([...lists.flat(), await client.ask("STAT")]);
    }
    assertEquals(said[0]!.length, 13);
    assertEquals(said[1], said[0]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("sizes are right where no summary is kept", async () => {
  const storage = new MemoryStorage();
  const inbox = await openInbox(storage);
  await inbox.append(["a\nb", "a\r\nb\r\n", "\n"].map((text) => ({
    source: new TextEncoder().encode(text),
    flags: [],
    internalDate: 0,
    summary: new Uint8Array(0),
  })));
  inbox.close();
  await using client = await Conversation.begin({ storage });
  assertEquals(await client.lines("LIST"), ["1 6", "2 6", "3 2"]);
});
