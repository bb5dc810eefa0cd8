/** Where a message goes, what is put in front of it, and what is said when it does not get there. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { deliver, type DeliveryRecipient } from "../../protocol/delivery.ts";
import type { DeliveryTarget } from "../../protocol/host.ts";
import { readSummary } from "../../protocol/imap/summary.ts";
import { type NewMessage, StorageError } from "../../storage/model.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Mailbox, Storage } from "../../storage/storage.ts";
import { LmtpServer } from "./peer.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A storage whose mailboxes append only where a function does not say why not. */
function storageWith(
  refusal: (user: string, mailbox: string) => Error | undefined,
): Storage {
  const storage = new MemoryStorage();
  const openAccount = storage.openAccount.bind(storage);
  return Object.assign(storage, {
    // One append a mailbox, so that each can be met.
    deliver: undefined,
    async openAccount(user: string) {
      const account = await openAccount(user);
      const openMailbox = account.openMailbox.bind(account);
      account.openMailbox = async (name) => {
        const box = await openMailbox(name);
        const error = refusal(user, name);
        if (error !== undefined) box.append = () => Promise.reject(error);
        return box;
      };
      return account;
    },
  });
}

/** Delivers a small message to these. */
function deliverTo(
  server: LmtpServer,
  ...targets: (readonly DeliveryTarget[])[]
): ReturnType<typeof deliver> {
  return deliver(server, {
    pieces: [encoder.encode("Subject: x\r\n\r\n"), encoder.encode("y\r\n")],
    sender: "a@b.example",
    recipients: targets.map((targets, index): DeliveryRecipient => ({
      address: `r${index}@b.example`,
      targets,
    })),
  });
}

const inbox = (user: string): DeliveryTarget => ({ user, mailbox: "INBOX" });

/** What a client is told when it delivers a message to these users. */
async function send(
  server: LmtpServer,
  users: readonly string[],
  message: string,
  mail = "MAIL FROM:<a@b.example>",
): Promise<(string | undefined)[]> {
  const peer = await server.connect().hello();
  await peer.ask(mail);
  for (const user of users) await peer.ask(`RCPT TO:<${user}@b.example>`);
  await peer.ask("DATA");
  peer.send(message + ".\r\n");
  const replies: (string | undefined)[] = [];
  while (replies.length < users.length) replies.push(await peer.reply());
  return replies;
}

Deno.test("A message for one gets Return-Path, Delivered-To and Received in front", async () => {
  await using server = new LmtpServer();
  await send(server, ["alice"], "Subject: x\r\n\r\ny\r\n");
  const [message] = await server.messages("alice");
  assertMatch(
    message!,
    new RegExp(
      "^Return-Path: <a@b\\.example>\r\n" +
        "Delivered-To: alice@b\\.example\r\n" +
        "Received: from client\\.example \\(\\[192\\.0\\.2\\.1\\]\\)\r\n" +
        "\tby mail\\.example with LMTP id [a-z0-9-]+\r\n" +
        "\tfor <alice@b\\.example>;\r\n" +
        "\t[A-Z][a-z]{2}, \\d+ Sep 2001 \\d\\d:\\d\\d:\\d\\d [+-]\\d{4}\r\n" +
        "Subject: x\r\n\r\ny\r\n$",
    ),
  );
});

Deno.test("A message for several does not tell for whom it is", async () => {
  await using server = new LmtpServer();
  await send(server, ["alice", "bob"], "Subject: x\r\n\r\n");
  const [message] = await server.messages("alice");
  assertEquals(await server.messages("bob"), [message!]);
  assert(!/Delivered-To|alice|bob/.test(message!), message);
});

Deno.test("Received tells the protocol by its registered name", async () => {
  await using server = new LmtpServer();
  await send(server, ["alice"], "\r\n", "MAIL FROM:<a@b.example> SMTPUTF8");
  const peer = await server.connect({ certificate: true }).hello();
  await peer.ask("STARTTLS");
  await peer.ask("LHLO client.example");
  for (const parameters of ["", " SMTPUTF8"]) {
    await peer.ask("MAIL FROM:<a@b.example>" + parameters);
    await peer.ask("RCPT TO:<alice@b.example>");
    await peer.ask("BDAT 0 LAST");
  }
  const protocols = (await server.messages("alice"))
    .map((message) => / with (\S+) /.exec(message)?.[1]);
  assertEquals(protocols, ["UTF8LMTP", "LMTPS", "UTF8LMTPS"]);
});

Deno.test("A Return-Path that is there already is taken out", async () => {
  await using server = new LmtpServer();
  const before = "Return-Path: <old@b.example>\r\nReceived: x\r\n";
  const after = "return-path:\r\n <older@b.example>\r\nSubject: x\r\n\r\n" +
    "Return-Path: <in@the.body>\r\n";
  await send(server, ["alice"], before + after);
  const [message] = await server.messages("alice");
  assert(message!.startsWith("Return-Path: <a@b.example>\r\nDelivered-To:"));
  assert(message!.endsWith(
    "\r\nReceived: x\r\nSubject: x\r\n\r\nReturn-Path: <in@the.body>\r\n",
  ));
  assertEquals(message!.match(/return-path/gi)?.length, 2);
});

Deno.test("A sender who is nobody stays that", async () => {
  await using server = new LmtpServer();
  await send(server, ["alice"], "\r\n", "MAIL FROM:<>");
  const [message] = await server.messages("alice");
  assert(message!.startsWith("Return-Path: <>\r\n"));
});

Deno.test("Without origin and sender nothing is put in front but Delivered-To", async () => {
  await using server = new LmtpServer();
  const source = "Return-Path: <kept@b.example>\r\n\r\n";
  const outcome = await deliver(server, {
    pieces: [encoder.encode(source)],
    sender: undefined,
    recipients: [{ address: "x\r\nEvil: y", targets: [inbox("alice")] }],
  });
  assertEquals(outcome, [undefined]);
  const [message] = await server.messages("alice");
  assertEquals(message, "Delivered-To: x?Evil: y\r\n" + source);
});

Deno.test("A delivered message has date and summary, and no flags", async () => {
  await using server = new LmtpServer();
  await deliverTo(server, [inbox("alice")]);
  const account = await server.storage.openAccount("alice");
  const box = await account.openMailbox("INBOX");
  assertEquals(box.state.length, 1);
  const uids = box.state.allUids();
  for await (const [summary] of box.readSummaries(uids)) {
    const { envelope } = readSummary(summary!.bytes)!;
    assert(decoder.decode(envelope).includes('"x"'));
  }
  assertEquals((await account.status(["INBOX"]))[0]!.unseen, 1);
  box.close();
  account.close();
});

Deno.test("A mailbox gets a message once, however many ways lead there, and each is answered", async () => {
  await using server = new LmtpServer({
    lookups: {
      staff: [inbox("alice"), inbox("bob"), inbox("alice")],
      ally: [{ user: "alice", mailbox: "inbox" }],
      lost: [{ user: "alice", mailbox: "Not/there" }],
      nothing: [],
    },
  });
  const users = ["alice", "staff", "ally", "lost", "nothing"];
  const replies = await send(server, users, "Subject: x\r\n\r\n");
  assertEquals(
    replies.map((reply) => reply?.replace(/ as .*/, "")),
    users.map((user) => `250 2.0.0 <${user}@b.example> has it`),
  );
  assertEquals((await server.messages("alice")).length, 1);
  assertEquals((await server.messages("bob")).length, 1);
});

Deno.test("More mailboxes than are opened at once get it all the same", async () => {
  await using server = new LmtpServer();
  const users = Array.from({ length: 100 }, (_, index) => `user${index}`);
  const outcomes = await deliverTo(server, users.map(inbox), [inbox("user7")]);
  assertEquals(outcomes, [undefined, undefined]);
  for (const user of users) {
    assertEquals((await server.messages(user)).length, 1, user);
  }
});

Deno.test("A mailbox that is not there is made where that is wanted, else INBOX serves", async () => {
  await using server = new LmtpServer();
  const outcomes = await deliverTo(
    server,
    [{ user: "alice", mailbox: "Lists/deno", create: true }],
    [{ user: "alice", mailbox: "Lists/other" }],
    [{ user: "bob", mailbox: "bad\0name", create: true }],
  );
  assertEquals(outcomes, [undefined, undefined, undefined]);
  const account = await server.storage.openAccount("alice");
  const info = await account.mailbox("Lists/deno");
  assertEquals(info?.subscribed, true);
  assertEquals(await account.mailbox("Lists/other"), undefined);
  account.close();
  assertEquals((await server.messages("alice", "Lists/deno")).length, 1);
  assertEquals((await server.messages("alice")).length, 1);
  assertEquals((await server.messages("bob")).length, 1);
});

Deno.test("A mailbox that goes while it is delivered to is replaced by INBOX", async () => {
  const storage = storageWith((_, name) =>
    name === "INBOX" ? undefined : new StorageError("NONEXISTENT", "Gone")
  );
  await using server = new LmtpServer({ storage });
  const account = await storage.openAccount("alice");
  await account.createMailbox("Gone");
  account.close();
  const outcomes = await deliverTo(
    server,
    [{ user: "alice", mailbox: "Gone" }],
    [inbox("alice")],
  );
  assertEquals(outcomes, [undefined, undefined]);
  assertEquals((await server.messages("alice")).length, 1);
});

Deno.test("Each recipient is answered as the storage has it", async () => {
  const errors: Record<string, Error> = {
    full: new StorageError("OVERQUOTA", "The mailbox is full"),
    disk: new StorageError("UNAVAILABLE", "The disk is full"),
    gone: new StorageError("NONEXISTENT", "Gone"),
    big: new StorageError("TOOBIG", "Too big"),
    limit: new StorageError("LIMIT", "Too many"),
    fault: new TypeError("secret"),
  };
  const storage = storageWith((user) => errors[user]);
  await using server = new LmtpServer({
    storage,
    lookups: { both: [inbox("full"), inbox("disk"), inbox("alice")] },
  });
  const users = ["alice", ...Object.keys(errors), "both", "bob"];
  const replies = await send(server, users, "Subject: x\r\n\r\n");
  assertEquals(
    replies.map((reply) => reply!.replace(/ as .*/, "")),
    [
      "250 2.0.0 <alice@b.example> has it",
      "552 5.2.2 <full@b.example> The mailbox is full",
      "451 4.3.0 <disk@b.example> The disk is full",
      "550 5.1.1 <gone@b.example> Gone",
      "552 5.3.4 <big@b.example> Too big",
      "452 4.3.1 <limit@b.example> Too many",
      "451 4.3.0 <fault@b.example> Internal error",
      "451 4.3.0 <both@b.example> The disk is full",
      "250 2.0.0 <bob@b.example> has it",
    ],
  );
  assertEquals(server.faults.splice(0), [errors.fault]);
  assertEquals((await server.messages("alice")).length, 1);
});

Deno.test("A storage that delivers is given all mailboxes of one message together", async () => {
  const storage = new MemoryStorage();
  const calls: string[][] = [];
  Object.assign(storage, {
    deliver(message: NewMessage, mailboxes: readonly Mailbox[]) {
      calls.push(mailboxes.map(({ name }) => name));
      if (calls.length > 1) return Promise.reject(new Error("Broken"));
      return Promise.allSettled(mailboxes.map((box) => box.append([message])));
    },
  });
  await using server = new LmtpServer({ storage });
  const both = [inbox("alice"), inbox("bob")];
  assertEquals(await deliverTo(server, both), [undefined]);
  assertEquals(await deliverTo(server, [inbox("alice")]), [undefined]);
  assertEquals(calls, [["INBOX", "INBOX"]]);
  const [failure] = await deliverTo(server, both);
  assertEquals(failure?.reply, 451);
  assertEquals(server.faults.splice(0).map(String), [
    "Error: Broken",
    "Error: Broken",
  ]);
});
