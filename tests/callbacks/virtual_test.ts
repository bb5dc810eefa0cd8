import { assertEquals, assertMatch } from "@std/assert";
import type { MessageEntry } from "../../server/mod.ts";
import { codeOf, start, storageOf, textOf } from "./harness.ts";

/** The list that a test changes. */
interface Lists {
  list: unknown;
}

/** A server whose INBOX is a list. */
function startList(lists: Lists, more: Parameters<typeof start>[0] = {}) {
  return start({
    getMailboxes: () => [],
    getMessages: () => lists.list as MessageEntry[],
    ...more,
  });
}

const byUid = (...uids: number[]): MessageEntry[] =>
  uids.map((uid) => ({ uid, source: textOf(uid) }));
const byId = (ids: string): MessageEntry[] =>
  [...ids].map((id) => ({ id, source: textOf(id) }));

/** Subjects by UID. */
async function subjects(
  client: Awaited<ReturnType<ReturnType<typeof start>["select"]>>,
): Promise<string[]> {
  const lines = await client.ok(
    "UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (SUBJECT)]",
  );
  const text = lines.join("\n");
  return [...text.matchAll(/UID (\d+).*\nSubject: (\w+)/g)]
    .map(([, uid, subject]) => `${uid} ${subject}`);
}

Deno.test("messages come and go by UID, whatever the order of the list", async () => {
  const lists: Lists = { list: byUid(5, 3, 9) };
  await using tested = startList(lists);
  const client = await tested.select();
  const other = await tested.select();
  assertEquals(await subjects(client), ["3 3", "5 5", "9 9"]);
  lists.list = byUid(12, 9, 3, 10);
  assertEquals(await client.ok("NOOP"), [
    "* 2 EXPUNGE",
    "* 4 EXISTS",
    "* 4 RECENT",
  ]);
  // Numbers stay what this client was told until a command allows EXPUNGE.
  assertEquals(await other.send("FETCH 1:3 UID"), [
    "* 1 FETCH (UID 3)",
    "* 3 FETCH (UID 9)",
    "* 5 EXISTS",
    "* 0 RECENT",
    "NO [EXPUNGEISSUED] Some of the messages are gone",
  ]);
  assertEquals(await other.ok("FETCH 4 UID"), ["* 4 FETCH (UID 10)"]);
  assertEquals(await other.ok("CHECK"), ["* 2 EXPUNGE"]);
  lists.list = [];
  assertEquals(
    (await client.ok("NOOP")).filter((l) => /EXPUNGE/.test(l)).length,
    4,
  );
  assertEquals(await client.ok("UID SEARCH ALL"), ["* SEARCH"]);
  assertEquals(tested.faults, []);
});

Deno.test("a UID never means another message", async () => {
  const lists: Lists = { list: byUid(1, 2, 5) };
  await using tested = startList(lists);
  const client = await tested.select();
  lists.list = byUid(1, 5);
  await client.ok("NOOP");
  // 2 has been there; 3 and 4 are not above what was there; 0 and fractions are no UIDs; 6 is there twice.
  lists.list = [
    ...byUid(1, 2, 3, 4, 5, 6, 6, 0, -1, 1.5, NaN, 2 ** 32),
    { source: "nameless" },
    { id: "seven", source: "of another kind" },
    null,
    7,
  ];
  await client.ok("NOOP");
  assertEquals(await subjects(client), ["1 1", "5 5", "6 6"]);
  assertEquals(tested.faults.length, 1);
  assertMatch(tested.faults[0]!, /nonsense: 0 is no UID.*and 8 more/);
  // The same nonsense again is no news.
  await client.ok("NOOP");
  assertEquals(tested.faults.length, 1);
});

Deno.test("ids get UIDs in the order of the list; one that comes back is new", async () => {
  const lists: Lists = { list: byId("cab") };
  await using tested = startList(lists);
  const client = await tested.select();
  assertEquals(await subjects(client), ["1 c", "2 a", "3 b"]);
  lists.list = byId("bca");
  assertEquals(await client.ok("NOOP"), []);
  lists.list = byId("xcb");
  assertEquals((await client.ok("NOOP"))[0], "* 2 EXPUNGE");
  lists.list = byId("acabx");
  await client.ok("NOOP");
  assertEquals(await subjects(client), ["1 c", "3 b", "4 x", "5 a"]);
  assertEquals(tested.faults.length, 1);
});

Deno.test("what cannot be is left out; of what is known only flags count", async () => {
  const lists: Lists = {
    list: [
      { uid: 1, source: "a", internalDate: new Date(NaN) },
      { uid: 2, source: "a", internalDate: "yesterday" },
      { uid: 3, source: "a", size: -1 },
      { uid: 4, source: "a", size: "12" },
      { uid: 5, source: 5 },
      { uid: 6, source: "a", size: NaN },
      {
        uid: 7,
        source: "good",
        flags: ["\\seen", "a(b", "work", 7, "\\Recent"],
      },
      { uid: 8, source: "good", flags: "\\Seen" },
      { uid: 9, source: "good", internalDate: 1_000_000_000_000 },
    ],
  };
  await using tested = startList(lists);
  const client = await tested.select();
  assertEquals(await client.messages(), [
    "* 1 FETCH (UID 7 FLAGS (\\Seen work \\Recent))",
    "* 2 FETCH (UID 8 FLAGS (\\Recent))",
    "* 3 FETCH (UID 9 FLAGS (\\Recent))",
  ]);
  assertMatch(
    (await client.ok("FETCH 3 INTERNALDATE"))[0]!,
    /" 9-Sep-2001 01:46:40 \+0000"/,
  );
  lists.list = [
    { uid: 7, size: 400, internalDate: "never", flags: ["\\Flagged"] },
    { uid: 8, source: 7, flags: ["\\Seen"] },
    { uid: 9, internalDate: 5, size: 1 },
  ];
  assertEquals((await client.ok("NOOP")).filter((l) => l.includes("FETCH")), [
    "* 1 FETCH (FLAGS (\\Flagged \\Recent))",
    "* 2 FETCH (FLAGS (\\Seen \\Recent))",
  ]);
  assertMatch(
    (await client.ok("FETCH 3 (RFC822.SIZE INTERNALDATE)"))[0]!,
    /RFC822.SIZE 4 INTERNALDATE " 9-Sep-2001/,
  );
});

Deno.test("what is no list is refused, and what does not end too", async () => {
  const lists: Lists = { list: byUid(1) };
  await using tested = startList(lists);
  const client = await tested.select();
  for (const nonsense of [undefined, null, 7, "text", {}, () => []]) {
    lists.list = nonsense;
    assertEquals(codeOf(await client.no("NOOP")), "SERVERBUG");
    assertEquals(await client.ok("UID SEARCH ALL"), ["* SEARCH 1"]);
  }
  lists.list = (async function* () {
    yield* byUid(1, 2);
    throw new Error("in the middle");
  })();
  assertEquals(codeOf(await client.no("NOOP")), "SERVERBUG");
  assertEquals(await client.ok("UID SEARCH ALL"), ["* SEARCH 1"]);
});

Deno.test("any iterable is a list, a stream among them", async () => {
  const lists: Lists = { list: new Set(byUid(1)) };
  await using tested = startList(lists);
  const client = await tested.select();
  lists.list = (async function* () {
    yield* byUid(1, 2);
  })();
  assertEquals((await client.ok("NOOP"))[0], "* 2 EXISTS");
  lists.list = ReadableStream.from(byUid(1, 2, 3));
  assertEquals((await client.ok("NOOP"))[0], "* 3 EXISTS");
});

Deno.test("sources come when they are wanted, as strings, bytes or streams", async () => {
  const calls: string[] = [];
  await using tested = startList({
    list: [{ id: "string" }, { id: "bytes" }, { id: "stream" }, { id: "none" }],
  }, {
    getMessageSource({ message: { id } }) {
      calls.push(id!);
      const text = `Subject: ${id}\n\nx\n`;
      const bytes = new TextEncoder().encode(text);
      if (id === "string") return text;
      if (id === "bytes") return bytes;
      return id === "stream" ? new Blob([bytes]).stream() : undefined;
    },
  });
  const client = await tested.select();
  assertEquals(calls, ["string", "bytes", "stream", "none"]);
  assertEquals(await client.ok("FETCH 1:3 RFC822.SIZE"), [
    "* 1 FETCH (RFC822.SIZE 22)",
    "* 2 FETCH (RFC822.SIZE 18)",
    "* 3 FETCH (RFC822.SIZE 19)",
  ]);
  assertMatch((await client.ok("FETCH 3 ENVELOPE"))[0]!, /"stream"/);
  await client.ok("FETCH 1:3 BODY.PEEK[]");
  assertEquals(calls.length, 4);
  assertMatch(tested.faults[0]!, /the size of none is not known/);
});

Deno.test("a source of another size than was said is a fault", async () => {
  await using tested = startList({ list: [{ id: "a", size: 5 }] }, {
    getMessageSource: () => "sixsix",
  });
  const client = await tested.select();
  assertEquals(await client.ok("FETCH 1 RFC822.SIZE"), [
    "* 1 FETCH (RFC822.SIZE 5)",
  ]);
  assertEquals(codeOf(await client.no("FETCH 1 BODY.PEEK[]")), "SERVERBUG");
});

Deno.test("without callbacks for changes, flags are kept in memory and the rest is refused", async () => {
  const lists: Lists = { list: byId("abc") };
  await using tested = startList(lists);
  const client = await tested.select();
  const other = await tested.select();
  assertEquals(
    (await client.ok("STORE 1 +FLAGS (\\Deleted x)")).at(-1),
    "* 1 FETCH (FLAGS (\\Deleted x \\Recent))",
  );
  assertMatch(
    (await other.ok("NOOP")).at(-1)!,
    /1 FETCH \(FLAGS \(\\Deleted x/,
  );
  assertEquals(codeOf(await client.no("EXPUNGE")), "CANNOT");
  assertEquals(codeOf(await client.no("MOVE 1 INBOX")), "CANNOT");
  assertEquals(codeOf(await client.no("COPY 1 INBOX")), "CANNOT");
  assertEquals(codeOf(await client.append("INBOX", "a")), "CANNOT");
  await client.ok("FETCH 2 BODY[]");
  lists.list = byId("abcd");
  await client.ok("NOOP");
  assertEquals((await client.messages()).slice(0, 2), [
    "* 1 FETCH (UID 1 FLAGS (\\Deleted x \\Recent))",
    "* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent))",
  ]);
  assertEquals(tested.faults, []);
});

Deno.test("flags that the list changes win over those in memory", async () => {
  const list = [{ id: "a", source: "a", flags: ["one"] }];
  const lists: Lists = { list };
  await using tested = startList(lists);
  const client = await tested.select();
  await client.ok("STORE 1 +FLAGS (two)");
  await client.ok("NOOP");
  assertEquals(await client.ok("FETCH 1 FLAGS"), [
    "* 1 FETCH (FLAGS (one two \\Recent))",
  ]);
  lists.list = [{ id: "a", source: "a", flags: ["three"] }];
  assertEquals(
    (await client.ok("NOOP")).at(-1),
    "* 1 FETCH (FLAGS (three \\Recent))",
  );
});

Deno.test("a change that the callback makes is not told twice, one that it makes otherwise is", async () => {
  const flags: string[] = [];
  await using tested = start({
    getMailboxes: () => [],
    getMessages: () => [{ id: "a", source: "a", flags: [...flags] }],
    updateMessages(event) {
      if (event.flags.includes("no")) return;
      flags.push(...event.flags);
      if (event.flags.includes("twice")) flags.push("again");
    },
  });
  const client = await tested.select();
  const other = await tested.select();
  const silent = async (flag: string) =>
    (await client.ok(`STORE 1 +FLAGS.SILENT (${flag})`))
      .filter((line) => line.includes("FETCH"));
  assertEquals(await silent("yes"), []);
  assertEquals(await silent("no"), ["* 1 FETCH (FLAGS (yes \\Recent))"]);
  assertEquals(await silent("twice"), [
    "* 1 FETCH (FLAGS (again twice yes \\Recent))",
  ]);
  assertEquals(
    (await other.ok("NOOP")).at(-1),
    "* 1 FETCH (FLAGS (again twice yes))",
  );
});

Deno.test("too many keywords are left out, in time", async () => {
  const keywords = Array.from({ length: 300 }, (_, number) => `k${number}`);
  const list = Array.from({ length: 3_000 }, (_, index) => ({
    uid: index + 1,
    source: "a",
    flags: [keywords[index % 300]!, "k".repeat(1 + index % 250)],
  }));
  await using tested = startList({ list });
  const client = await tested.select();
  assertEquals((await client.ok("UID SEARCH KEYWORD k0")).length, 1);
  assertMatch(tested.faults[0]!, /Too many keywords|too long/);
});

Deno.test("a list over the storage's own narrows it down, and changes go through", async () => {
  const storage = await storageOf(4);
  await using tested = start({
    getMailboxes: (_event, next) => next(),
    async getMessages(event, next) {
      const stored = await next(event);
      if (event.mailbox.name !== "INBOX") return stored;
      return Iterator.from(stored).filter(({ flags }) =>
        !flags.includes("hidden")
      );
    },
  }, { storage });
  const client = await tested.select();
  const [account] = [await storage.openAccount("alice")];
  const stored = await account.openMailbox("INBOX");
  assertEquals(await subjects(client), ["1 1", "2 2", "3 3", "4 4"]);
  const gone = await client.no("STORE 2 +FLAGS (hidden)");
  assertEquals(codeOf(gone), "EXPUNGEISSUED");
  assertEquals(await client.ok("NOOP"), ["* 2 EXPUNGE"]);
  await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)");
  assertEquals(await client.ok("EXPUNGE"), ["* 1 EXPUNGE"]);
  assertEquals([...stored.state.allUids()], [2, 3, 4]);
  assertMatch(await client.append("INBOX", "new"), /APPENDUID \d+ 5\]/);
  await client.ok("CREATE other");
  const moved = await client.ok("MOVE 1:2 other");
  assertEquals(moved, ["* 1 EXPUNGE", "* 1 EXPUNGE"]);
  assertEquals([...stored.state.allUids()], [2, 5]);
  const { uidValidity } = stored.state;
  const status = await client.ok("STATUS INBOX (MESSAGES UIDVALIDITY)");
  assertEquals(status, [
    `* STATUS INBOX (MESSAGES 1 UIDVALIDITY ${uidValidity})`,
  ]);
  assertEquals(tested.faults, []);
  stored.close();
  account.close();
});

Deno.test("what is delivered below reaches one who idles", async () => {
  const storage = await storageOf(1);
  await using tested = start({
    async getMessages(event, next) {
      return [...await next(event)];
    },
  }, { storage });
  const client = await tested.select();
  await client.write("i IDLE\r\n");
  assertEquals(await client.line(), "+ idling");
  const account = await storage.openAccount("alice");
  const stored = await account.openMailbox("INBOX");
  await stored.append([{
    source: new Uint8Array(1),
    flags: [],
    internalDate: 0,
    summary: new Uint8Array(0),
  }]);
  assertEquals(await client.line(), "* 2 EXISTS");
  stored.close();
  account.close();
});

Deno.test("notify tells those who idle", async () => {
  const lists: Lists = { list: byId("a") };
  await using tested = startList(lists);
  const client = await tested.select();
  await client.write("i IDLE\r\n");
  assertEquals(await client.line(), "+ idling");
  lists.list = byId("ab");
  await tested.server.notify("nobody");
  await tested.server.notify("alice", "elsewhere");
  await tested.server.notify("alice", "INBOX");
  assertEquals(await client.line(), "* 2 EXISTS");
  assertEquals(await client.line(), "* 2 RECENT");
  lists.list = 7;
  await tested.server.notify("alice");
  assertEquals(tested.faults.length, 1);
});

Deno.test("UIDVALIDITY is the callback's, or new with each numbering", async () => {
  let uidValidity: number | undefined = 77;
  const lists: Lists = { list: byUid(10) };
  await using tested = startList(lists, {
    getMailboxes: () => [{
      name: "box",
      ...(uidValidity === undefined ? {} : { uidValidity, uidNext: 100 }),
    }],
  });
  const validity = async () => {
    const client = await tested.login();
    const lines = await client.ok("SELECT box");
    return lines.map((line) => /UIDVALIDITY (\d+)/.exec(line)?.[1]).join("");
  };
  const old = await tested.select("box");
  assertEquals(await validity(), "77");
  // Where UIDs last, none is given out here, and none below what was said.
  lists.list = [...byUid(10), { id: "x", source: "a" }];
  await old.ok("NOOP");
  assertMatch(tested.faults[0]!, /UIDs of their own/);
  uidValidity = 78;
  assertEquals(await validity(), "78");
  assertMatch(await old.lastWords(), /\* BYE/);
});

Deno.test("copies between a virtual mailbox and a stored one", async () => {
  const storage = await storageOf(2);
  const list: MessageEntry[] = byId("ab");
  await using tested = start({
    async getMailboxes(event, next) {
      return [...await next(event), { name: "list" }];
    },
    getMessages: ({ mailbox }, next) => mailbox.name === "list" ? list : next(),
    appendMessage({ mailbox, source, flags }, next) {
      if (mailbox.name !== "list") return next();
      const id = `n${list.length}`;
      list.push({ id, source, flags });
      return { id };
    },
    async deleteMessages({ mailbox, messages }, next) {
      if (mailbox.name !== "list") await next();
      for (const { id } of mailbox.name === "list" ? messages : []) {
        list.splice(list.findIndex((one) => one.id === id), 1);
      }
    },
  }, { storage });
  const client = await tested.select();
  await client.ok("STORE 2 +FLAGS.SILENT (\\Flagged)");
  const toList = (await client.send("COPY 1:2 list")).at(-1)!;
  // RFC 8474 § 5.1: the copies have other EMAILIDs.
  assertEquals(toList, "OK COPY completed");
  await client.ok("SELECT list");
  assertEquals(await subjects(client), ["1 a", "2 b", "3 1", "4 2"]);
  assertMatch((await client.messages())[3]!, /\\Flagged/);
  assertEquals(await client.ok("UID MOVE 1,4 INBOX"), [
    "* 1 EXPUNGE",
    "* 3 EXPUNGE",
  ]);
  await client.ok("SELECT INBOX");
  assertEquals(await subjects(client), ["1 1", "2 2", "3 a", "4 2"]);
  assertEquals(tested.faults, []);
});
