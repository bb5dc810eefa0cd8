import { assertEquals, assertMatch } from "@std/assert";
import { No } from "../../protocol/imap/errors.ts";
import type {
  Callbacks,
  GetMailboxesEvent,
  MailboxEntry,
} from "../../server/mod.ts";
import { codeOf, start, storageOf } from "./harness.ts";

const names = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/^.* "\/" /, ""));

Deno.test("getMailboxes observes, narrows down and adds", async () => {
  const events: GetMailboxesEvent[] = [];
  await using tested = start({
    async getMailboxes(event, next) {
      events.push(event);
      const stored = await next(event);
      return [
        ...stored.filter(({ name }) => name !== "hidden"),
        { name: "news/deno", subscribed: true, specialUse: ["\\Archive"] },
      ];
    },
  });
  const client = await tested.login();
  await client.ok("CREATE hidden");
  await client.ok("CREATE seen");
  assertEquals(await client.ok('LIST "" *'), [
    '* LIST (\\HasNoChildren) "/" INBOX',
    '* LIST (\\NonExistent \\Noselect \\HasChildren) "/" news',
    '* LIST (\\HasNoChildren \\Archive) "/" news/deno',
    '* LIST (\\HasNoChildren) "/" seen',
  ]);
  assertEquals(names(await client.ok('LSUB "" *')), ["news/deno"]);
  assertEquals(codeOf(await client.no("SELECT hidden")), "NONEXISTENT");
  assertEquals(codeOf(await client.no("DELETE hidden")), "NONEXISTENT");
  assertEquals(
    codeOf(await client.no("STATUS hidden (UIDNEXT)")),
    "NONEXISTENT",
  );
  // It is there all the same, as far as the storage is asked.
  assertEquals(codeOf(await client.no("CREATE hidden")), "ALREADYEXISTS");
  const lines = await client.ok("SELECT news/deno");
  assertEquals(lines.includes("* 0 EXISTS"), true);
  assertEquals(codeOf(await client.append("news/deno", "a")), "CANNOT");
  await client.ok("SELECT seen");
  assertEquals(events.at(-1), { user: { name: "alice" }, name: "seen" });
  assertEquals(tested.faults, []);
});

Deno.test("getMailboxes replaces; INBOX is always there", async () => {
  let list: unknown = [];
  await using tested = start({ getMailboxes: () => list as MailboxEntry[] });
  const client = await tested.login();
  assertEquals(names(await client.ok('LIST "" *')), ["INBOX"]);
  list = new Set([
    { name: "inbox", subscribed: true },
    { name: "a//b" },
    { name: "a\r\n* 9 EXISTS" },
    { name: "b" },
    { name: "b", selectable: false },
    { name: 7 },
    null,
    { name: "c", specialUse: ["\\Sent", "bad use)"], uidValidity: -1 },
    { name: "only subscribed", subscribed: true, selectable: false },
    { name: "nothing", selectable: false },
  ]);
  assertEquals(
    names(await client.ok('LIST "" *')),
    ["INBOX", "b", "c"],
  );
  assertEquals(names(await client.ok('LSUB "" *')), [
    "INBOX",
    '"only subscribed"',
  ]);
  assertEquals(tested.faults.length, 1);
  assertMatch(tested.faults[0]!, /^The callback getMailboxes has given nonse/);
  for (const nonsense of [undefined, 5, "INBOX", { name: "a" }]) {
    list = nonsense;
    assertEquals(codeOf(await client.no('LIST "" *')), "SERVERBUG");
    await client.ok("NOOP");
  }
});

Deno.test("changes of mailboxes are observed and changed", async () => {
  const events: string[] = [];
  await using tested = start({
    async createMailbox(event, next) {
      events.push(`create ${event.mailbox.name} ${event.specialUse}`);
      await next({ ...event, mailbox: { name: `x/${event.mailbox.name}` } });
    },
    async deleteMailbox(event, next) {
      events.push(`delete ${event.mailbox.name}`);
      await next();
    },
    async renameMailbox(event, next) {
      events.push(`rename ${event.mailbox.name} ${event.newName}`);
      await next({ ...event, newName: event.newName.toUpperCase() });
    },
    async updateMailbox(event, next) {
      events.push(`update ${event.mailbox.name} ${event.subscribed}`);
      await next(event);
    },
  });
  const client = await tested.login();
  await client.ok("CREATE a (USE (\\Sent))");
  await client.ok("RENAME x/a b");
  await client.ok("SUBSCRIBE B");
  assertEquals(names(await client.ok('LIST "" *')), ["INBOX", "B"]);
  assertEquals(names(await client.ok('LSUB "" *')), ["B"]);
  await client.ok("DELETE B");
  await client.ok("UNSUBSCRIBE B");
  assertEquals(names(await client.ok('LIST "" *')), ["INBOX"]);
  assertEquals(events, [
    "create a \\Sent",
    "rename x/a b",
    "update B true",
    "delete B",
    "update B false",
  ]);
  assertEquals(codeOf(await client.no("DELETE B")), "NONEXISTENT");
  assertEquals(tested.faults, []);
});

Deno.test("changes of mailboxes are refused", async () => {
  const refuse = (): never => {
    throw new No("OVERQUOTA", "Not today");
  };
  await using tested = start({
    createMailbox: refuse,
    deleteMailbox: refuse,
    renameMailbox: refuse,
    updateMailbox: refuse,
  });
  const client = await tested.login();
  for (
    const command of [
      "CREATE a",
      "DELETE a",
      "RENAME INBOX a",
      "SUBSCRIBE a",
    ]
  ) assertEquals(await client.no(command), "[OVERQUOTA] Not today");
  assertEquals(names(await client.ok('LIST "" *')), ["INBOX"]);
});

Deno.test("changes of mailboxes are replaced, and checked before", async () => {
  let list: MailboxEntry[] = [];
  let calls = 0;
  await using tested = start({
    getMailboxes: () => list,
    getMessages: () => [],
    createMailbox({ mailbox }) {
      calls++;
      list.push({ name: mailbox.name });
    },
    deleteMailbox({ mailbox }) {
      calls++;
      list = list.filter(({ name }) => name !== mailbox.name);
    },
    renameMailbox({ mailbox, newName }) {
      calls++;
      list = list.map((entry) =>
        entry.name === mailbox.name ? { name: newName } : entry
      );
    },
  });
  const client = await tested.login();
  const other = await tested.login();
  await client.ok("CREATE a/b");
  const [, , , , validity] = await other.ok("SELECT a/b");
  assertEquals(codeOf(await client.no("CREATE a/b")), "ALREADYEXISTS");
  assertEquals(codeOf(await client.no("CREATE inbox")), "ALREADYEXISTS");
  assertEquals(codeOf(await client.no("DELETE a")), "HASCHILDREN");
  assertEquals(codeOf(await client.no("DELETE b")), "NONEXISTENT");
  assertEquals(codeOf(await client.no("DELETE INBOX")), "CANNOT");
  assertEquals(codeOf(await client.no("RENAME c d")), "NONEXISTENT");
  assertEquals(codeOf(await client.no("RENAME a/b INBOX")), "ALREADYEXISTS");
  assertEquals(codeOf(await client.no("RENAME a/b a/b/c")), "CANNOT");
  assertEquals(codeOf(await client.no("CREATE a//b")), "CANNOT");
  assertEquals(calls, 1);
  await client.ok("RENAME a/b c");
  await other.ok("NOOP");
  assertEquals((await client.ok("SELECT c"))[4], validity);
  await client.ok("UNSELECT");
  await client.ok("DELETE c");
  assertMatch(await other.lastWords(), /\* BYE/);
  await client.ok("CREATE c");
  assertEquals((await client.ok("SELECT c"))[4] === validity, false);
  assertEquals(tested.faults, []);
});

Deno.test("who replaces a renaming is told what it comes to", async () => {
  const told: string[] = [];
  const callbacks: Callbacks = {
    renameMailbox(event, next) {
      const { newName, renames } = event;
      const all = renames.map(({ from, to }) => `${from.name}>${to.name}`);
      told.push(`${newName}: ${all.join(" ")}`);
      return next(event);
    },
  };
  for (
    const lists of [{}, {
      getMailboxes: (_: unknown, next) => next(),
    }] as Callbacks[]
  ) {
    await using tested = start({ ...callbacks, ...lists });
    const client = await tested.login();
    for (const name of ["INBOX/x", "a", "a/b", "a/b/c", "a.b", "aa/b"]) {
      await client.ok(`CREATE ${name}`);
    }
    await client.ok("SUBSCRIBE a/only-a-name");
    await client.ok("RENAME a x/y");
    await client.ok("RENAME aa bb");
    await client.ok("RENAME INBOX old");
    assertEquals(told.splice(0), [
      "x/y: a>x/y a/b>x/y/b a/b/c>x/y/b/c",
      "bb: aa/b>bb/b",
      "old: INBOX>old",
    ]);
    assertEquals(tested.faults, []);
  }
});

Deno.test("without storage, subscriptions are kept in memory", async () => {
  await using tested = start({
    updateMailbox({ mailbox: { name }, ...event }, next) {
      if (name === "bad") return next({ ...event, mailbox: { name: "a//b" } });
      return next({ ...event, mailbox: { name: name.replace("old", "a") } });
    },
    getMailboxes: () => [{ name: "a" }, { name: "b", subscribed: true }],
    getMessages: () => [],
  });
  const client = await tested.login();
  const subscribed = async () => names(await client.ok('LSUB "" *'));
  assertEquals(await subscribed(), ["b"]);
  await client.ok("SUBSCRIBE old");
  await client.ok("SUBSCRIBE inbox");
  assertEquals(codeOf(await client.no("SUBSCRIBE bad")), "CANNOT");
  await client.ok("SUBSCRIBE x/y");
  await client.ok("UNSUBSCRIBE b");
  await client.ok("UNSUBSCRIBE nothing");
  assertEquals(await subscribed(), ["INBOX", "a", "x/y"]);
  assertEquals(names(await client.ok('LIST "" *')), ["INBOX", "a", "b"]);
  client.close();
  const again = await tested.login();
  assertEquals(names(await again.ok('LSUB "" *')), ["INBOX", "a", "x/y"]);
  await again.ok("UNSUBSCRIBE x/y");
  await again.ok("SUBSCRIBE b");
  await again.ok("SUBSCRIBE b");
  assertEquals(names(await again.ok('LSUB "" *')), ["INBOX", "a", "b"]);
  const other = await tested.login("bob");
  assertEquals(names(await other.ok('LSUB "" *')), ["b"]);
  assertEquals(codeOf(await other.no("SUBSCRIBE a//b")), "CANNOT");
  assertEquals(tested.faults, []);
});

Deno.test("status is observed, changed, hidden and refused", async () => {
  const storage = await storageOf(3);
  await using tested = start({
    async status(event, next) {
      const { name } = event.mailbox;
      if (name === "refused") throw new No("NOPERM", "Not that one");
      if (name === "hidden") return undefined;
      if (name === "nonsense") return { messages: -1 };
      if (name === "replaced") return { messages: 7, unseen: 6 };
      const counts = await next(event);
      return counts && { ...counts, unseen: 2, uidNext: 99 };
    },
  }, { storage });
  const client = await tested.login();
  for (const name of ["refused", "hidden", "nonsense", "replaced"]) {
    await client.ok(`CREATE ${name}`);
  }
  const items = "(MESSAGES UNSEEN UIDNEXT)";
  assertEquals(await client.ok(`STATUS INBOX ${items}`), [
    "* STATUS INBOX (MESSAGES 3 UNSEEN 2 UIDNEXT 4)",
  ]);
  assertEquals(await client.ok(`STATUS replaced ${items}`), [
    "* STATUS replaced (MESSAGES 7 UNSEEN 6 UIDNEXT 1)",
  ]);
  assertEquals(codeOf(await client.no(`STATUS refused ${items}`)), "NOPERM");
  assertEquals(
    codeOf(await client.no(`STATUS hidden ${items}`)),
    "NONEXISTENT",
  );
  assertEquals(
    codeOf(await client.no(`STATUS nonsense ${items}`)),
    "SERVERBUG",
  );
  assertEquals(tested.faults.length, 1);
});
