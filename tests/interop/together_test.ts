/**
 * Several clients at the same time, while messages come and go.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { allArchives, type Archive, subjectOf } from "./archive.ts";
import { connectImapFlow } from "./imapflow.ts";
import { maildirMessages, makeMirror, withoutTuid } from "./mbsync.ts";
import { openMutt } from "./mutt.ts";
import { NEEDS } from "./packages.ts";
import { fromBytes } from "./process.ts";
import {
  interopTest,
  type MailServer,
  openSession,
  sameSource,
} from "./server.ts";
import { text } from "./tmux.ts";

/** Messages that come while the clients read, and those of INBOX that go. */
const NEWCOMERS = 30;
const LEAVERS = 10;

async function readWithMbsync(
  server: MailServer,
  archives: readonly Archive[],
): Promise<void> {
  const mirror = await makeMirror(server);
  await mirror.sync("starttls");
  for (const { mailbox, messages } of archives.slice(1)) {
    const here = await maildirMessages(mirror, mailbox);
    assertEquals(here.length, messages.length, mailbox);
    for (const [n, { source }] of here.entries()) {
      const expected = (messages[n] as string).replaceAll("\r", "");
      const same = sameSource(withoutTuid(source), expected);
      assert(same, `${mailbox} ${n + 1} in the Maildir`);
    }
  }
  // INBOX was changing: what is there now, the next run brings.
  await mirror.sync("tls");
  const inbox = await maildirMessages(mirror, "INBOX");
  assert(inbox.length >= 100 - LEAVERS, `${inbox.length} in INBOX`);
}

async function readWithImapFlow(
  server: MailServer,
  archives: readonly Archive[],
): Promise<void> {
  const client = await connectImapFlow(server, "tls");
  try {
    for (const { mailbox, messages } of archives.slice(1)) {
      await client.mailboxOpen(mailbox);
      let n = 0;
      for await (const { source } of client.fetch("1:*", { source: true })) {
        assert(source);
        const same = sameSource(fromBytes(source), messages[n++] as string);
        assert(same, `${mailbox} ${n}`);
      }
      assertEquals(n, messages.length, mailbox);
    }
    await client.logout();
  } finally {
    client.close();
  }
}

async function readWithMutt(
  server: MailServer,
  messages: readonly string[],
  opened: () => void,
): Promise<void> {
  await using terminal = await openMutt("mutt", server, "plain", 100);
  opened();
  for (const source of messages.slice(0, 2)) {
    await terminal.type("Enter");
    await terminal.see(text(subjectOf(source)));
    await terminal.type("q", "j");
  }
  // It hears of all that came and all that went.
  const left = 100 + NEWCOMERS - LEAVERS;
  await terminal.see(new RegExp(`INBOX holds ${left}\\.`));
  await terminal.type("q");
  await terminal.ended();
}

/** Appends to INBOX and expunges from it, a little at a time. */
async function changeInbox(server: MailServer): Promise<void> {
  using client = await openSession(server);
  await client.run("SELECT INBOX");
  for (let n = 0; n < NEWCOMERS; n++) {
    const source = new TextEncoder().encode(
      `From: a@example.org\r\nSubject: Newcomer ${n}\r\n\r\nHello\r\n`,
    );
    await client.append("INBOX", source, "()");
    if (n % 3 === 0) {
      await client.run("STORE 50 +FLAGS (\\Deleted)");
      await client.run("EXPUNGE");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

await interopTest("mbsync, imapflow and mutt at the same time", {
  needs: [NEEDS.mbsync, NEEDS.mutt, NEEDS.tmux],
  archives: allArchives,
}, async (server) => {
  const archives = await allArchives(server.directory);
  const inbox = archives[0]?.messages ?? [];
  const opened = Promise.withResolvers<void>();
  const mutt = readWithMutt(server, inbox, opened.resolve);
  mutt.catch(opened.reject);
  const all = await Promise.allSettled([
    mutt,
    readWithMbsync(server, archives),
    readWithImapFlow(server, archives),
    opened.promise.then(() => changeInbox(server)),
  ]);
  for (const one of all) if (one.status === "rejected") throw one.reason;
  using client = await openSession(server);
  const [status] = await client.lines("STATUS INBOX (MESSAGES)");
  const left = 100 + NEWCOMERS - LEAVERS;
  assertEquals(status, `* STATUS INBOX (MESSAGES ${left})`);
});
