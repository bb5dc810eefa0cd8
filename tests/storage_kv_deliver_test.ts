/** Deliveries to many mailboxes on Deno KV: what they cost, and what is left where they are cut short. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
} from "@std/assert";
import { type KvStorageOptions, openKvStorage } from "../storage/kv/mod.ts";
import type { StorageError } from "../storage/model.ts";
import type { Account, Mailbox, Storage } from "../storage/storage.ts";
import {
  collect,
  message,
  text,
  uid,
  uids,
} from "../testing/conformance/harness.ts";
import { ObservedKv } from "./storage/observed_kv.ts";
import { stride } from "./shards/part.ts";

const QUIET: KvStorageOptions = {
  cacheBytes: 0,
  gracePeriod: 0,
  onFault: () => {},
};

/** A test on an observed database in memory. */
function observed(name: string, test: (db: ObservedKv) => Promise<void>): void {
  Deno.test(`KV deliveries: ${name}`, async () => {
    const kv = await Deno.openKv(":memory:");
    try {
      await test(new ObservedKv(kv));
    } finally {
      kv.close();
    }
  });
}

/** So many mailboxes of an account, open. */
async function open(account: Account, count: number): Promise<Mailbox[]> {
  const opened: Mailbox[] = [];
  for (let index = 0; index < count; index++) {
    const name = `m${index}`;
    if (await account.mailbox(name) === undefined) {
      await account.createMailbox(name);
    }
    opened.push(await account.openMailbox(name));
  }
  return opened;
}

function close(account: Account, mailboxes: readonly Mailbox[]): void {
  for (const mailbox of mailboxes) mailbox.close();
  account.close();
}

/** How many contents the database holds. */
async function contentsIn(kv: Deno.Kv): Promise<number> {
  const numbers = new Set<unknown>();
  for await (const { key } of kv.list({ prefix: ["body"] })) {
    numbers.add(key[2]);
  }
  return numbers.size;
}

observed("fifty mailboxes share one content, in few commits", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  const boxes = await open(account, 50);
  await storage.verify();
  for (const size of [100, 1_000_000]) {
    db.reset();
    const results = await storage.deliver(
      message("x".repeat(size), ["\\Seen"]),
      boxes,
    );
    assert(results.every(({ status }) => status === "fulfilled"));
    // Eight mailboxes each, two for the chunks of the larger one and its marker; then what is collected.
    assertLessOrEqual(db.commits, 16);
    await storage.verify();
  }
  assertLessOrEqual(db.most.checks, 10);
  assertEquals(await contentsIn(db.kv), 2);
  assertEquals(await storage.verify(), []);
  for (const mailbox of boxes.slice(1)) await mailbox.expunge(uids(1, 2));
  assertEquals(await storage.verify(), []);
  assertEquals(await contentsIn(db.kv), 2);
  assertEquals((await boxes[0]!.readSource(uid(2)))?.length, 1_000_000);
  await boxes[0]!.expunge(uids(1, 2));
  assertEquals(await storage.verify(), []);
  assertEquals(await contentsIn(db.kv), 0);
  close(account, boxes);
});

observed("deliveries at once share commits", async (db) => {
  await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
  const account = await storage.openAccount("u");
  const boxes = await open(account, 8);
  db.reset();
  await Promise.all(Array.from({ length: 100 }, (_, index) => {
    const some = boxes.filter((_, at) => at % 4 === index % 4);
    return storage.deliver(message(`m${index}`), some);
  }));
  assertLessOrEqual(db.commits, 40);
  assertEquals(boxes.map(({ state }) => state.length), Array(8).fill(25));
  assertEquals(await storage.verify(), []);
  close(account, boxes);
});

observed("what has gone by then is stored anew", async (db) => {
  await using storage = await openKvStorage({
    ...QUIET,
    kv: db.kv,
    gracePeriod: 60_000,
  });
  const account = await storage.openAccount("u");
  const boxes = await open(account, 20);
  const expunges: Promise<unknown>[] = [];
  for (const mailbox of boxes.slice(0, 10)) {
    mailbox.onChange((change) => {
      if (change.type === "append") expunges.push(mailbox.expunge(uids(1)));
    });
  }
  const results = await storage.deliver(message("x"), boxes);
  assert(results.every(({ status }) => status === "fulfilled"));
  await Promise.all(expunges);
  assertGreater(await contentsIn(db.kv), 1);
  for (const [index, mailbox] of boxes.entries()) {
    const source = text(await mailbox.readSource(uid(1)));
    assertEquals(source, index < 10 ? undefined : "x");
  }
  assertEquals(await storage.verify(), []);
  close(account, boxes);
});

observed(
  "mailboxes whose commit fails are told, the others have it",
  async (db) => {
    await using storage = await openKvStorage({ ...QUIET, kv: db.kv });
    const account = await storage.openAccount("u");
    const boxes = await open(account, 20);
    for (const size of [100, 900_000]) {
      for (const failing of [0, 10, 19]) {
        const before = boxes.map(({ state }) => state.length);
        const { id } = boxes[failing]!.state;
        db.fate = (keys) =>
          keys.some((key) => key[0] === "log" && key[1] === id)
            ? { before: new Error("disk full") }
            : "done";
        const results = await storage.deliver(message("x".repeat(size)), boxes);
        db.fate = () => "done";
        const rejected = results.filter(({ status }) => status === "rejected");
        assertLessOrEqual(rejected.length, 8);
        for (const [index, result] of results.entries()) {
          const more = Number(result.status === "fulfilled");
          const { length } = boxes[index]!.state;
          assertEquals(length, before[index]! + more);
          if (result.status === "fulfilled") continue;
          assertEquals((result.reason as StorageError).code, "UNAVAILABLE");
        }
        assertEquals(results[failing]!.status, "rejected");
        assertEquals(await storage.verify(), []);
      }
    }
    for (const mailbox of boxes) {
      await mailbox.expunge(mailbox.state.allUids());
    }
    assertEquals(await storage.verify(), []);
    assertEquals(await contentsIn(db.kv), 0);
    close(account, boxes);
  },
);

Deno.test("KV deliveries: two processes deliver and expunge at once", async () => {
  const kv = await Deno.openKv(":memory:");
  const options = { ...QUIET, kv, shared: true, watch: false };
  const storages = [await openKvStorage(options), await openKvStorage(options)];
  const accounts: Account[] = [];
  const opened: Mailbox[][] = [];
  for (const storage of storages) {
    const account = await storage.openAccount("u");
    accounts.push(account);
    opened.push(await open(account, 12));
  }
  const results = await Promise.all(
    storages.flatMap((storage, side) =>
      Array.from({ length: 6 }, async (_, index) => {
        const boxes = opened[side]!;
        const results = await storage.deliver(
          message(`${side} ${index}`),
          boxes,
        );
        await boxes[index]!.expunge(boxes[index]!.state.allUids());
        return results;
      })
    ),
  );
  for (const { status } of results.flat()) assertEquals(status, "fulfilled");
  for (const storage of storages) await storage.verify();
  for (const [side, storage] of storages.entries()) {
    for (const mailbox of opened[side]!) await mailbox.refresh();
    assertEquals(opened[side]![11]!.state.length, 12);
    assertEquals(await storage.verify(), []);
    close(accounts[side]!, opened[side]!);
    await storage.close();
  }
  kv.close();
});

/** The sources in each mailbox. */
async function sourcesIn(storage: Storage): Promise<string[][]> {
  const account = await storage.openAccount("u");
  const boxes = await open(account, 14);
  const all: string[][] = [];
  for (const mailbox of boxes) {
    const found = await collect(mailbox.readSources(mailbox.state.allUids()));
    all.push(found.map(([, source]) => source.slice(0, 10)));
  }
  close(account, boxes);
  return all;
}

Deno.test("KV deliveries: wherever a process stops, acknowledged mailboxes have it", async () => {
  const options = { ...QUIET, foldRecords: 2 };
  let stopAt = 0;
  for (let finished = false; !finished; stopAt += stride()) {
    const kv = await Deno.openKv(":memory:");
    {
      await using storage = await openKvStorage({ ...options, kv });
      const account = await storage.openAccount("u");
      close(account, await open(account, 14));
    }
    const db = new ObservedKv(kv);
    let left = stopAt;
    db.fate = () =>
      left-- > 0 ? "done" : { before: new Error("the process is gone") };
    const acknowledged: string[][] = Array.from({ length: 14 }, () => []);
    try {
      await using storage = await openKvStorage({ ...options, kv: db.kv });
      const account = await storage.openAccount("u");
      const boxes = await open(account, 14);
      for (const size of [10, 300_000]) {
        const source = `${size} `.padEnd(size, "x");
        const to = [...boxes, boxes[0]!];
        const results = await storage.deliver(message(source), to);
        results.forEach(({ status }, place) => {
          if (status === "rejected") return;
          acknowledged[place % 14]!.push(source.slice(0, 10));
        });
        await storage.verify();
        await boxes[3]!.expunge(uids(1));
        acknowledged[3]!.length = 0;
        await storage.verify();
      }
      close(account, boxes);
      finished = left > 0;
    } catch (error) {
      const { code, stack } = error as StorageError;
      assertEquals(code, "UNAVAILABLE", stack);
    }
    await using again = await openKvStorage({ ...options, kv });
    const found = await sourcesIn(again);
    for (const [index, sources] of acknowledged.entries()) {
      const about = `Stopped at commit ${stopAt}, mailbox ${index}`;
      assertEquals(found[index]!.slice(0, sources.length), sources, about);
    }
    assertEquals(await again.verify(), [], `Stopped at commit ${stopAt}`);
    const account = await again.openAccount("u");
    const boxes = await open(account, 14);
    for (const mailbox of boxes) await mailbox.expunge(mailbox.state.allUids());
    assertEquals(await again.verify(), []);
    assertEquals(await contentsIn(kv), 0);
    close(account, boxes);
    await again.close();
    kv.close();
  }
  assertGreater(stopAt, 15);
});
