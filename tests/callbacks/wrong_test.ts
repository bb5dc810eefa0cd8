/**
 * Callbacks that are wrong, each in each way: the command that caused it is refused, and nothing else.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { No } from "../../protocol/imap/errors.ts";
import type { Callbacks } from "../../server/mod.ts";
import { codeOf, start, storageOf } from "./harness.ts";

/** For each callback a command that causes it. */
const CAUSES: Partial<Record<keyof Callbacks, string>> = {
  getMailboxes: 'LIST "" *',
  createMailbox: "CREATE new",
  deleteMailbox: "DELETE other",
  renameMailbox: "RENAME other another",
  updateMailbox: "SUBSCRIBE other",
  status: "STATUS other (MESSAGES)",
  getMessages: "APPEND other {1+}\r\na",
  getMessageSource: "FETCH 1 BODY.PEEK[]",
  searchMessages: "SEARCH ALL",
  appendMessage: "APPEND INBOX {1+}\r\na",
  updateMessages: "STORE 1 +FLAGS.SILENT (\\Flagged)",
  deleteMessages: "EXPUNGE",
  copyMessages: "COPY 1 other",
  moveMessages: "MOVE 1 other",
  command: "NOOP",
};

const WRONGS: Record<string, { run: () => unknown; code: RegExp }> = {
  throws: {
    run() {
      throw new TypeError("an accident");
    },
    code: /^SERVERBUG$/,
  },
  rejects: {
    run: () => Promise.reject(new Error("an accident")),
    code: /^SERVERBUG$/,
  },
  "throws no error": {
    run() {
      throw "an accident";
    },
    code: /^SERVERBUG$/,
  },
  "never settles": {
    run: () => new Promise(() => {}),
    code: /^UNAVAILABLE$/,
  },
  "refuses with a forged code": {
    run() {
      throw new No("X] fine\r\n* 99 EXISTS\r\n* OK [Y", "a\r\n* BYE b");
    },
    code: /^$/,
  },
  "refuses with a code of a state": {
    run() {
      throw new No("UIDVALIDITY 7", "a");
    },
    code: /^$/,
  },
};

for (const [name, cause] of Object.entries(CAUSES)) {
  for (const [way, { run, code }] of Object.entries(WRONGS)) {
    Deno.test(`${name} ${way}`, async () => {
      const storage = await storageOf(3);
      let wrong = false;
      const callback = (_event: unknown, next: () => unknown) =>
        wrong ? run() : next();
      await using tested = start({ [name]: callback }, {
        storage,
        callbackTime: 20,
      });
      const client = await tested.login();
      await client.ok("CREATE other");
      await client.ok("SELECT INBOX");
      await client.ok("STORE 3 +FLAGS.SILENT (\\Deleted)");
      const other = await tested.select();
      wrong = true;
      const lines = await client.send(cause);
      wrong = false;
      assertMatch(lines.at(-1)!, /^NO /);
      assertMatch(codeOf(lines.at(-1)!), code);
      assertEquals(lines.length, 1);
      assertEquals(tested.faults.length, 1);
      assertMatch(tested.faults[0]!, new RegExp(`^The callback ${name} `));
      assertEquals(await client.ok("UID SEARCH ALL"), ["* SEARCH 1 2 3"]);
      assertEquals(await other.ok("UID SEARCH ALL"), ["* SEARCH 1 2 3"]);
      await client.ok("NOOP");
    });
  }
}

Deno.test("a callback that hangs holds up no other session of the mailbox", async () => {
  let hang = false;
  const hanging: (() => void)[] = [];
  const list = [{ id: "a", source: "x" }];
  await using tested = start({
    getMailboxes: () => [],
    async getMessages() {
      if (!hang) return list;
      hang = false;
      await new Promise<void>((resolve) => hanging.push(resolve));
      return [];
    },
    updateMessages: () => new Promise(() => {}),
  }, { callbackTime: 2_000 });
  const client = await tested.select();
  const other = await tested.select();
  hang = true;
  await client.write("n NOOP\r\n");
  while (hanging.length === 0) await new Promise((go) => setTimeout(go, 1));
  list.push({ id: "b", source: "y" });
  assertEquals((await other.ok("NOOP"))[0], "* 2 EXISTS");
  // The hanging list is older than the one that was applied, and no longer counts.
  hanging[0]!();
  const lines = await client.until("n");
  assertEquals(lines[0], "* 2 EXISTS");
  await client.write("s STORE 1 +FLAGS (\\Seen)\r\n");
  assertEquals(await other.ok("UID SEARCH ALL"), ["* SEARCH 1 2"]);
  list.push({ id: "c", source: "z" });
  assertEquals((await other.ok("NOOP"))[0], "* 3 EXISTS");
});

Deno.test("what a callback does after its time is ignored", async () => {
  const late = Promise.withResolvers<string>();
  await using tested = start({
    async appendMessage(_event, next) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      await next().then(
        () => late.resolve("appended"),
        (error) => late.resolve(error.message),
      );
      throw new Error("nobody hears this");
    },
  }, { callbackTime: 10 });
  const client = await tested.select();
  assertMatch(await client.append("INBOX", "a"), /^NO \[UNAVAILABLE\]/);
  assertEquals(
    await late.promise,
    "It is too late for next() of appendMessage",
  );
  assertEquals(await client.ok("NOOP"), []);
  assertEquals(tested.faults, [
    "The callback appendMessage took longer than 10 milliseconds",
  ]);
});

Deno.test("the time of next is not the callback's", async () => {
  await using tested = start({
    async command(event, next) {
      if (event.name === "IDLE") setTimeout(() => client.write("DONE\r\n"), 60);
      await next(event);
    },
  }, { callbackTime: 20 });
  const client = await tested.select();
  await client.ok("IDLE");
  assertEquals(tested.faults, []);
});

Deno.test("next is called once", async () => {
  await using tested = start({
    async appendMessage(_event, next) {
      next();
      const second = await next().catch((error) => error.message);
      assertMatch(second, /twice/);
    },
  });
  const client = await tested.select();
  assertMatch(await client.append("INBOX", "a"), /^OK \[APPENDUID \d+ 1\]/);
  assertEquals(await client.messages(), ["* 1 FETCH (UID 1 FLAGS (\\Recent))"]);
  assertEquals(tested.faults, [
    "The callback appendMessage called next() twice",
  ]);
});

Deno.test("a refusal of next that nobody waits for still refuses", async () => {
  await using tested = start({
    createMailbox: (_event, next) => void next(),
  });
  const client = await tested.login();
  assertEquals(codeOf(await client.no("CREATE INBOX")), "ALREADYEXISTS");
  await client.ok("CREATE a");
  assertEquals(tested.faults, []);
});

Deno.test("nonsense passed on is refused", async () => {
  const nonsense: Record<string, unknown>[] = [
    { source: "text" },
    { source: new Uint8Array(0) },
    { flags: ["a)"] },
    { flags: 7 },
    { internalDate: new Date(NaN) },
    { internalDate: "yesterday" },
  ];
  let change: Record<string, unknown> = {};
  await using tested = start({
    appendMessage: (event, next) => next({ ...event, ...change }),
  });
  const client = await tested.select();
  for (change of nonsense) {
    assertMatch(await client.append("INBOX", "a"), /^NO /);
  }
  change = {};
  assertMatch(await client.append("INBOX", "a"), /APPENDUID \d+ 1\]/);
  assert(tested.faults.length >= 4);
});

Deno.test("nonsense that is found is no result", async () => {
  let answer: unknown;
  const storage = await storageOf(2);
  await using tested = start({
    searchMessages: () => answer as number[],
  }, { storage });
  const client = await tested.select();
  for (answer of [undefined, 3, "12", [{}], [null]]) {
    assertEquals(codeOf(await client.no("SEARCH ALL")), "SERVERBUG");
  }
  answer = [0, -1, 1.5, NaN, 99, "x", 2];
  assertEquals(await client.ok("SEARCH ALL"), ["* SEARCH 2"]);
  answer = (function* () {
    for (;;) yield 1;
  })();
  assertEquals(codeOf(await client.no("SEARCH ALL")), "SERVERBUG");
});
