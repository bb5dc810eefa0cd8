/** Copies that take several commits are all or none, also where the process goes away in between. */

import { assert, assertEquals } from "@std/assert";
import { COPIES, copyKey, receiptKey } from "../storage/kv/keys.ts";
import { COPY_AGE } from "../storage/kv/copy_underway.ts";
import { openKvStorage } from "../storage/kv/mod.ts";
import type { MailboxId } from "../storage/model.ts";
import type { Mailbox } from "../storage/storage.ts";
import {
  message,
  plain,
  refused,
  uids,
} from "../testing/conformance/harness.ts";
import { type Fate, ObservedKv } from "./storage/observed_kv.ts";

const COUNT = 70;

/** So many different sets of long keywords that records of them all do not fit one commit. */
async function fill(inbox: Mailbox): Promise<void> {
  for (let at = 0; at < COUNT; at += 10) {
    await inbox.append(Array.from({ length: 10 }, (_, n) => {
      const keywords = Array.from(
        { length: 99 },
        (_, k) => `${"k".repeat(180)}${k + Number(k >= at + n)}`,
      );
      return message(`m${at + n}`, keywords);
    }));
  }
}

/** What a process has open. */
interface Side extends AsyncDisposable {
  readonly inbox: Mailbox;
  readonly target: Mailbox;
  /** Decides the fate of its commits. */
  fate(decide: (keys: readonly Deno.KvKey[]) => Fate | Promise<Fate>): void;
  /** Has the receipt not be found when it is looked for next: the error of the commit. */
  loseReceipt(): Error;
  /** Whether the database contradicts itself. */
  verify(): Promise<string[]>;
}

async function side(
  kv: Deno.Kv,
  options: {
    shared: boolean;
    now?: () => number;
    onFault?: (fault: unknown) => void;
  },
): Promise<Side> {
  const db = new ObservedKv(kv);
  let lost = false;
  const { get } = db.kv;
  db.kv.get = ((key: Deno.KvKey, ...rest) => {
    if (!lost || key[0] !== receiptKey("")[0]) return get(key, ...rest);
    lost = false;
    return Promise.reject(new Error("no answer"));
  }) as Deno.Kv["get"];
  const storage = await openKvStorage({
    kv: db.kv,
    watch: false,
    gracePeriod: 0,
    onFault: () => {},
    ...options,
  });
  const account = await storage.openAccount("u");
  await account.createMailbox("target").catch(() => {});
  const inbox = await account.openMailbox("INBOX");
  const target = await account.openMailbox("target");
  return {
    inbox,
    target,
    fate: (decide) => db.fate = decide,
    loseReceipt() {
      lost = true;
      return new Error("no answer");
    },
    verify: () => storage.verify(),
    async [Symbol.asyncDispose]() {
      for (const one of [inbox, target, account]) one.close();
      await storage.close();
    },
  };
}

function copiesTo(target: Mailbox, keys: readonly Deno.KvKey[]): boolean {
  return keys.some(([kind, id]) => kind === "log" && id === target.state.id);
}

/** Copies all to `target`; one of the commits has another fate, and the copy is refused for it. */
async function failAt(
  one: Side,
  commit: number,
  fate: () => Fate,
): Promise<void> {
  let left = commit;
  one.fate((keys) =>
    !copiesTo(one.target, keys) || left-- !== 0 ? "done" : fate()
  );
  await refused(
    "UNAVAILABLE",
    one.inbox.copyTo(one.inbox.state.allUids(), one.target),
  );
}

async function recordsIn(kv: Deno.Kv): Promise<number> {
  return (await Array.fromAsync(kv.list({ prefix: COPIES }))).length;
}

/** Has a process go away in front of one of the commits of a copy to `target`. */
async function cutShort(one: Side, commit: number): Promise<void> {
  let left = commit;
  let there = true;
  one.fate((keys) => {
    if (copiesTo(one.target, keys)) there &&= left-- > 0;
    return there ? "done" : { before: new Error("the process is gone") };
  });
  await refused(
    "UNAVAILABLE",
    one.inbox.copyTo(one.inbox.state.allUids(), one.target),
  );
  one.fate(() => "done");
}

Deno.test("a copy of several commits leaves no record, and a UID for each message", async () => {
  using kv = await Deno.openKv(":memory:");
  await using one = await side(kv, { shared: false });
  await fill(one.inbox);
  let commits = 0;
  let records = 0;
  one.fate((keys) => {
    commits += Number(copiesTo(one.target, keys));
    records += Number(keys.some(([kind]) => kind === COPIES[0]));
    return "done";
  });
  const { target } = await one.inbox.copyTo(
    one.inbox.state.allUids(),
    one.target,
  );
  assertEquals(plain(target), plain(one.target.state.allUids()));
  assertEquals(target.length, COUNT);
  assert(commits > 2);
  assertEquals(records, commits);
  assertEquals(await recordsIn(kv), 0);
  await one.inbox.copyTo(uids(1), one.target);
  assertEquals(records, commits - 1);
  assertEquals(await one.verify(), []);
});

Deno.test("what is left of a copy goes at the next start, and nothing else", async () => {
  using kv = await Deno.openKv(":memory:");
  let next: number;
  {
    await using one = await side(kv, { shared: false });
    await fill(one.inbox);
    await one.target.append([message("before")]);
    await cutShort(one, 2);
    assertEquals(await recordsIn(kv), 1);
    assert(one.target.state.length > 1);
    await one.target.append([message("after")]);
    next = one.target.state.uidNext;
    assertEquals(await one.verify(), [
      `a copy to mailbox ${one.target.state.id} is cut short`,
    ]);
  }
  await using again = await side(kv, { shared: false });
  assertEquals(plain(again.target.state.allUids()), [1, next - 1]);
  assertEquals(again.inbox.state.length, COUNT);
  assertEquals(again.target.state.uidNext, next);
  assertEquals(await recordsIn(kv), 0);
  assertEquals(await again.verify(), []);
});

Deno.test("a copy that fails in a process that goes on is taken back at once", async () => {
  using kv = await Deno.openKv(":memory:");
  await using one = await side(kv, { shared: false });
  await fill(one.inbox);
  await failAt(one, 1, () => ({ before: new Error("the disk is full") }));
  assertEquals(one.target.state.length, 0);
  assertEquals(await recordsIn(kv), 0);
  assertEquals(await one.verify(), []);
});

Deno.test("a copy of which nobody knows how far it has come is taken back whole", async () => {
  using kv = await Deno.openKv(":memory:");
  await using one = await side(kv, { shared: false });
  await fill(one.inbox);
  await failAt(one, 0, () => ({ after: one.loseReceipt() }));
  await one.target.refresh();
  assertEquals(one.target.state.length, 0);
  assertEquals(await recordsIn(kv), 0);
  assertEquals(await one.verify(), []);
});

Deno.test("records of copies that cannot be read do not keep a database from being opened", async () => {
  using kv = await Deno.openKv(":memory:");
  {
    await using one = await side(kv, { shared: false });
    await fill(one.inbox);
    await cutShort(one, 1);
    await kv.set(copyKey(1 as MailboxId, 1), Uint8Array.of(99));
    await kv.set(copyKey(one.target.state.id, 1), new Uint8Array(2));
  }
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => faults.push(fault);
  await using again = await side(kv, { shared: false, onFault });
  assertEquals(again.target.state.length, 0);
  assertEquals(faults.length, 2);
  assertEquals(await recordsIn(kv), 2);
});

Deno.test("of another process a copy is taken back once nothing is added to it for long", async () => {
  using kv = await Deno.openKv(":memory:");
  let now = 1_000_000;
  const options = { shared: true, now: () => now };
  await using one = await side(kv, options);
  await fill(one.inbox);
  await cutShort(one, 1);
  now += COPY_AGE - 1;
  {
    await using other = await side(kv, options);
    await other.verify();
    assert(other.target.state.length > 0);
  }
  now += 1;
  await using other = await side(kv, options);
  assertEquals(other.target.state.length, 0);
  assertEquals(await recordsIn(kv), 0);
  assertEquals(await other.verify(), []);
});

Deno.test("a copy that was taken for cut short, and is not, is refused and leaves nothing", async () => {
  using kv = await Deno.openKv(":memory:");
  let now = 1_000_000;
  const options = { shared: true, now: () => now };
  await using one = await side(kv, options);
  await fill(one.inbox);
  let commits = 0;
  one.fate(async (keys): Promise<Fate> => {
    if (copiesTo(one.target, keys) && ++commits === 2) {
      now += COPY_AGE;
      await using _other = await side(kv, options);
    }
    return "done";
  });
  await refused(
    "UNAVAILABLE",
    one.inbox.copyTo(one.inbox.state.allUids(), one.target),
  );
  await one.target.refresh();
  assertEquals(one.target.state.length, 0);
  assertEquals(await recordsIn(kv), 0);
  assertEquals(await one.verify(), []);
});
