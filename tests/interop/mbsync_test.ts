/**
 * mbsync: a whole archive down, changes up and down, and nothing to do when nothing changed.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { allArchives, inboxArchive } from "./archive.ts";
import {
  deliver,
  maildirMessages,
  makeMirror,
  type Mirror,
  setLetters,
  withoutTuid,
} from "./mbsync.ts";
import { NEEDS } from "./packages.ts";
import {
  flags,
  interopTest,
  type MailServer,
  openSession,
  sameSource,
  sources,
  TRANSPORTS,
} from "./server.ts";

/** Commands that read or change messages; a run with nothing to do sends none of them. */
const WORK =
  /^(UID STORE|UID COPY|UID MOVE|UID EXPUNGE|EXPUNGE|APPEND|CREATE|DELETE|UID FETCH .*BODY)/;

async function state(
  server: MailServer,
  mirror: Mirror,
  mailboxes: readonly string[],
): Promise<unknown> {
  const all: unknown[] = [];
  for (const mailbox of mailboxes) {
    const messages = await maildirMessages(mirror, mailbox);
    all.push(
      mailbox,
      [...await flags(server, mailbox)],
      messages.map(({ path }) => path).sort(),
    );
  }
  return all;
}

async function mustHaveNothingToDo(
  server: MailServer,
  mirror: Mirror,
  mailboxes: readonly string[],
): Promise<void> {
  const before = await state(server, mirror, mailboxes);
  const commands = await mirror.sync("plain");
  assertEquals(commands.filter((command) => WORK.test(command)), []);
  assertEquals(await state(server, mirror, mailboxes), before);
}

await interopTest("mbsync pulls every message byte for byte", {
  needs: [NEEDS.mbsync],
  archives: allArchives,
}, async (server) => {
  const archives = await allArchives(server.directory);
  for (const { mailbox, messages } of archives) {
    const there = await sources(server, mailbox);
    assertEquals(there.length, messages.length, mailbox);
    for (const [n, source] of there.entries()) {
      const what = `${mailbox} ${n + 1}`;
      assert(
        sameSource(source, messages[n] as string),
        `${what} on the server`,
      );
    }
  }
  const mirror = await makeMirror(server);
  await mirror.sync("starttls");
  for (const { mailbox, messages } of archives) {
    const here = await maildirMessages(mirror, mailbox);
    assertEquals(here.length, messages.length, mailbox);
    for (const [n, { source }] of here.entries()) {
      // A Maildir has LF line ends, for which mbsync drops every CR.
      const expected = (messages[n] as string).replaceAll("\r", "");
      const what = `${mailbox} ${n + 1}`;
      const same = sameSource(withoutTuid(source), expected);
      assert(same, `${what} in the Maildir`);
    }
  }
  const mailboxes = archives.map(({ mailbox }) => mailbox);
  await mustHaveNothingToDo(server, mirror, mailboxes);
});

await interopTest("mbsync carries changes both ways", {
  needs: [NEEDS.mbsync],
  archives: async (directory) => [await inboxArchive(directory)],
}, async (server) => {
  const mirror = await makeMirror(server);
  await mirror.sync("tls");
  for (const [round, transport] of TRANSPORTS.entries()) {
    const uids = [...(await flags(server, "INBOX")).keys()];
    const here = await maildirMessages(mirror, "INBOX");
    assertEquals(here.length, uids.length);

    // Here: two messages flagged, one deleted, one written, a mailbox made.
    const [one, two, three] = here.slice(0, 3);
    assert(one && two && three);
    await setLetters(one, "FRS");
    await setLetters(two, "S");
    await setLetters(three, "ST");
    const subject = `Written here ${round}`;
    const written = `From: me@example.org\nSubject: ${subject}\n\nGrüße\n`;
    await deliver(mirror, "INBOX", written, "S");
    await mirror.sync(transport);

    const after = await flags(server, "INBOX");
    assertEquals(after.get(uids[0] ?? 0), "\\Answered \\Flagged \\Seen");
    assertEquals(after.get(uids[1] ?? 0), "\\Seen");
    assertEquals(after.has(uids[2] ?? 0), false);
    assertEquals(after.size, uids.length);
    assertEquals([...after.values()].at(-1), "\\Seen");
    const pushed = (await sources(server, "INBOX")).at(-1) ?? "";
    const bytes = new TextEncoder().encode(written.replaceAll("\n", "\r\n"));
    assertEquals(withoutTuid(pushed), String.fromCharCode(...bytes));
    await mustHaveNothingToDo(server, mirror, ["INBOX"]);

    await changeThere(server, round);
    await mirror.sync(transport);
    const down = await maildirMessages(mirror, "INBOX");
    assertEquals(down.length, uids.length);
    assertEquals(down[0]?.letters, "S");
    assertMatch(down.at(-1)?.source ?? "", /^Subject: Written there/m);
    assertEquals(down.at(-1)?.letters, "F");
    const made = await maildirMessages(mirror, `made/there${round}`);
    assertEquals(made.length, 1);
    await mustHaveNothingToDo(server, mirror, ["INBOX"]);
  }
});

/** On the server: flags taken off, a message gone, one come, a mailbox made with one in it. */
async function changeThere(server: MailServer, round: number): Promise<void> {
  using client = await openSession(server);
  await client.run("SELECT INBOX");
  await client.run("STORE 1 -FLAGS (\\Flagged \\Answered)");
  await client.run("STORE 2 +FLAGS.SILENT (\\Deleted)");
  await client.run("EXPUNGE");
  const source = new TextEncoder().encode(
    `From: you@example.org\r\nSubject: Written there ${round}\r\n\r\nHello\r\n`,
  );
  await client.append("INBOX", source, "(\\Flagged)");
  await client.run(`CREATE made/there${round}`);
  await client.append(`made/there${round}`, source, "()");
  await client.logout();
}
