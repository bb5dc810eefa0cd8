import { assertEquals, assertMatch } from "@std/assert";
import { No } from "../../protocol/imap/errors.ts";
import type { SearchQuery } from "../../server/mod.ts";
import { codeOf, start, storageOf, textOf } from "./harness.ts";

Deno.test("appendMessage is observed, changed and refused", async () => {
  const seen: string[] = [];
  await using tested = start({
    async appendMessage(event, next) {
      const text = new TextDecoder().decode(event.source);
      if (text.includes("spam")) throw new No("OVERQUOTA", "No spam");
      const changed = text.includes("shout")
        ? { source: new TextEncoder().encode(text.toUpperCase()) }
        : {};
      const flags = [...event.flags, "filtered"];
      const message = await next({ ...event, flags, ...changed });
      seen.push(
        `${event.user.name} ${event.mailbox.name} ${message.uid} ${event.flags}`,
      );
    },
  });
  const client = await tested.select();
  assertMatch(
    await client.append("INBOX", "a", "(\\seen) "),
    /APPENDUID \d+ 1/,
  );
  assertEquals(
    await client.append("INBOX", "spam"),
    "NO [OVERQUOTA] No spam",
  );
  await client.append("INBOX", "shout");
  assertEquals(await client.messages(), [
    "* 1 FETCH (UID 1 FLAGS (\\Seen filtered \\Recent))",
    "* 2 FETCH (UID 2 FLAGS (filtered \\Recent))",
  ]);
  const lines = await client.ok("FETCH 2 (RFC822.SIZE BODY.PEEK[])");
  assertEquals(lines.join("\n"), "* 2 FETCH (RFC822.SIZE 5 BODY[] {5}\nSHOUT)");
  assertEquals(seen, ["alice INBOX 1 \\Seen", "alice INBOX 2 "]);
  assertEquals(tested.faults, []);
});

Deno.test("messages of one APPEND are appended together, or not at all", async () => {
  await using tested = start({
    async appendMessage(event, next) {
      const text = new TextDecoder().decode(event.source);
      if (text === "slow") await new Promise((go) => setTimeout(go, 10));
      if (text === "bad") throw new No("LIMIT", "Not that one");
      return await next(event);
    },
  });
  const client = await tested.select();
  const answer = await client.send(
    "APPEND INBOX {4+}\r\nslow {4+}\r\nfast {4+}\r\nslow",
  );
  assertMatch(answer.at(-1)!, /APPENDUID \d+ 1:3\]/);
  assertEquals(
    (await client.send("APPEND INBOX {4+}\r\nfast {3+}\r\nbad {4+}\r\nslow"))
      .at(-1),
    "NO [LIMIT] Not that one",
  );
  assertEquals((await client.messages()).length, 3);
});

Deno.test("appendMessage that keeps the message elsewhere leaves the mailbox alone", async () => {
  const kept: Uint8Array[] = [];
  await using tested = start({
    appendMessage: ({ source }) => void kept.push(source),
  });
  const client = await tested.select();
  assertEquals(await client.append("INBOX", "abc"), "OK APPEND completed");
  assertEquals(await client.ok("NOOP"), []);
  assertEquals(kept.length, 1);
});

Deno.test("updateMessages is observed, changed, refused and replaced", async () => {
  const storage = await storageOf(4);
  const seen: unknown[] = [];
  await using tested = start({
    async updateMessages(event, next) {
      const { messages, mode, flags } = event;
      seen.push([messages.map(({ uid }) => uid), mode, flags]);
      if (flags.includes("no")) throw new No("NOPERM", "Not that flag");
      if (flags.includes("ignored")) return;
      if (flags.includes("odd")) {
        await next({
          ...event,
          messages: messages.filter(({ uid }) => uid % 2 === 1),
        });
      } else if (flags.includes("more")) {
        await next({ ...event, flags: [...flags, "extra"] });
      } else await next(event);
    },
  }, { storage });
  const client = await tested.select();
  const other = await tested.select();
  assertEquals(
    await client.no("STORE 1:2 +FLAGS (no)"),
    "[NOPERM] Not that flag",
  );
  assertEquals(
    (await client.ok("STORE 1:2 +FLAGS.SILENT (plain)")).slice(2),
    [],
  );
  // What was not done as it was asked for is told, silence or not.
  assertEquals((await client.ok("STORE 1 +FLAGS.SILENT (more)")).slice(2), [
    "* 1 FETCH (FLAGS (extra more plain \\Recent))",
  ]);
  assertEquals((await client.ok("STORE 3:4 +FLAGS.SILENT (odd)")).slice(2), [
    "* 3 FETCH (FLAGS (odd \\Recent))",
    "* 4 FETCH (FLAGS (\\Recent))",
  ]);
  assertEquals(await client.ok("STORE 4 +FLAGS.SILENT (ignored)"), [
    "* 4 FETCH (FLAGS (\\Recent))",
  ]);
  assertEquals(await client.ok("STORE 4 +FLAGS (ignored)"), [
    "* 4 FETCH (FLAGS (\\Recent))",
  ]);
  await client.ok("FETCH 4 BODY[]");
  assertEquals(seen.at(-1), [[4], "add", ["\\Seen"]]);
  assertEquals((await other.ok("NOOP")).slice(-4), [
    "* 1 FETCH (FLAGS (extra more plain))",
    "* 2 FETCH (FLAGS (plain))",
    "* 3 FETCH (FLAGS (odd))",
    "* 4 FETCH (FLAGS (\\Seen))",
  ]);
  assertEquals(tested.faults, []);
});

Deno.test("a body that cannot be marked as seen costs the FETCH, no more", async () => {
  const storage = await storageOf(1);
  await using tested = start({
    updateMessages() {
      throw new No("NOPERM", "Look, do not touch");
    },
  }, { storage });
  const client = await tested.select();
  assertEquals(
    await client.no("FETCH 1 BODY[]"),
    "[NOPERM] Look, do not touch",
  );
  await client.ok("FETCH 1 BODY.PEEK[]");
});

Deno.test("deleteMessages is observed, narrowed down, refused and replaced", async () => {
  const storage = await storageOf(5);
  let kind = "refuse";
  await using tested = start({
    async deleteMessages(event, next) {
      if (kind === "refuse") throw new No("NOPERM", "Everything stays");
      if (kind === "replace") return;
      const messages = event.messages.filter(({ uid }) => uid !== 2);
      const { deleted } = await next({ ...event, messages });
      assertEquals(deleted, messages.map(({ uid }) => uid));
    },
  }, { storage });
  const client = await tested.select();
  await client.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)");
  assertEquals(await client.no("EXPUNGE"), "[NOPERM] Everything stays");
  kind = "replace";
  assertEquals(await client.ok("EXPUNGE"), []);
  kind = "narrow";
  assertEquals(await client.ok("EXPUNGE"), ["* 1 EXPUNGE", "* 2 EXPUNGE"]);
  assertEquals(await client.ok("UID SEARCH ALL"), ["* SEARCH 2 4 5"]);
  assertEquals(tested.faults, []);
});

Deno.test("copyMessages and moveMessages are observed, narrowed down, refused and replaced", async () => {
  const storage = await storageOf(5);
  const seen: unknown[] = [];
  await using tested = start({
    async copyMessages(event, next) {
      const { target, messages } = event;
      if (target.name === "closed") throw new No("NOPERM", "Not there");
      if (target.name === "void") return;
      if (target.name === "liar") {
        return [{ uid: 1, copy: { uid: 77 } }, { uid: 9, copy: { uid: 1 } }];
      }
      const copied = await next({ ...event, messages: messages.slice(1) });
      seen.push(copied);
      return copied;
    },
    async moveMessages(event, next) {
      if (event.target.name === "void") return;
      return await next(event);
    },
  }, { storage });
  const client = await tested.select();
  for (const name of ["a", "closed", "void", "liar"]) {
    await client.ok(`CREATE ${name}`);
  }
  const copy = (await client.send("COPY 1:3 a")).at(-1)!;
  assertMatch(copy, /^OK \[COPYUID \d+ 2:3 1:2\]/);
  assertEquals(seen, [[{ uid: 2, copy: { uid: 1 } }, {
    uid: 3,
    copy: { uid: 2 },
  }]]);
  assertEquals(await client.no("COPY 1 closed"), "[NOPERM] Not there");
  assertEquals((await client.send("COPY 1 void")).at(-1), "OK COPY completed");
  assertEquals((await client.send("COPY 1 liar")).at(-1), "OK COPY completed");
  assertEquals(await client.ok("MOVE 1 void"), []);
  const moved = await client.ok("MOVE 1:2 a");
  assertMatch(moved[0]!, /^\* OK \[COPYUID \d+ 1:2 3:4\]/);
  assertEquals(moved.slice(1), ["* 1 EXPUNGE", "* 1 EXPUNGE"]);
  assertEquals(tested.faults, []);
});

Deno.test("getMessageSource is observed, refused and replaced by as many bytes", async () => {
  const storage = await storageOf(4);
  const seen: number[] = [];
  await using tested = start({
    async getMessageSource(event, next) {
      const uid = event.message.uid!;
      seen.push(uid);
      const source = await next(event);
      if (uid === 2) throw new No("NOPERM", "Not for you");
      if (uid === 3) return textOf(9);
      if (uid === 4) return new Blob(["too short"]).stream();
      return source;
    },
  }, { storage });
  const client = await tested.select();
  const subject = "BODY.PEEK[HEADER.FIELDS (SUBJECT)]";
  assertEquals((await client.ok(`FETCH 1 (${subject})`))[1], "Subject: 1");
  await client.ok("FETCH 1 BODY.PEEK[]<0.3>");
  await client.ok("FETCH 1 BODY.PEEK[]<3.3>");
  assertEquals(seen, [1]);
  assertEquals(await client.no("FETCH 2 BODY.PEEK[]"), "[NOPERM] Not for you");
  assertEquals((await client.ok(`FETCH 3 (${subject})`))[1], "Subject: 9");
  assertMatch((await client.ok("FETCH 3 ENVELOPE"))[0]!, /"9"/);
  assertEquals(codeOf(await client.no("FETCH 4 BODY.PEEK[]")), "SERVERBUG");
  assertEquals(tested.faults, [
    "The callback getMessageSource gave 9 bytes for message 4, which has 22",
  ]);
});

Deno.test("searchMessages is asked about what changes, for searches that are followed", async () => {
  const storage = await storageOf(3);
  const queries: SearchQuery[] = [];
  let refuses = false;
  await using tested = start({
    async searchMessages(event, next) {
      queries.push(event.query);
      if (refuses) throw new No("LIMIT", "Not now");
      return [...await next(event), 99];
    },
  }, { storage });
  const client = await tested.select();
  assertEquals(
    await client.ok("UID SEARCH RETURN (UPDATE ALL) 1:2 UNFLAGGED"),
    ['* ESEARCH (TAG "t3") UID ALL 1:2'],
  );
  assertEquals(await client.ok("STORE 2:3 +FLAGS.SILENT (\\Flagged)"), [
    '* ESEARCH (TAG "t3") UID REMOVEFROM (0 2)',
  ]);
  assertEquals(queries.at(-1), {
    kind: "and",
    queries: [
      { kind: "uids", uids: [2, 3] },
      {
        kind: "and",
        queries: [
          { kind: "uids", uids: [1, 2] },
          { kind: "not", query: { kind: "flag", flag: "\\flagged" } },
        ],
      },
    ],
  });
  refuses = true;
  assertEquals(await client.ok("STORE 1 +FLAGS.SILENT (\\Flagged)"), [
    '* NO [NOUPDATE "t3"] The search cannot be made again',
  ]);
  assertEquals(tested.faults, []);
});

Deno.test("searchMessages sees no numbers, and is observed, changed, refused and replaced", async () => {
  const storage = await storageOf(6);
  const queries: SearchQuery[] = [];
  await using tested = start({
    async searchMessages(event, next) {
      const { query } = event;
      queries.push(query);
      if (query.kind === "body") throw new No("LIMIT", "Not in bodies");
      if (query.kind === "text") return [6, 2, 2, 99, 4];
      if (query.kind === "flag") {
        return await next({ ...event, query: { kind: "all" } });
      }
      return (await next(event)).filter((uid) => uid !== 3);
    },
  }, { storage });
  const client = await tested.select();
  await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)");
  await client.ok("EXPUNGE");
  assertEquals(await client.ok("SEARCH 1:3"), ["* SEARCH 1 3"]);
  assertEquals(queries.at(-1), { kind: "uids", uids: [2, 3, 4] });
  assertEquals(await client.ok("SEARCH ALL"), ["* SEARCH 1 3 4 5"]);
  assertEquals(queries.at(-1), { kind: "all" });
  assertEquals(
    await client.ok("THREAD REFS UTF-8 ALL"),
    ["* THREAD (1)(3)(4)(5)"],
  );
  assertEquals(await client.ok("UID SEARCH TEXT x"), ["* SEARCH 2 4 6"]);
  assertEquals(
    await client.ok("UID SORT (REVERSE ARRIVAL) UTF-8 TEXT x"),
    ["* SORT 6 4 2"],
  );
  assertEquals(
    await client.no("SORT (DATE) UTF-8 BODY x"),
    "[LIMIT] Not in bodies",
  );
  assertEquals(await client.ok("UID SEARCH FLAGGED"), ["* SEARCH 2 3 4 5 6"]);
  assertEquals(await client.no("SEARCH BODY x"), "[LIMIT] Not in bodies");
  assertEquals(
    await client.ok("UID SEARCH OR (SINCE 5-Jan-2020 SMALLER 100) NOT NEW"),
    ["* SEARCH 5 6"],
  );
  assertEquals(queries.at(-1), {
    kind: "or",
    queries: [
      {
        kind: "and",
        queries: [
          { kind: "internalDate", since: new Date(Date.UTC(2020, 0, 5)) },
          { kind: "size", below: 100 },
        ],
      },
      {
        kind: "not",
        query: {
          kind: "and",
          queries: [{ kind: "all" }, {
            kind: "not",
            query: { kind: "flag", flag: "\\seen" },
          }],
        },
      },
    ],
  });
  assertEquals(tested.faults, []);
});
