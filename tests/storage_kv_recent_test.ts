/** What a restart finds: pages in place of a long log, and the mailboxes loaded that were in memory before. */

import { assert, assertEquals } from "@std/assert";
import { headKey, logOf, RECENT } from "../storage/kv/keys.ts";
import type { MailboxId } from "../storage/model.ts";
import { openKvStorage } from "../storage/kv/mod.ts";
import { message, messages, uids } from "../testing/conformance/harness.ts";
import { ObservedKv } from "./storage/observed_kv.ts";

Deno.test("KV: a long log is folded when the storage is closed, a short one is left", async () => {
  using kv = await Deno.openKv(":memory:");
  for (const left of [10, 0]) {
    let id: number;
    {
      await using storage = await openKvStorage({ kv });
      using account = disposable(await storage.openAccount("u"));
      using inbox = disposable(await account.openMailbox("INBOX"));
      id = inbox.state.id;
      for (let n = 0; n < 9; n++) await inbox.append([message("m")]);
      await inbox.expunge(uids(inbox.state.uids[0]!));
    }
    const log = await Array.fromAsync(kv.list({ prefix: logOf(id) }));
    assertEquals(log.length, left);
    await using storage = await openKvStorage({ kv });
    assertEquals(await storage.verify(), []);
    using account = disposable(await storage.openAccount("u"));
    using inbox = disposable(await account.openMailbox("INBOX"));
    const { state } = inbox;
    assertEquals([...state.allUids()].at(-1), state.uidNext - 1);
    assertEquals(state.length, left === 0 ? 16 : 8);
  }
});

Deno.test("KV: large mailboxes that were in memory are loaded again before anybody asks, as they are now", async () => {
  const db = new ObservedKv(await Deno.openKv(":memory:"));
  const { kv } = db;
  {
    await using storage = await openKvStorage({ kv });
    await storage.preload();
    using account = disposable(await storage.openAccount("u"));
    for (const name of ["gone", "kept"]) {
      await account.createMailbox(name);
      using mailbox = disposable(await account.openMailbox(name));
      await mailbox.append(messages(600));
    }
  }
  {
    // Who does not ask for it leaves no trace.
    await using storage = await openKvStorage({ kv });
    using account = disposable(await storage.openAccount("u"));
    await account.deleteMailbox("gone");
    using mailbox = disposable(await account.openMailbox("kept"));
    await mailbox.append(messages(1));
  }
  {
    await using storage = await openKvStorage({ kv });
    await storage.preload();
    using account = disposable(await storage.openAccount("u"));
    db.reset();
    using kept = disposable(await account.openMailbox("kept"));
    assertEquals(kept.state.length, 601);
    assertEquals(db.reads, 0);
    using inbox = disposable(await account.openMailbox("INBOX"));
    assertEquals(inbox.state.length, 0);
    assert(db.reads > 0);
    assertEquals(await storage.verify(), []);
  }
  db.inner.close();
});

Deno.test("KV: restarts keep the order in which mailboxes were used, and forget those that nobody opens", async () => {
  using kv = await Deno.openKv(":memory:");
  let now = 1_000_000;
  const faults: unknown[] = [];
  const life = async (used: readonly string[]) => {
    await using storage = await openKvStorage({
      kv,
      now: () => now,
      onFault: (fault) => faults.push(fault),
    });
    await storage.preload();
    using account = disposable(await storage.openAccount("u"));
    for (const name of used) {
      await account.createMailbox(name).catch(() => {});
      using mailbox = disposable(await account.openMailbox(name));
      if (mailbox.state.length === 0) await mailbox.append(messages(500));
    }
  };
  const noted = async () => {
    const entry = await kv.get<Uint8Array>(RECENT);
    return [...entry.value!.subarray(5)].filter((byte) => byte > 0);
  };
  await life(["a", "b", "c"]);
  const [c, b, a] = await noted();
  for (let times = 0; times < 2; times++) {
    await life([]);
    assertEquals(await noted(), [c, b, a]);
  }
  await life(["a"]);
  assertEquals(await noted(), [a, c, b]);
  // One that cannot be loaded does not keep others from it.
  const damaged = headKey(c as MailboxId);
  const head = (await kv.get(damaged)).value;
  await kv.set(damaged, Uint8Array.of(99));
  await life([]);
  assertEquals(await noted(), [a, b]);
  assertEquals(faults.length, 1);
  await kv.set(damaged, head);
  {
    await using storage = await openKvStorage({ kv, now: () => now });
    await storage.preload();
    using account = disposable(await storage.openAccount("u"));
    using _used = disposable(await account.openMailbox("b"));
    now += 3_600_000;
  }
  assertEquals(await noted(), [b]);
});

/** What is given back at the end of a block. */
function disposable<T extends { close(): void }>(handle: T): T & Disposable {
  return Object.assign(handle, { [Symbol.dispose]: () => handle.close() });
}
