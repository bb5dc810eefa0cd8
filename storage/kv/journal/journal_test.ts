import { heardFrom } from "../../lone_client.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import * as fc from "fast-check";
import { FileReader } from "../value_reader.ts";
import { all, bytes, makeRecord, Opened } from "./journal_testing.ts";
import { PendingReader } from "./pending.ts";
import { readRecord } from "./record.ts";

Deno.test("a record comes back, or nothing of it", () => {
  const writes = fc.array(
    fc.record({
      name: fc.uint8Array({ maxLength: 20 })
        .map((name) => String.fromCharCode(...name)),
      value: fc.option(fc.uint8Array({ maxLength: 50 })),
    }),
    { maxLength: 5 },
  );
  fc.assert(fc.property(writes, fc.nat(), fc.nat(), (writes, at, bit) => {
    const { bytes } = makeRecord(7, writes);
    const read = readRecord(bytes, 0)!;
    assertEquals(read.number, 7);
    assertEquals(
      read.writes.map(({ name, value }) => [name, value?.toString()]),
      writes.map(({ name, value }) => [name, value?.toString()]),
    );
    assertEquals(readRecord(bytes.slice(0, -1), 0), undefined);
    const broken = bytes.slice();
    broken[at % bytes.length]! ^= 1 << bit % 8;
    assertEquals(readRecord(broken, 0), undefined);
  }));
});

Deno.test("what is in the journal is read, in its place among the rest", async () => {
  await using db = await Opened.in();
  const { kv, journal, base } = db;
  for (let n = 0; n < 10; n += 2) await kv.set(["k", n], bytes(`a${n}`));
  await journal.drain();
  assertEquals((await all(base)).length, 5);
  await kv.atomic().set(["k", 3], bytes("b3")).set(["k", 4], bytes("b4"))
    .delete(["k", 6]).commit();
  assertEquals((await all(base)).length, 5);
  const expected = [["k", 0], ["k", 2], ["k", 3], ["k", 4], ["k", 8]];
  assertEquals((await all(kv)).map(([key]) => key), expected);
  assertEquals((await kv.get(["k", 4])).value, bytes("b4"));
  assertEquals((await kv.get(["k", 6])).versionstamp, null);
  const last = await Array.fromAsync(
    kv.list({ prefix: ["k"] }, { limit: 2, reverse: true }),
  );
  assertEquals(last.map(({ key }) => key), [["k", 8], ["k", 4]]);
  await journal.drain();
  assertEquals((await all(base)).map(([key]) => key), expected);
});

Deno.test("a check holds while nobody has written, wherever the value is", async () => {
  await using db = await Opened.in();
  const { kv, journal } = db;
  const key = ["k"];
  const commit = (entry: Deno.AtomicCheck, value: string) =>
    kv.atomic().check(entry).set(key, bytes(value)).commit();
  const absent = await kv.get(key);
  const first = await commit(absent, "1");
  assert(first.ok);
  assertEquals((await commit(absent, "2")).ok, false);
  const { versionstamp } = first;
  assertEquals((await kv.get(key)).versionstamp, versionstamp);
  await journal.drain();
  assertEquals((await kv.get(key)).versionstamp, versionstamp);
  const second = await commit({ key, versionstamp }, "3");
  assert(second.ok);
  await journal.drain();
  assertEquals((await commit({ key, versionstamp }, "4")).ok, false);
  assertEquals((await commit(await kv.get(key), "5")).ok, true);
});

Deno.test("a check by what a commit has returned holds until the next", async () => {
  await using db = await Opened.in();
  const { kv, journal } = db;
  const key = ["k"];
  // Neither was checked when it was written, so that nothing is known of it alone.
  for (const again of [false, true]) {
    const { versionstamp } = await kv.set(key, bytes("1"));
    const other = await kv.set(again ? key : ["other"], bytes("2"));
    await journal.drain();
    const check = (versionstamp: string) =>
      kv.atomic().check({ key, versionstamp }).commit();
    assertEquals((await check(versionstamp)).ok, !again);
    if (again) assertEquals((await check(other.versionstamp)).ok, true);
  }
});

Deno.test("what is no bytes goes to the database, behind what is in the journal", async () => {
  await using db = await Opened.in();
  const { kv, base } = db;
  await kv.set(["k", 1], bytes("1"));
  const entry = await kv.get(["k", 1]);
  const done = await kv.atomic().check(entry).set(["k", 1], { a: 1 }).commit();
  assertEquals(done.ok, true);
  assertEquals((await base.get(["k", 1])).value, { a: 1 });
  assertEquals((await kv.get(["k", 1])).value, { a: 1 });
  assertEquals((await kv.atomic().check(entry).commit()).ok, false);
  await kv.set(["k", 1], bytes("2"));
  await kv.delete(["k", 1]);
  assertEquals(await all(kv), []);
});

Deno.test("values are copied when they are committed", async () => {
  await using db = await Opened.in();
  const value = bytes("before");
  const committed = db.kv.set(["k"], value);
  value.fill(0);
  await committed;
  assertEquals((await db.kv.get(["k"])).value, bytes("before"));
});

Deno.test("random work leaves what a map would have, crash or none", async () => {
  const key = fc.integer({ min: 0, max: 12 });
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant("commit" as const),
        writes: fc.array(fc.tuple(key, fc.option(fc.string())), {
          minLength: 1,
          maxLength: 4,
        }),
        check: fc.option(key),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant("read" as const), key }),
    },
    { weight: 2, arbitrary: fc.constant({ type: "drain" as const }) },
    { weight: 1, arbitrary: fc.constant({ type: "crash" as const }) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("list" as const),
        start: key,
        end: key,
        limit: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        reverse: fc.boolean(),
      }),
    },
  );
  const known = { key: ["known"], value: bytes("known") };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      let db = await Opened.in();
      const model = new Map<number, Uint8Array>();
      const seen = new Map<number, { stamp: string | null; version: number }>();
      const versions = new Map<number, number>();
      try {
        await db.kv.set(known.key, known.value);
        await db.journal.drain();
        for (const step of steps) {
          const { kv, journal } = db;
          switch (step.type) {
            case "commit": {
              const operation = kv.atomic();
              let holds = true;
              if (step.check !== null) {
                const n = step.check;
                const { stamp, version } = seen.get(n) ??
                  {
                    stamp: (await kv.get(["k", n])).versionstamp,
                    version: versions.get(n),
                  };
                operation.check({ key: ["k", n], versionstamp: stamp });
                holds = version === versions.get(n);
              }
              for (const [n, text] of step.writes) {
                if (text === null) operation.delete(["k", n]);
                else operation.set(["k", n], bytes(text));
              }
              const { ok } = await operation.commit();
              // One that is absent is absent, whatever it was between.
              if (ok !== holds) {
                assertEquals(seen.get(step.check!)?.stamp, null);
              }
              if (!ok) break;
              for (const [n, text] of step.writes) {
                versions.set(n, (versions.get(n) ?? 0) + 1);
                if (text === null) model.delete(n);
                else model.set(n, bytes(text));
              }
              break;
            }
            case "read": {
              const { value, versionstamp } = await kv.get(["k", step.key]);
              assertEquals(value, model.get(step.key) ?? null);
              seen.set(step.key, {
                stamp: versionstamp,
                version: versions.get(step.key) as number,
              });
              break;
            }
            case "drain":
              await journal.drain();
              break;
            case "crash": {
              const folder = await db.crash();
              await db[Symbol.asyncDispose]();
              db = await Opened.in(folder);
              seen.clear();
              break;
            }
            case "list": {
              const { reverse } = step;
              const [start, end] = [step.start, step.end].sort((a, b) => a - b);
              const expected = [...model].filter(([n]) =>
                n >= start! && n < end!
              )
                .sort(([a], [b]) => reverse ? b - a : a - b).slice(
                  0,
                  step.limit,
                );
              const range = { start: ["k", start!], end: ["k", end!] };
              const options = {
                reverse,
                ...step.limit && { limit: step.limit },
              };
              const direct = await FileReader.open(
                join(db.folder, "test.kv"),
                known,
              );
              try {
                for (
                  const reader of [
                    kv,
                    new PendingReader(() => journal.pending, direct!),
                  ]
                ) {
                  const found: [number, unknown][] = [];
                  for await (
                    const { key, value } of reader.list(range, options)
                  ) {
                    found.push([key[1] as number, value]);
                  }
                  assertEquals(
                    found.map(([n, value]) => [n, String(value)]),
                    expected.map(([n, value]) => [n, String(value)]),
                  );
                }
              } finally {
                direct!.close();
              }
            }
          }
        }
        await db.journal.drain();
        assertEquals(
          (await all(db.base)).map(([[, n], value]) => [n, String(value)]),
          [...model].sort(([a], [b]) => a - b).map((
            [n, value],
          ) => [n, String(value)]),
        );
      } finally {
        await db[Symbol.asyncDispose]();
      }
    }),
    { numRuns: 25 },
  );
});

Deno.test("what is under way at the end is in the database", async () => {
  const db = await Opened.in();
  await db.kv.set(["k", 1], bytes("1"));
  await db.kv.set(["k", 2], { no: "bytes" });
  const under = [db.kv.delete(["k", 1]), db.kv.set(["k", 2], { a: 1 })];
  await db.journal.close();
  await Promise.allSettled(under);
  await assertRejects(() => db.kv.set(["k", 3], bytes("3")), Error, "closed");
  assertEquals(await all(db.base), [[["k", 2], { a: 1 }]]);
  db.base.close();
  await Deno.remove(db.folder, { recursive: true });
});

Deno.test("what Deno KV would refuse is refused", async () => {
  await using db = await Opened.in();
  const { kv } = db;
  await assertRejects(() => kv.set(["k"], new Uint8Array(65_537)), TypeError);
  await assertRejects(() => kv.set(["k".repeat(2_048)], bytes("")), TypeError);
  const many = kv.atomic();
  for (let n = 0; n < 1_000; n++) many.set(["k", n], bytes(""));
  await assertRejects(() => many.commit(), TypeError);
  const large = kv.atomic();
  for (let n = 0; n < 13; n++) large.set(["k", n], new Uint8Array(65_000));
  await assertRejects(() => large.commit(), TypeError);
  const largest = kv.atomic();
  for (let n = 0; n < 12; n++) largest.set(["k", n], new Uint8Array(65_536));
  await largest.commit();
  await db.journal.drain();
});

Deno.test("who is refused finds what the refusal is about", async () => {
  await using db = await Opened.in();
  const { kv } = db;
  // The disk is waited for aside, since there are two.
  heardFrom(1);
  heardFrom(2);
  const { syncData } = Deno.FsFile.prototype;
  const begun = Promise.withResolvers<void>();
  Deno.FsFile.prototype.syncData = async function () {
    begun.resolve();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await syncData.call(this);
  };
  const put = async (text: string, versionstamp: string | null) =>
    await kv.atomic().check({ key: ["k"], versionstamp }).set(
      ["k"],
      bytes(text),
    ).commit();
  try {
    const first = put("1", null);
    await begun.promise;
    assertEquals((await put("2", null)).ok, false);
    const { value, versionstamp } = await kv.get(["k"]);
    assertEquals(value, bytes("1"));
    assertEquals((await put("2", versionstamp)).ok, true);
    assertEquals((await first).ok, true);
  } finally {
    Deno.FsFile.prototype.syncData = syncData;
  }
});

Deno.test("a value that is read by itself keeps no record in memory", async () => {
  await using db = await Opened.in();
  const { kv, journal } = db;
  const key = ["summary", 1, 1];
  await kv.atomic().set(["body", 1], new Uint8Array(60_000)).set(
    key,
    bytes("short"),
  ).commit();
  const nothing = {
    getMany: (keys: readonly unknown[]) =>
      Promise.resolve(keys.map(() => ({ value: null }))),
    async *list() {},
  };
  const reader = new PendingReader(() => journal.pending, nothing);
  const [one] = await reader.getMany<[Uint8Array]>([key]);
  const listed = await Array.fromAsync(
    reader.list<Uint8Array>({ start: key, end: ["summary", 2] }),
  );
  for (const { value } of [one!, ...listed]) {
    assertEquals(value, bytes("short"));
    assertEquals(value!.buffer.byteLength, value!.length);
  }
  assertEquals(listed.length, 1);
});
