import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertLessOrEqual,
} from "@std/assert";
import { join } from "@std/path";
import { type KvStorageOptions, openKvStorage } from "../storage/kv/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { testStorage } from "../testing/conformance/mod.ts";
import {
  collect,
  contents,
  message,
  messages,
  names,
  plain,
  refused,
  text,
  uid,
  uids,
} from "../testing/conformance/harness.ts";
import { ObservedKv } from "./storage/observed_kv.ts";

testStorage(
  "KV",
  (options) => openKvStorage({ ...options, gracePeriod: 0 }),
);

/** A test on a file that can be opened again and again. */
function onFile(
  name: string,
  test: (
    open: (options?: KvStorageOptions) => Promise<Storage>,
  ) => Promise<void>,
): void {
  Deno.test(`KV on a file: ${name}`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = join(folder, "below", "imapd.kv");
      await test((options) =>
        openKvStorage({ path, gracePeriod: 0, ...options })
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

onFile("opening again gives the same", async (open) => {
  let expected: unknown;
  let sources: unknown;
  {
    await using storage = await open({ foldRecords: 5 });
    const account = await storage.openAccount("u");
    await account.createMailbox("a/b", { specialUse: ["\\Sent"] });
    await account.updateMailbox("elsewhere", { subscribed: true });
    const inbox = await account.openMailbox("INBOX");
    const b = await account.openMailbox("a/b");
    for (let i = 0; i < 12; i++) await inbox.append(messages(3, [`k${i % 3}`]));
    await inbox.copyTo(uids(1, 5, 30), b);
    await inbox.expunge(uids(2, 5, 31));
    await inbox.storeFlags(uids(3, 36), { mode: "add", flags: ["\\Seen"] });
    inbox.claimRecent();
    expected = [
      await names(account),
      contents(inbox),
      contents(b),
      inbox.state.modseqs.slice(0, inbox.state.length),
      await account.status(["INBOX", "a/b"]),
    ];
    sources = await collect(inbox.readSources(inbox.state.allUids()));
    assertEquals(await storage.verify(), []);
    inbox.close();
    b.close();
    account.close();
  }
  for (let round = 0; round < 2; round++) {
    await using storage = await open();
    const account = await storage.openAccount("u");
    const status = await account.status(["INBOX", "a/b"]);
    const inbox = await account.openMailbox("INBOX");
    const b = await account.openMailbox("a/b");
    assertEquals(
      [
        await names(account),
        contents(inbox),
        contents(b),
        inbox.state.modseqs.slice(0, inbox.state.length),
        status,
      ] as unknown,
      expected,
    );
    assertEquals(
      await collect(inbox.readSources(inbox.state.allUids())) as unknown,
      sources,
    );
    assertEquals(plain(inbox.state.expungedSince(1)!), [2, 5, 31]);
    assertEquals(await account.status(["INBOX", "a/b"]), status);
    assertEquals(await storage.verify(), []);
    inbox.close();
    b.close();
    account.close();
  }
});

onFile("UIDs, modseqs and UIDVALIDITY only grow", async (open) => {
  let clock = Date.UTC(2026, 0, 1);
  let last = { uid: 0, modseq: 0, uidValidity: 0 };
  for (const jump of [0, -86_400_000, 10 * 365 * 86_400_000, -9e11]) {
    clock += jump;
    await using storage = await open({ now: () => clock, foldRecords: 2 });
    const account = await storage.openAccount("u");
    const inbox = await account.openMailbox("INBOX");
    const { uids: [given], modseq } = await inbox.append([message("x")]);
    const gone = await inbox.expunge(inbox.state.allUids());
    const { uidValidity } = await account.createMailbox("a");
    await account.deleteMailbox("a");
    assertGreater(given!, last.uid);
    assertGreater(modseq, last.modseq);
    assertGreater(uidValidity!, last.uidValidity);
    last = { uid: given!, modseq: gone.modseq, uidValidity: uidValidity! };
    assertEquals(await storage.verify(), []);
    inbox.close();
    account.close();
  }
});

/** A test on an observed database in memory. */
function observed(
  name: string,
  test: (db: ObservedKv) => Promise<void>,
): void {
  Deno.test(`KV: ${name}`, async () => {
    const kv = await Deno.openKv(":memory:");
    try {
      await test(new ObservedKv(kv));
    } finally {
      kv.close();
    }
  });
}

observed("ten thousand messages take a few reads and commits", async (db) => {
  const options = {
    kv: db.kv,
    maxCachedMessages: 0,
    cacheBytes: 0,
    gracePeriod: 0,
  };
  await using storage = await openKvStorage(options);
  const account = await storage.openAccount("u");
  await account.createMailbox("a");
  const a = await account.openMailbox("a");
  const first = await account.openMailbox("INBOX");
  for (let i = 0; i < 5; i++) await first.append(messages(2000));
  assertEquals(await storage.verify(), []);
  first.close();

  const costs = async (
    action: () => Promise<unknown>,
  ): Promise<[number, number]> => {
    db.reset();
    await action();
    return [db.reads, db.commits];
  };
  // One commit each, and what folding and collecting may do meanwhile.
  const cheap = async (
    what: string,
    action: () => Promise<unknown>,
    mostReads = 4,
    mostCommits = 4,
  ) => {
    const [reads, commits] = await costs(action);
    assertLessOrEqual(reads, mostReads, `${what}: ${reads} reads`);
    assertLessOrEqual(commits, mostCommits, `${what}: ${commits} commits`);
  };
  let inbox = first;
  await cheap(
    "open",
    async () => inbox = await account.openMailbox("INBOX"),
    10,
  );
  const all = inbox.state.allUids();
  assertEquals(all.length, 10_000);
  await cheap(
    "store",
    () => inbox.storeFlags(all, { mode: "add", flags: ["\\Seen"] }),
  );
  await cheap("copy", () => inbox.copyTo(all, a));
  await cheap("summaries", async () => {
    assertEquals((await collect(inbox.readSummaries(all))).length, 10_000);
  }, 30);
  await cheap("move", () => a.moveTo(a.state.allUids(), inbox));
  await cheap("expunge", () => inbox.expunge(all));
  await cheap("status", () => account.status(["INBOX", "a"]));
  assertLessOrEqual(db.most.checks, 10);
  assertLessOrEqual(db.most.mutations, 1000);
  assertEquals(await storage.verify(), []);
  inbox.close();
  a.close();
  account.close();
});

observed("what nobody has any more goes", async (db) => {
  await using storage = await openKvStorage({
    kv: db.kv,
    cacheBytes: 0,
    gracePeriod: 0,
    foldRecords: 3,
  });
  const account = await storage.openAccount("u");
  await account.createMailbox("a");
  const inbox = await account.openMailbox("INBOX");
  const a = await account.openMailbox("a");
  for (let i = 0; i < 10; i++) await inbox.append(messages(30));
  await inbox.append([
    { ...message("large"), source: new Uint8Array(40_000_000) },
    { ...message("s"), summary: new Uint8Array(200_000) },
  ]);
  const all = inbox.state.allUids();
  await inbox.copyTo(all, a);
  await inbox.copyTo(all, inbox);
  await inbox.expunge(all);
  assertEquals(await storage.verify(), []);
  assertEquals((await inbox.readSource(uid(603)))?.length, 40_000_000);
  await a.expunge(a.state.allUids());
  assertEquals(await storage.verify(), []);
  assertEquals(inbox.state.length, 302);
  assertEquals(text(await inbox.readSource(uid(303))), "m1");
  await inbox.expunge(inbox.state.allUids());
  await account.deleteMailbox("a");
  await storage.deleteAccount("u");
  assertEquals(await storage.verify(), []);
  inbox.close();
  a.close();
  account.close();
  await storage.close();
  const left: string[] = [];
  for await (const { key } of db.kv.list({ prefix: [] })) {
    left.push(String(key[0]));
  }
  assertEquals(left.sort(), ["collector", "counter", "counter", "secret"]);
});

observed("many large summaries go, too", async (db) => {
  await using storage = await openKvStorage({
    kv: db.kv,
    cacheBytes: 0,
    gracePeriod: 0,
  });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  const large = { ...message("s"), summary: new Uint8Array(400_000) };
  for (let i = 0; i < 20; i++) {
    await inbox.append(Array.from({ length: 10 }, () => large));
  }
  await inbox.expunge(inbox.state.allUids());
  inbox.close();
  account.close();
  await storage.deleteAccount("u");
  assertEquals(await storage.verify(), []);
  for await (const { key } of db.kv.list({ prefix: ["summary"] })) {
    throw new Error(`${key.join(" ")} is left`);
  }
});

observed("summaries are found when those before them have gone", async (db) => {
  await using storage = await openKvStorage({
    kv: db.kv,
    cacheBytes: 0,
    gracePeriod: 0,
    foldRecords: 2,
  });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  for (let i = 0; i < 40; i++) {
    const summary = new Uint8Array(2_000).fill(i);
    await inbox.append(
      Array.from({ length: 50 }, () => ({ ...message("m"), summary })),
    );
  }
  const all = inbox.state.allUids();
  const found: number[] = [];
  for await (const batch of inbox.readSummaries(all)) {
    for (const { uid } of batch) found.push(uid);
    if (found.length > 0 && inbox.state.length === 2_000) {
      await inbox.expunge(all.subarray(0, 1_200));
      await storage.verify();
    }
  }
  const left = inbox.state.allUids();
  assertEquals(left.every((uid) => found.includes(uid)), true);
  inbox.close();
  account.close();
});

Deno.test("KV: contents outlive their messages by the grace period", async () => {
  const kv = await Deno.openKv(":memory:");
  let clock = 1_000_000;
  {
    await using storage = await openKvStorage({
      kv,
      cacheBytes: 0,
      now: () => clock,
      gracePeriod: 5000,
    });
    const account = await storage.openAccount("u");
    const inbox = await account.openMailbox("INBOX");
    await inbox.append([message("x")]);
    await inbox.expunge(uids(1));
    assertEquals(await storage.verify(), []);
    inbox.close();
    account.close();
  }
  const bodies = async () =>
    (await Array.fromAsync(kv.list({ prefix: ["body"] }))).length;
  assertEquals(await bodies(), 1);
  clock += 6000;
  {
    await using storage = await openKvStorage({
      kv,
      cacheBytes: 0,
      now: () => clock,
      gracePeriod: 0,
    });
    assertEquals(await storage.verify(), []);
  }
  assertEquals(await bodies(), 0);
  kv.close();
});

Deno.test("KV: closed mailboxes go from memory when there are too many", async () => {
  await using storage = await openKvStorage({ maxCachedMessages: 250 });
  const account = await storage.openAccount("u");
  const states = [];
  for (const name of ["a", "b", "c"]) {
    await account.createMailbox(name);
    const mailbox = await account.openMailbox(name);
    await mailbox.append(messages(60));
    states.push(mailbox.state);
    mailbox.close();
  }
  const again = async (name: string) => {
    const mailbox = await account.openMailbox(name);
    mailbox.close();
    return mailbox.state;
  };
  assert(await again("c") === states[2]);
  assert(await again("b") === states[1]);
  assert(await again("a") !== states[0]);
  assertEquals(await storage.verify(), []);
  account.close();
});

Deno.test("KV: a hundred thousand messages fit in memory", async () => {
  await using storage = await openKvStorage({ maxCachedMessages: 0 });
  const account = await storage.openAccount("u");
  let mailbox = await account.openMailbox("INBOX");
  const source = new Uint8Array();
  const some = Array.from(
    { length: 1000 },
    () => ({ source, flags: ["\\Seen"], internalDate: 0, summary: source }),
  );
  await mailbox.append(some);
  await mailbox.append(some);
  for (let count = 2000; count < 100_000; count *= 2) {
    await mailbox.copyTo(
      mailbox.state.allUids().slice(0, 100_000 - count),
      mailbox,
    );
  }
  assertEquals(mailbox.state.length, 100_000);
  mailbox.close();
  const before = Deno.memoryUsage().external;
  mailbox = await account.openMailbox("INBOX");
  assertEquals([mailbox.state.length, mailbox.state.unseen], [100_000, 0]);
  // 48 bytes a message, up to twice that in columns with room, and the pages that were just read.
  assertLess(Deno.memoryUsage().external - before, 40_000_000);
  const all = mailbox.state.allUids();
  assertEquals(
    (await mailbox.storeFlags(all, { mode: "remove", flags: ["\\Seen"] }))
      .changed.length,
    100_000,
  );
  assertEquals((await mailbox.expunge(all)).uids.length, 100_000);
  assertEquals((await account.status(["INBOX"]))[0]?.messages, 0);
  mailbox.close();
  account.close();
});

Deno.test("KV: users are kept beside the mail", async () => {
  await using storage = await openKvStorage();
  const { users } = storage;
  const record = {
    name: "alice",
    passwordHash: "$x$",
    disabled: false,
    created: 5,
  };
  await users.set({ ...record, name: "bob" });
  await users.set(record);
  assertEquals(await users.get("alice"), record);
  await users.set({ ...record, disabled: true });
  assertEquals((await users.get("alice"))?.disabled, true);
  assertEquals(await users.get("carol"), undefined);
  assertEquals((await Array.fromAsync(users.list())).map((u) => u.name), [
    "alice",
    "bob",
  ]);
  await users.remove("alice");
  await users.remove("alice");
  assertEquals((await Array.fromAsync(users.list())).map((u) => u.name), [
    "bob",
  ]);
});

Deno.test("KV: a closed storage says so", async () => {
  const storage = await openKvStorage();
  assertEquals(storage.provider, "deno");
  const account = await storage.openAccount("u");
  account.close();
  await storage.close();
  await storage.close();
  await refused("UNAVAILABLE", storage.openAccount("u"));
});
