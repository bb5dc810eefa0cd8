/** What the storage on Deno KV does when the database fails, or stops at any moment. */

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { join } from "@std/path";
import { type KvStorageOptions, openKvStorage } from "../storage/kv/mod.ts";
import { MemoryStorage } from "../storage/memory/mod.ts";
import type { StorageError, Uid } from "../storage/model.ts";
import type { Account, Mailbox, Storage } from "../storage/storage.ts";
import {
  collect,
  message,
  messages,
  refused,
  text,
  uid,
  uids,
} from "../testing/conformance/harness.ts";
import { stride } from "./shards/part.ts";
import { withBodyFolders } from "./storage/body_folders.ts";
import { ObservedKv } from "./storage/observed_kv.ts";

const QUIET: KvStorageOptions = {
  cacheBytes: 0,
  gracePeriod: 0,
  onFault: () => {},
};

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

observed("failed checks are tried again", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  let fails = 3;
  db.fate = () => fails-- > 0 ? "conflict" : "done";
  const results = await Promise.all([
    inbox.append([message("a")]),
    inbox.append([message("b")]),
    account.createMailbox("x"),
  ]);
  assertEquals([...results[0].uids, ...results[1].uids], [1, 2]);
  db.fate = (keys) =>
    keys.some((key) => key[0] === "log") ? "conflict" : "done";
  await refused("UNAVAILABLE", inbox.append([message("c")]));
  db.fate = () => "done";
  assertEquals((await inbox.append([message("d")])).uids[0], 3);
  assertEquals(await storage.verify(), []);
  inbox.close();
  account.close();
});

observed("a locked file is waited for", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  let locked = 4;
  db.fate = () =>
    locked-- > 0 ? { before: new TypeError("database is locked") } : "done";
  assertEquals((await inbox.append([message("a")])).uids[0], 1);
  assertLess(locked, 0);
  assertEquals(await storage.verify(), []);
  inbox.close();
  account.close();
});

observed("a full disk refuses and harms nothing", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  await account.createMailbox("a");
  const inbox = await account.openMailbox("INBOX");
  const a = await account.openMailbox("a");
  await inbox.append(messages(10));
  const heard: string[] = [];
  inbox.onChange((change) => heard.push(change.type));
  db.fate = () => ({ before: new Error("database or disk is full") });
  const large = { ...message("x"), source: new Uint8Array(900_000) };
  await Promise.all([
    refused("UNAVAILABLE", inbox.append([message("b")])),
    refused("UNAVAILABLE", inbox.append([large])),
    refused(
      "UNAVAILABLE",
      inbox.storeFlags(uids(1), { mode: "add", flags: ["\\Seen"] }),
    ),
    refused("UNAVAILABLE", inbox.expunge(uids(2))),
    refused("UNAVAILABLE", inbox.copyTo(uids(3), a)),
    refused("UNAVAILABLE", inbox.moveTo(uids(4), a)),
    refused("UNAVAILABLE", inbox.replace!(uids(5)[0] as Uid, large, a)),
    refused("UNAVAILABLE", account.createMailbox("b")),
    refused("UNAVAILABLE", account.renameMailbox("a", "c")),
    refused("UNAVAILABLE", account.deleteMailbox("a")),
  ]);
  assertEquals(text(await inbox.readSource(uid(2))), "m2");
  assertEquals([inbox.state.length, inbox.state.unseen, a.state.length], [
    10,
    10,
    0,
  ]);
  assertEquals(heard, []);
  db.fate = () => "done";
  assertEquals((await inbox.append([message("c")])).uids[0], 11);
  assertEquals((await inbox.moveTo(uids(4), a)).target[0], 1);
  assertEquals(await storage.verify(), []);
  inbox.close();
  a.close();
  account.close();
});

observed("a commit whose answer is lost is found again", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  await inbox.append(messages(3));
  let lost = true;
  db.fate = (keys) => {
    if (!lost || !keys.some((key) => key[0] === "log")) return "done";
    lost = false;
    return { after: new Error("connection reset") };
  };
  const heard: string[] = [];
  inbox.onChange((change) => heard.push(change.type));
  assertEquals([...(await inbox.expunge(uids(2))).uids], [2]);
  assertEquals(lost, false);
  assertEquals([...inbox.state.allUids()], [1, 3]);
  assertEquals(heard, ["expunge"]);
  assertEquals((await inbox.append([message("n")])).uids[0], 4);
  assertEquals(heard, ["expunge", "append"]);
  assertEquals(await storage.verify(), []);
  inbox.close();
  account.close();
});

observed("one bad change does not fail those beside it", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  await account.createMailbox("bad");
  const bad = await account.openMailbox("bad");
  db.fate = (keys) =>
    keys.some((key) => key[0] === "log" && key[1] === bad.state.id)
      ? { before: new TypeError("value too large") }
      : "done";
  const outcome = await Promise.allSettled([
    inbox.append([message("a")]),
    bad.append([message("b")]),
    inbox.append([message("c")]),
  ]);
  assertEquals(outcome.map((o) => o.status), [
    "fulfilled",
    "rejected",
    "fulfilled",
  ]);
  assertEquals([inbox.state.length, bad.state.length], [2, 0]);
  db.fate = () => "done";
  assertEquals(await storage.verify(), []);
  inbox.close();
  bad.close();
  account.close();
});

observed("a large copy that fails in the middle is taken back", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  await account.createMailbox("a");
  const inbox = await account.openMailbox("INBOX");
  const a = await account.openMailbox("a");
  for (let i = 0; i < 7; i++) {
    await inbox.append(Array.from({ length: 3000 }, () => message("")));
  }
  let copies = 0;
  db.fate = (keys) => {
    const copy = keys.some((key) => key[0] === "shared") &&
      keys.some((key) => key[0] === "log" && key[1] === a.state.id);
    return copy && ++copies === 2 ? { before: new Error("disk full") } : "done";
  };
  await refused("UNAVAILABLE", inbox.copyTo(inbox.state.allUids(), a));
  assertEquals(a.state.length, 0);
  assertGreater(a.state.uidNext, 1);
  const copied = await inbox.copyTo(inbox.state.allUids(), a);
  assertEquals([copied.target.length, a.state.length], [21_000, 21_000]);
  assertEquals(await storage.verify(), []);
  inbox.close();
  a.close();
  account.close();
});

/** What a storage holds, to be compared. */
async function dump(storage: Storage): Promise<string> {
  const account = await storage.openAccount("u");
  const all: unknown[] = [];
  for (const info of await account.mailboxes()) {
    if (info.id === undefined) {
      all.push([info.name, info.subscribed]);
      continue;
    }
    const mailbox = await account.openMailbox(info.name);
    const { state } = mailbox;
    const flags = [...state.allUids()].map((_, i) =>
      [...state.flagsAt(i).flags].sort()
    );
    const sources = await collect(mailbox.readSources(state.allUids()));
    const summaries = await collect(mailbox.readSummaries(state.allUids()));
    all.push([
      info.name,
      info.subscribed,
      state.uidNext,
      flags,
      sources,
      summaries,
    ]);
    mailbox.close();
  }
  account.close();
  return JSON.stringify(all);
}

type Step = (
  account: Account,
  open: (name: string) => Promise<Mailbox>,
) => Promise<unknown>;

const big = (size: number) => ({
  ...message("big", ["\\Flagged"]),
  source: new Uint8Array(size).fill(65),
});

/** A life that touches everything: each step is one commit that users see, whatever else it takes. */
const LIFE: Step[] = [
  (account) => account.createMailbox("a/b"),
  async (_, open) =>
    (await open("INBOX")).append(messages(4, ["\\Seen", "work"])),
  async (_, open) => (await open("INBOX")).append([big(400_000), big(70_000)]),
  async (_, open) =>
    (await open("INBOX")).copyTo(uids(1, 2, 3, 5), await open("a/b")),
  async (_, open) =>
    (await open("INBOX")).storeFlags(uids(1, 6), {
      mode: "add",
      flags: ["\\Deleted"],
    }),
  async (_, open) => (await open("a/b")).copyTo(uids(1, 4), await open("a/b")),
  async (_, open) => (await open("INBOX")).expunge(uids(1, 5)),
  async (_, open) =>
    (await open("a/b")).moveTo(uids(2, 4), await open("INBOX")),
  (account) => account.updateMailbox("a", { subscribed: true }),
  (account) => account.renameMailbox("a", "c/d"),
  async (_, open) => (await open("INBOX")).append(messages(3)),
  async (_, open) => (await open("c/d/b")).expunge(uids(1, 5)),
  async (_, open) =>
    (await open("INBOX")).storeFlags(uids(2, 3, 4), {
      mode: "replace",
      flags: ["x"],
    }),
  async (_, open) =>
    (await open("INBOX")).moveTo(uids(3, 9), await open("INBOX")),
  (account) => account.deleteMailbox("c/d/b"),
  (account) => account.createMailbox("c/d/b"),
  async (_, open) => (await open("INBOX")).expunge(uids(2, 4, 6, 7, 8)),
];

async function live(storage: Storage, step: Step): Promise<void> {
  const account = await storage.openAccount("u");
  const opened: Mailbox[] = [];
  try {
    await step(account, async (name) => {
      const mailbox = await account.openMailbox(name);
      opened.push(mailbox);
      return mailbox;
    });
  } finally {
    for (const mailbox of opened) mailbox.close();
    account.close();
  }
}

/** Lives and stops before each commit in turn; `folder` gives a new one for large sources. */
async function stopEverywhere(
  folder?: () => Promise<string>,
): Promise<void> {
  let stopAt = 0;
  for (let finished = false; !finished; stopAt += stride()) {
    const bodyFolder = await folder?.();
    const options = {
      ...QUIET,
      foldRecords: 2,
      ...(bodyFolder === undefined
        ? {}
        : { bodyFolder, bodyFilesFrom: 65_000 }),
    };
    const kv = await Deno.openKv(":memory:");
    const db = new ObservedKv(kv);
    let left = stopAt;
    db.fate = () =>
      left-- > 0 ? "done" : { before: new Error("the process is gone") };
    const model = new MemoryStorage();
    let reached = 0;
    try {
      await using storage = await openKvStorage({ ...options, kv: db.kv });
      for (const step of LIFE) {
        await live(storage, step);
        await live(model, step);
        reached++;
        // Let folding and collecting get as far as they will, so that they are stopped everywhere too.
        await storage.verify();
      }
      await dump(storage);
      finished = left > 0;
    } catch (error) {
      assertEquals(
        (error as StorageError).code,
        "UNAVAILABLE",
        String((error as Error).stack),
      );
    }
    await using again = await openKvStorage({ ...options, kv });
    const before = await dump(model);
    const found = await dump(again);
    if (found !== before) {
      const step = LIFE[reached];
      assert(step, `Stopped at commit ${stopAt}: other than when all was done`);
      await live(model, step);
      assertEquals(
        found,
        await dump(model),
        `Stopped at commit ${stopAt} in step ${reached}`,
      );
    }
    assertEquals(await again.verify(), [], `Stopped at commit ${stopAt}`);
    // Nothing is left behind either: what nobody has any more goes.
    assertEquals(await again.verify(), []);
    const left_ = [];
    for (const prefix of [["garbage"], ["shared"], ["upload"], ["dead"]]) {
      for await (const { key } of kv.list({ prefix })) left_.push(key);
    }
    assertEquals(left_, [], `Stopped at commit ${stopAt}`);
    await again.close();
    if (bodyFolder !== undefined) {
      assertEquals(
        await Array.fromAsync(Deno.readDir(join(bodyFolder, "new"))).catch(
          () => [],
        ),
        [],
      );
    }
    kv.close();
  }
  assertGreater(stopAt, 40);
}

Deno.test("KV: wherever a process stops, what it acknowledged is there and whole", () =>
  stopEverywhere());

Deno.test("KV: the same with large sources in files", () =>
  withBodyFolders((make) => stopEverywhere(make)));
