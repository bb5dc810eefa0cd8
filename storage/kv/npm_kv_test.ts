import { assertEquals } from "@std/assert";
import type { Uid } from "../model.ts";
import { openKvStorage } from "./mod.ts";
import { openNpmKv } from "./npm_kv.ts";

Deno.test("a storage on npm:@deno/kv does as on Deno.openKv", async () => {
  const kv = await openNpmKv(":memory:");
  const storage = await openKvStorage({ kv, gracePeriod: 0, foldRecords: 3 });
  const account = await storage.openAccount("u");
  await account.createMailbox("a/b");
  const inbox = await account.openMailbox("INBOX");
  const b = await account.openMailbox("a/b");
  const source = new Uint8Array(500_000).fill(7);
  for (let i = 0; i < 10; i++) {
    const message = {
      source: source.subarray(0, i * 50_000),
      flags: ["k"],
      internalDate: i,
      summary: source.subarray(0, i),
    };
    await inbox.append([message]);
  }
  await inbox.copyTo(inbox.state.allUids(), b);
  await inbox.expunge(inbox.state.allUids());
  await account.renameMailbox("a", "c");
  assertEquals(await storage.verify(), []);
  const read = await b.readSource(10 as Uid);
  assertEquals(read, source.subarray(0, 450_000));
  assertEquals(read!.constructor, Uint8Array);
  const summaries = [];
  for await (const batch of b.readSummaries(b.state.allUids())) {
    summaries.push(...batch);
  }
  assertEquals(summaries.map(({ bytes }) => bytes.length), [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
  ]);
  inbox.close();
  b.close();
  account.close();
  await storage.close();
  kv.close();
});
