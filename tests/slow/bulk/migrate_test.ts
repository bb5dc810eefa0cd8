/** Mail comes over from another server: all of it, once, in order, whatever breaks on the way. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { SourceGone } from "../../../server/migrate/source_error.ts";
import { MemoryStorage } from "../../../storage/memory/mod.ts";
import type { Storage } from "../../../storage/storage.ts";
import {
  bye,
  cutLiteral,
  drop,
  type Fault,
  type FaultMatch,
  message,
  no,
  type TestMail,
  testServer,
} from "../../../testing.ts";
import { withFolder } from "../../cli/run.ts";
import { oddServer } from "./odd_server.ts";
import { messagesIn, migrateAlice } from "./source.ts";

const DATE = Date.UTC(2020, 1, 29, 12, 30, 15);

/** So many messages, all different, with flags and dates. */
function mails(count: number, about = "mail"): TestMail[] {
  return Array.from({ length: count }, (_, index) =>
    message({
      subject: `${about} ${index}`,
      messageId: `<${about}${index}@example.com>`,
      text: "x".repeat(index % 7 * 50),
      flags: [[], ["\\Seen"], ["\\Flagged", "$Work"]][index % 3]!,
      internalDate: DATE + index * 1000,
    }));
}

/** Whether two mailboxes are the same, message by message. */
async function assertSame(
  server: { readonly storage: Storage },
  storage: MemoryStorage,
  theirs: string,
  ours = theirs,
): Promise<void> {
  assertEquals(
    await messagesIn(storage, "alice", ours),
    await messagesIn(server.storage, "alice", theirs),
  );
}

Deno.test("mailboxes come with messages, flags, dates, subscriptions and special uses", () =>
  withFolder(async (folder) => {
    await using server = await testServer({
      hierarchyDelimiter: ".",
      messages: {
        alice: {
          INBOX: mails(250),
          "Work.2020/Q1": mails(3, "work"),
          "Spam": mails(2, "spam"),
          "Empty": [],
          "Everything": mails(2, "all"),
        },
      },
    });
    const there = await server.storage.openAccount("alice");
    await there.updateMailbox("Work.2020/Q1", { subscribed: true });
    await there.updateMailbox("Empty", { subscribed: false });
    await there.updateMailbox("Spam", { specialUse: ["\\Junk"] });
    await there.updateMailbox("Everything", { specialUse: ["\\All"] });
    there.close();
    await using storage = new MemoryStorage();
    const here = await storage.openAccount("alice");
    await here.createMailbox("Rubbish", { specialUse: ["\\Junk"] });
    const result = await migrateAlice(server, storage, folder);
    assertEquals(result.failures.named, []);
    assertEquals(result.leftOut.map(({ path }) => path), ["Everything"]);
    assertEquals(
      result.mailboxes.map(({ planned, copied }) => [
        planned.path,
        planned.name,
        copied,
      ]),
      [
        ["INBOX", "INBOX", 250],
        ["Empty", "Empty", 0],
        ["Spam", "Rubbish", 2],
        ["Work.2020/Q1", "Work/2020_Q1", 3],
      ],
    );
    await assertSame(server, storage, "INBOX");
    await assertSame(server, storage, "Spam", "Rubbish");
    await assertSame(server, storage, "Work.2020/Q1", "Work/2020_Q1");
    const work = await here.mailbox("Work/2020_Q1");
    assertEquals(work?.subscribed, true);
    assertEquals((await here.mailbox("Empty"))?.subscribed, false);
    here.close();
    // What shows other mailboxes comes when it is named.
    const named = await migrateAlice(server, storage, folder, {
      include: ["Every*"],
    });
    assertEquals(named.mailboxes.map(({ copied }) => copied), [2]);
  }));

const FAULTS: readonly [string, FaultMatch, Fault][] = [
  ["the connection drops", { command: "UID FETCH", nth: 3 }, drop()],
  [
    "answers get lost",
    { command: "UID FETCH", times: 2 },
    drop({ executed: true }),
  ],
  ["a literal is cut", { command: "UID FETCH", nth: 2 }, cutLiteral(30)],
  [
    "each third line breaks",
    { command: "UID FETCH", nth: 3, times: 2 },
    cutLiteral(700),
  ],
  [
    "the server is busy",
    { command: "UID FETCH", nth: 2, times: 2 },
    no("Later", "UNAVAILABLE"),
  ],
  [
    "there are too many connections",
    { command: "AUTHENTICATE", nth: 2 },
    no("Too many", "LIMIT"),
  ],
  [
    "the mailbox is in use",
    { command: "EXAMINE", times: 2 },
    no("Locked", "INUSE"),
  ],
  [
    "the greeting is a farewell",
    { command: "CONNECT", times: 1 },
    bye("Later", "UNAVAILABLE"),
  ],
];

for (const [what, match, fault] of FAULTS) {
  Deno.test(`nothing is lost and nothing doubled when ${what}`, () =>
    withFolder(async (folder) => {
      await using server = await testServer({
        messages: { alice: { INBOX: mails(420), Other: mails(30, "other") } },
      });
      await using storage = new MemoryStorage();
      using handle = server.faults.on(match, fault);
      const result = await migrateAlice(server, storage, folder);
      assert(handle.happened > 0);
      assertEquals([result.failures.named, result.stopped], [[], undefined]);
      await assertSame(server, storage, "INBOX");
      await assertSame(server, storage, "Other");
    }));
}

Deno.test("a server that stays away ends it, and the next run goes on", () =>
  withFolder(async (folder) => {
    await using server = await testServer({
      messages: { alice: { INBOX: mails(700) } },
    });
    await using storage = new MemoryStorage();
    const fetches = server.faults.on({
      command: "UID FETCH",
      nth: 5,
      times: 99,
    }, drop());
    const connects = server.faults.on(
      { command: "CONNECT", nth: 4, times: 99 },
      drop(),
    );
    const { stopped, mailboxes } = await migrateAlice(server, storage, folder);
    assert(stopped !== undefined);
    assertEquals(mailboxes, []);
    const before = (await messagesIn(storage, "alice", "INBOX")).length;
    assert(before > 0 && before < 700, `${before}`);
    fetches.remove();
    connects.remove();
    const again = await migrateAlice(server, storage, folder);
    assertEquals(again.stopped, undefined);
    const [inbox] = again.mailboxes;
    assertEquals([inbox!.alreadyThere, inbox!.copied], [before, 700 - before]);
    await assertSame(server, storage, "INBOX");
  }));

Deno.test("one connection does where the server allows no more", () =>
  withFolder(async (folder) => {
    await using server = await testServer({
      messages: { alice: { INBOX: mails(420), Other: mails(30, "other") } },
      maxConnectionsPerUser: 1,
    });
    await using storage = new MemoryStorage();
    const result = await migrateAlice(server, storage, folder, {
      connections: 4,
    });
    assertEquals([result.failures.named, result.stopped], [[], undefined]);
    await assertSame(server, storage, "INBOX");
    await assertSame(server, storage, "Other");
  }));

Deno.test("who may not log in is told so at once", () =>
  withFolder(async (folder) => {
    await using server = await testServer({ users: { alice: "other" } });
    await using storage = new MemoryStorage();
    await assertRejects(
      () => migrateAlice(server, storage, folder, { tries: 1_000 }),
      SourceGone,
      "AUTHENTICATIONFAILED",
    );
  }));

Deno.test("messages that cannot be had are named, and all others come", () =>
  withFolder(async (folder) => {
    const large = message({ subject: "large", text: "y".repeat(5_000) });
    await using server = await testServer({
      messages: {
        alice: {
          INBOX: [...mails(5), large, ...mails(5, "more")],
          Closed: mails(3),
        },
      },
    });
    await using storage = new MemoryStorage();
    // The listing is the first; the batch and then its first message are refused.
    server.faults.on({ command: "UID FETCH", nth: 2, times: 2 }, no("Broken"));
    const { failures, mailboxes } = await migrateAlice(
      server,
      storage,
      folder,
      {
        exclude: ["Closed"],
        maxMessageSize: 4_000,
        connections: 1,
      },
    );
    assertEquals(failures.named, [
      { what: "UID 6 of INBOX", reason: "larger than a message may be" },
      { what: "UID 1 of INBOX", reason: "NO Broken" },
    ]);
    assertEquals(mailboxes.map(({ copied, refused }) => [copied, refused]), [[
      9,
      2,
    ]]);
    // What was refused is asked for again, and comes in late.
    const again = await migrateAlice(server, storage, folder, {
      exclude: ["Closed"],
      connections: 1,
    });
    assertEquals(again.mailboxes.map(({ copied }) => copied), [2]);
    server.faults.on({ command: "EXAMINE" }, no("Not yours", "NOPERM"));
    const closed = await migrateAlice(server, storage, folder, {
      include: ["Closed"],
    });
    assertEquals(closed.failures.named, [
      { what: "mailbox Closed", reason: "NO [NOPERM] Not yours" },
    ]);
  }));

Deno.test("a run again brings what is new, changed flags, and takes away what has gone if told to", () =>
  withFolder(async (folder) => {
    await using server = await testServer({
      messages: { alice: { INBOX: mails(10) } },
    });
    await using storage = new MemoryStorage();
    await migrateAlice(server, storage, folder);
    // Here: one message is deleted, one gets a flag, one is delivered.
    const here = await storage.openAccount("alice");
    const ours = await here.openMailbox("INBOX");
    await ours.expunge(Uint32Array.of(2));
    await ours.storeFlags(Uint32Array.of(3), { mode: "add", flags: ["mine"] });
    const summary = new Uint8Array(0);
    await ours.append([{
      source: new TextEncoder().encode("Subject: own\r\n\r\n"),
      flags: [],
      internalDate: DATE,
      summary,
    }]);
    // There: one gets a flag, one goes, two come.
    const there = await server.storage.openAccount("alice");
    const theirs = await there.openMailbox("INBOX");
    await theirs.storeFlags(Uint32Array.of(5), {
      mode: "replace",
      flags: ["\\Answered", "x"],
    });
    await theirs.expunge(Uint32Array.of(7));
    await server.deliver("alice", message({ subject: "new" }));
    await server.deliver("alice", message({ subject: "newer" }));
    const dry = await migrateAlice(server, storage, folder, {
      dryRun: true,
      remove: true,
    });
    const counts = (
      { copied, flagsChanged, deleted, alreadyThere }: typeof dry.mailboxes[0],
    ) => [copied, flagsChanged, deleted, alreadyThere];
    assertEquals(dry.mailboxes.map(counts), [[2, 1, 1, 9]]);
    assertEquals(ours.state.length, 10);
    const result = await migrateAlice(server, storage, folder);
    assertEquals(result.mailboxes.map(counts), [[2, 1, 0, 9]]);
    const uids = () => [...ours.state.allUids()];
    assertEquals(uids(), [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    assertEquals(ours.state.recordAt(ours.state.indexOf(5)).flags.toSorted(), [
      "\\Answered",
      "x",
    ]);
    assert(ours.state.recordAt(ours.state.indexOf(3)).flags.includes("mine"));
    const removing = await migrateAlice(server, storage, folder, {
      remove: true,
    });
    assertEquals(removing.mailboxes.map(counts), [[0, 0, 1, 11]]);
    assertEquals(uids(), [1, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13]);
    const nothing = await migrateAlice(server, storage, folder, {
      remove: true,
    });
    assertEquals(nothing.mailboxes.map(counts), [[0, 0, 0, 11]]);
    theirs.close();
    there.close();
    ours.close();
    here.close();
  }));

Deno.test("what is there already is not doubled: without a state, and when UIDVALIDITY changes", () =>
  withFolder(async (folder) => {
    await using server = await testServer({
      messages: { alice: { Box: mails(120) } },
    });
    await using storage = new MemoryStorage();
    await migrateAlice(server, storage, folder);
    await Deno.remove(`${folder}/state`, { recursive: true });
    const lost = await migrateAlice(server, storage, folder);
    const box = ({ mailboxes }: typeof lost) => {
      const { copied, alreadyThere } = mailboxes.find(({ planned }) =>
        planned.path === "Box"
      )!;
      return [copied, alreadyThere];
    };
    assertEquals(box(lost), [0, 120]);
    const there = await server.storage.openAccount("alice");
    await there.deleteMailbox("Box");
    there.close();
    for (const mail of [...mails(120), ...mails(3, "new")]) {
      await server.deliver("alice", mail, { mailbox: "Box" });
    }
    assertEquals(box(await migrateAlice(server, storage, folder)), [3, 120]);
    await assertSame(server, storage, "Box");
  }));

Deno.test("a mailbox that was renamed here is found again", () =>
  withFolder(async (folder) => {
    await using server = await testServer({
      messages: { alice: { Box: mails(3) } },
    });
    await using storage = new MemoryStorage();
    await migrateAlice(server, storage, folder);
    const here = await storage.openAccount("alice");
    await here.renameMailbox("Box", "Other/Name");
    await server.deliver("alice", message(), { mailbox: "Box" });
    const { mailboxes } = await migrateAlice(server, storage, folder);
    assertEquals(
      mailboxes.map(({ planned, copied }) => [planned.name, copied]),
      [["INBOX", 0], ["Other/Name", 1]],
    );
    assertEquals((await here.mailbox("Box"))?.id, undefined);
    here.close();
  }));

for (
  const persona of ["gmail", "exchange", "icloud", "dovecot", "plain"] as const
) {
  Deno.test(`special uses of ${persona} are found`, () =>
    withFolder(async (folder) => {
      const plain = persona === "plain"
        ? { "Sent Items": mails(1), Junk: [] }
        : {};
      await using server = await testServer({
        persona,
        messages: { alice: { INBOX: mails(3), ...plain } },
      });
      await using storage = new MemoryStorage();
      const { mailboxes, leftOut } = await migrateAlice(
        server,
        storage,
        folder,
      );
      const uses = mailboxes.map(({ planned }) => planned.specialUse);
      for (
        const use of persona === "plain"
          ? ["\\Sent", "\\Junk"]
          : ["\\Sent", "\\Junk", "\\Trash", "\\Drafts"]
      ) {
        assert(uses.includes(use), `${use} is not among ${uses}`);
      }
      const here = await storage.openAccount("alice");
      const kept = (await here.mailboxes()).flatMap(({ specialUse }) =>
        specialUse
      );
      assert(kept.includes("\\Sent"));
      here.close();
      assertEquals(
        leftOut.map(({ path }) => path),
        persona === "gmail"
          ? ["[Gmail]/All Mail", "[Gmail]/Important", "[Gmail]/Starred"]
          : [],
      );
      await assertSame(server, storage, "INBOX");
    }));
}

Deno.test("a server that says wrong sizes and odd things loses nothing", () =>
  withFolder(async (folder) => {
    const source = (uid: number) =>
      `Subject: ${uid}\r\nDate: Thu, 1 Jan 2004 00:00:00 +0000\r\n\r\n` +
      "x".repeat(600_000) + `\r\n`;
    const uids = Array.from({ length: 40 }, (_, index) => index * 3 + 1);
    using server = oddServer([
      ...uids.map((uid) => ({ uid, source: source(uid) })),
      { uid: 500, source: "" },
      { uid: 501, source: undefined },
      { uid: 502, source: source(502), date: "never" },
      { uid: 503, source: "x", size: 4_000_000_000 },
    ]);
    await using storage = new MemoryStorage();
    const { failures, mailboxes } = await migrateAlice(
      server,
      storage,
      folder,
      { remove: true },
    );
    assertEquals(failures.named.map(({ what }) => what), [
      "UID 503 of INBOX",
      "UID 500 of INBOX",
      "UID 501 of INBOX",
    ]);
    assertEquals(mailboxes.map(({ copied }) => copied), [41]);
    const date = Date.UTC(1996, 6, 17, 9, 44, 25) / 1000;
    assertEquals(
      await messagesIn(storage, "alice", "INBOX"),
      [...uids, 502].map((uid) => [
        source(uid),
        "\\Seen a[b",
        uid === 502 ? Date.UTC(2004, 0, 1) / 1000 : date,
      ]),
    );
  }));
