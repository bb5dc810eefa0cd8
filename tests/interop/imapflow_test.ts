/**
 * ImapFlow: the client library of web mailers and mail APIs, run in this process.
 *
 * @module
 */

import {
  assert,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertStringIncludes,
} from "@std/assert";
import type { ImapFlow } from "imapflow";
import { type Archive, inboxArchive } from "./archive.ts";
import { connectImapFlow } from "./imapflow.ts";
import { eventually, fromBytes } from "./process.ts";
import {
  interopTest,
  type MailServer,
  openSession,
  sameSource,
  TRANSPORTS,
} from "./server.ts";

const encoder = new TextEncoder();
const NEW_MESSAGE = "From: Me <me@example.org>\r\nTo: you@example.org\r\n" +
  "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n" +
  "Date: Mon, 07 Feb 2022 21:52:25 +0100\r\n" +
  'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n' +
  "--b\r\nContent-Type: text/plain; charset=utf-8\r\n" +
  "Content-Transfer-Encoding: 8bit\r\n\r\nGrüße aus Prüm\r\n" +
  "--b\r\nContent-Type: application/octet-stream\r\n" +
  "Content-Transfer-Encoding: base64\r\n" +
  'Content-Disposition: attachment; filename="a b.bin"\r\n\r\n' +
  "AAECAwQ=\r\n--b--\r\n";

async function archives(directory: string): Promise<Archive[]> {
  return [await inboxArchive(directory)];
}

for (const transport of TRANSPORTS) {
  await interopTest(`imapflow over ${transport}`, {
    needs: [],
    archives,
  }, async (server) => {
    const client = await connectImapFlow(server, transport);
    try {
      assertEquals(client.secureConnection, transport !== "plain");
      // It compresses where that is offered.
      assertExists(Reflect.get(client, "_deflate"));
      await listAndRead(client, server);
      await searchAndFlag(client);
      await appendMoveDelete(client);
      await manageMailboxes(client);
      await client.logout();
    } finally {
      client.close();
    }
  });
}

async function listAndRead(
  client: ImapFlow,
  server: MailServer,
): Promise<void> {
  const names = (await client.list()).map(({ path }) => path);
  assertArrayIncludes(names, ["INBOX"]);
  const mailbox = await client.mailboxOpen("INBOX");
  const [archive] = await archives(server.directory);
  const messages = archive?.messages ?? [];
  assertEquals(mailbox.exists, messages.length);
  assertEquals(mailbox.uidNext, messages.length + 1);
  const items = { envelope: true, bodyStructure: true, flags: true };
  const found = await client.fetchAll("1:*", {
    ...items,
    source: true,
    size: true,
    internalDate: true,
  });
  assertEquals(found.length, messages.length);
  for (const { seq, source, size, envelope, bodyStructure } of found) {
    const expected = messages[seq - 1] as string;
    assertExists(source);
    assert(sameSource(fromBytes(source), expected), `message ${seq}`);
    assertEquals(size, source.length);
    const id = /^message-id:\s*(<[^>]*>)/im.exec(expected)?.[1];
    assertEquals(envelope?.messageId, id);
    assertStringIncludes(bodyStructure?.type ?? "", "/");
  }
}

async function searchAndFlag(client: ImapFlow): Promise<void> {
  assertEquals(await client.search({ seen: true }), []);
  await client.messageFlagsAdd("2:4", ["\\Seen", "$Label1"]);
  assertEquals(await client.search({ seen: true }), [2, 3, 4]);
  assertEquals(await client.search({ keyword: "$Label1" }), [2, 3, 4]);
  await client.messageFlagsRemove("3", ["$Label1"]);
  await client.messageFlagsSet("4", ["\\Flagged"]);
  const now = await client.fetchAll("2:4", { flags: true });
  const sets = now.map(({ flags }) =>
    [...flags ?? []].filter((flag) => flag !== "\\Recent").sort()
  );
  assertEquals(sets, [["$Label1", "\\Seen"], ["\\Seen"], ["\\Flagged"]]);
  const first = await client.fetchOne("1", { envelope: true });
  assert(first);
  const subject = first.envelope?.subject ?? "";
  const found = await client.search({ subject }, { uid: true });
  assert(found !== false && found !== undefined && found.includes(first.uid));
}

async function appendMoveDelete(client: ImapFlow): Promise<void> {
  const before = client.mailbox === false ? 0 : client.mailbox.exists;
  const appended = await client.append("INBOX", NEW_MESSAGE, ["\\Draft"]);
  assert(appended && appended.uid !== undefined);
  const uid = `${appended.uid}`;
  await client.noop();
  const there = await client.fetchOne(uid, {
    source: true,
    envelope: true,
    bodyStructure: true,
  }, { uid: true });
  assert(there && there.source);
  assertEquals([...there.source], [...encoder.encode(NEW_MESSAGE)]);
  assertEquals(there.envelope?.subject, "Grüße");
  const parts = there.bodyStructure?.childNodes?.map(({ type }) => type);
  assertEquals(parts, ["text/plain", "application/octet-stream"]);
  await download(client, uid);

  await client.mailboxCreate("Work/Grüße & mehr");
  const copied = await client.messageCopy(uid, "Work/Grüße & mehr", {
    uid: true,
  });
  assert(copied && copied.uidMap?.get(appended.uid) === 1);
  const moved = await client.messageMove(uid, "Work/Grüße & mehr", {
    uid: true,
  });
  assert(moved && moved.uidMap?.get(appended.uid) === 2);
  const status = await client.status("Work/Grüße & mehr", {
    messages: true,
    uidNext: true,
    unseen: true,
  });
  assert(status);
  assertEquals([status.messages, status.uidNext, status.unseen], [2, 3, 2]);
  assertEquals(client.mailbox === false ? 0 : client.mailbox.exists, before);

  await client.messageDelete("1:3");
  assertEquals(
    client.mailbox === false ? 0 : client.mailbox.exists,
    before - 3,
  );
}

async function download(client: ImapFlow, uid: string): Promise<void> {
  const text = await client.download(uid, "1", { uid: true });
  assertEquals(text.meta?.contentType, "text/plain");
  const words = new TextDecoder().decode(await contentOf(text));
  assertStringIncludes(words, "Grüße aus Prüm");
  const file = await client.download(uid, "2", { uid: true });
  assertEquals(file.meta?.filename, "a b.bin");
  assertEquals([...await contentOf(file)], [0, 1, 2, 3, 4]);
}

/** Reads a downloaded part to its end; it comes without its transfer encoding. */
async function contentOf(
  { content }: { readonly content?: AsyncIterable<Uint8Array> | undefined },
): Promise<Uint8Array<ArrayBuffer>> {
  assertExists(content);
  const bytes: number[] = [];
  for await (const chunk of content) bytes.push(...chunk);
  return Uint8Array.from(bytes);
}

async function manageMailboxes(client: ImapFlow): Promise<void> {
  await client.mailboxRename("Work/Grüße & mehr", "Work/done");
  await client.mailboxSubscribe("Work/done");
  const done = (await client.list()).find(({ path }) => path === "Work/done");
  assert(done?.subscribed);
  await client.mailboxDelete("Work/done");
  const left = (await client.list()).map(({ path }) => path);
  assertEquals(left.includes("Work/done"), false);
}

await interopTest("imapflow hears in IDLE what another session does", {
  needs: [],
  archives,
}, async (server) => {
  const client = await connectImapFlow(server, "starttls");
  try {
    const mailbox = await client.mailboxOpen("INBOX");
    const { exists } = mailbox;
    const heard: string[] = [];
    client.on("exists", ({ count }) => heard.push(`exists ${count}`));
    client.on("expunge", ({ seq, uid }) => heard.push(`expunge ${seq ?? uid}`));
    client.on("flags", ({ seq, flags }) => {
      if (flags.has("\\Flagged")) heard.push(`flagged ${seq}`);
    });
    const idling = client.idle();
    using other = await openSession(server);
    await other.run("SELECT INBOX");
    await other.append("INBOX", encoder.encode(NEW_MESSAGE), "()");
    await untilHeard(heard, `exists ${exists + 1}`);
    await other.run("STORE 5 +FLAGS (\\Flagged)");
    await untilHeard(heard, "flagged 5");
    await other.run("STORE 7 +FLAGS.SILENT (\\Deleted)");
    await other.run("EXPUNGE");
    await untilHeard(heard, "expunge 7");
    // Any command ends IDLE; the new message is there to be read.
    const last = await client.fetchOne("*", { envelope: true });
    assert(last && last.envelope?.subject === "Grüße");
    await idling;
    await client.logout();
  } finally {
    client.close();
  }
});

async function untilHeard(
  heard: readonly string[],
  what: string,
): Promise<void> {
  await eventually(
    `"${what}" in ${JSON.stringify(heard)}`,
    () => Promise.resolve(heard.includes(what) ? true : undefined),
    10_000,
  );
}

await interopTest("imapflow learns what happened while it was away", {
  needs: [],
  archives,
}, async (server) => {
  const first = await connectImapFlow(server, "tls", { qresync: true });
  const { uidValidity, highestModseq } = await first.mailboxOpen("INBOX");
  assertExists(highestModseq);
  await first.logout();

  using other = await openSession(server);
  await other.run("SELECT INBOX");
  await other.run("STORE 2:3 +FLAGS (\\Flagged)");
  await other.run("STORE 10:11 +FLAGS.SILENT (\\Deleted)");
  await other.run("EXPUNGE");

  const vanished: string[] = [];
  const client = await connectImapFlow(server, "tls", {
    qresync: true,
    expungeHandler: ({ uid, earlier }) =>
      void vanished.push(`${uid}${earlier ? " earlier" : ""}`),
  });
  try {
    const since = { changedSince: highestModseq };
    await client.mailboxOpen("INBOX", { ...since, uidValidity });
    const changed = await client.fetchAll("1:*", { uid: true }, since);
    assertEquals(changed.map(({ uid }) => uid), [2, 3]);
    assertEquals(vanished.splice(0), ["10 earlier", "11 earlier"]);

    // What goes while it looks is told by UID, and what changes with its modseq.
    await other.run("UID STORE 12 +FLAGS.SILENT (\\Deleted)");
    await other.run("EXPUNGE");
    await other.run("UID STORE 5 +FLAGS.SILENT (\\Answered)");
    await client.noop();
    assertEquals(vanished, ["12"]);
    const before = await client.fetchOne("5", { flags: true }, { uid: true });
    assert(before && before.modseq !== undefined);
    assert(before.modseq > highestModseq && before.flags?.has("\\Answered"));

    // A change that somebody else has forestalled is not made.
    await other.run("UID STORE 5 FLAGS.SILENT (\\Draft)");
    await client.messageFlagsSet("5", ["\\Seen"], {
      uid: true,
      unchangedSince: before.modseq,
    });
    const after = await client.fetchOne("5", { flags: true }, { uid: true });
    assert(after && after.flags?.has("\\Draft") && !after.flags.has("\\Seen"));
    await client.logout();
  } finally {
    client.close();
  }
});
