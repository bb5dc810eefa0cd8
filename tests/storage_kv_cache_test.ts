/**
 * What is kept of contents in memory: what has come or was read is not read again, and nothing is mixed up.
 */

import { assert, assertEquals } from "@std/assert";
import { openKvStorage } from "../mod.ts";
import { bytes, message, text, uid } from "../testing/conformance/harness.ts";
import type { Mailbox } from "../storage/storage.ts";
import { ObservedKv } from "./storage/observed_kv.ts";

/** A database with an INBOX on it, opened anew with so much room. */
async function withInbox(
  db: ObservedKv,
  cacheBytes: number,
  test: (inbox: Mailbox) => Promise<void>,
): Promise<void> {
  await using storage = await openKvStorage({ kv: db.kv, cacheBytes });
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  await test(inbox);
  inbox.close();
  account.close();
}

async function summaries(inbox: Mailbox, uids: number[]): Promise<string[]> {
  const batches = await Array.fromAsync(
    inbox.readSummaries(Uint32Array.from(uids)),
  );
  return batches.flat().map(({ uid, bytes }) => `${uid} ${text(bytes)}`);
}

/** A message in three chunks, each of one letter. */
const LARGE = bytes("a".repeat(64_000) + "b".repeat(64_000) + "c".repeat(100));

Deno.test("KV: what has come or was read last is in memory", async () => {
  const db = new ObservedKv(await Deno.openKv(":memory:"));
  await withInbox(db, 1_000_000, async (inbox) => {
    for (const name of ["one", "two", "three"]) {
      await inbox.append([{ ...message(name), summary: bytes(`of ${name}`) }]);
    }
    await inbox.append([{ ...message("large"), source: LARGE }]);
    db.reset();
    assertEquals(await summaries(inbox, [1, 2, 3]), [
      "1 of one",
      "2 of two",
      "3 of three",
    ]);
    assert(text(await inbox.readSource(uid(2)))!.includes("two"));
    assertEquals(db.reads, 0);
    // A piece of a large message brings those around it.
    assertEquals(text(await inbox.readSource(uid(4), 10, 13)), "aaa");
    assertEquals(db.reads, 1);
    assertEquals(
      text(await inbox.readSource(uid(4), 63_999, 128_001)),
      `a${"b".repeat(64_000)}c`,
    );
    assertEquals(db.reads, 1);
  });
  await withInbox(db, 1_000_000, async (inbox) => {
    db.reset();
    assert(text(await inbox.readSource(uid(1)))!.includes("one"));
    assertEquals(await summaries(inbox, [1, 3]), ["1 of one", "3 of three"]);
    const { reads } = db;
    assert(reads > 0);
    assert(text(await inbox.readSource(uid(1)))!.includes("one"));
    assertEquals(await summaries(inbox, [3, 7]), ["3 of three"]);
    assertEquals(await summaries(inbox, [1, 2, 3]), [
      "1 of one",
      "2 of two",
      "3 of three",
    ]);
    // The second message's summary came with those of the others, or is read now: no more than that.
    assert(db.reads - reads <= 4, `${db.reads - reads}`);
    const result = await inbox.expunge(Uint32Array.of(1));
    assertEquals([...result.uids], [1]);
    assertEquals(await inbox.readSource(uid(1)), undefined);
    assertEquals(await summaries(inbox, [1, 2]), ["2 of two"]);
  });
  db.inner.close();
});

Deno.test("KV: without room everything is read", async () => {
  const db = new ObservedKv(await Deno.openKv(":memory:"));
  await withInbox(db, 0, async (inbox) => {
    await inbox.append([{ ...message("one"), summary: bytes("of one") }]);
    for (let times = 1; times <= 3; times++) {
      db.reset();
      assert(text(await inbox.readSource(uid(1)))!.includes("one"));
      assertEquals(await summaries(inbox, [1]), ["1 of one"]);
      assert(db.reads >= 2);
    }
  });
  db.inner.close();
});
