import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import * as fc from "fast-check";
import { nameOf } from "../key_bytes.ts";
import { openKv } from "../open.ts";
import { FileReader } from "../value_reader.ts";
import { JournalFile, readJournal } from "./journal_file.ts";
import { JournaledKv } from "./journaled_kv.ts";
import { PendingReader } from "./pending.ts";
import { makeRecord, readRecord } from "./record.ts";

/** A database with a journal in a folder of its own. */
class Opened implements AsyncDisposable {
  readonly folder: string;
  readonly base: Deno.Kv;
  readonly journal: JournaledKv;
  readonly kv: Deno.Kv;
  readonly faults: unknown[];

  private constructor(
    folder: string,
    base: Deno.Kv,
    journal: JournaledKv,
    faults: unknown[],
  ) {
    this.folder = folder;
    this.base = base;
    this.journal = journal;
    this.kv = journal.kv();
    this.faults = faults;
  }

  static async in(folder?: string): Promise<Opened> {
    folder ??= await Deno.makeTempDir();
    const path = join(folder, "test.kv");
    const { kv } = await openKv(path);
    const faults: unknown[] = [];
    const journal = await JournaledKv.begin(
      `${path}.journal`,
      kv,
      kv,
      (error) => faults.push(error),
    );
    return new Opened(folder, kv, journal, faults);
  }

  /** What would be found after a crash now, in a folder of its own. */
  async crash(): Promise<string> {
    const folder = await Deno.makeTempDir();
    for (const { name } of await Array.fromAsync(Deno.readDir(this.folder))) {
      if (name.endsWith("-shm")) continue;
      await Deno.copyFile(join(this.folder, name), join(folder, name));
    }
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.journal.close();
    this.base.close();
    await Deno.remove(this.folder, { recursive: true });
    assertEquals(this.faults, []);
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function all(kv: Deno.Kv): Promise<[Deno.KvKey, unknown][]> {
  const entries = await Array.fromAsync(kv.list({ prefix: ["k"] }));
  return entries.map(({ key, value }) => [key, value]);
}

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
                    new PendingReader(journal.pending, direct!),
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

Deno.test("more than both halves hold is there after a crash", async () => {
  await using db = await Opened.in();
  const value = new Uint8Array(60_000);
  const commits: Promise<unknown>[] = [];
  for (let n = 0; n < 220; n++) {
    value.fill(n);
    commits.push(
      db.kv.atomic().set(["k", n], value).set(["last"], Uint8Array.of(n))
        .commit(),
    );
  }
  await Promise.all(commits);
  await using after = await Opened.in(await db.crash());
  const found = await all(after.kv);
  assertEquals(found.length, 220);
  for (const [index, [, value]] of found.entries()) {
    assertEquals((value as Uint8Array)[59_999], index % 256);
  }
  assertEquals((await after.kv.get(["last"])).value, Uint8Array.of(219));
});

Deno.test("a record that is not whole is not there, those before it are", async () => {
  await using db = await Opened.in();
  for (let n = 0; n < 3; n++) await db.kv.set(["k", n], bytes("0123456789"));
  const folder = await db.crash();
  const path = join(folder, "test.kv.journal");
  const file = await Deno.readFile(path);
  file[file.lastIndexOf("9".charCodeAt(0))]!++;
  await Deno.writeFile(path, file);
  await using after = await Opened.in(folder);
  assertEquals((await all(after.kv)).map(([key]) => key), [["k", 0], ["k", 1]]);
});

Deno.test("a journal of another database, or with a gap before it, is left alone", async () => {
  await using db = await Opened.in();
  await db.kv.set(["k", 1], bytes("1"));
  const early = await db.crash();
  await db.journal.drain();
  // Its first half is written over.
  for (let n = 0; n < 150; n++) {
    await db.kv.set(["k", 2], new Uint8Array(60_000));
  }
  await db.kv.set(["k", 3], bytes("3"));
  const late = await db.crash();
  await using other = await Opened.in();
  const foreign = await other.crash();
  try {
    for (const folder of [early, foreign]) {
      const journal = join(folder, "test.kv.journal");
      await Deno.copyFile(join(late, "test.kv.journal"), journal);
      const before = await Deno.readFile(journal);
      await assertRejects(
        () => openKv(join(folder, "test.kv")),
        Error,
        "does not belong",
      );
      assertEquals(await Deno.readFile(journal), before);
    }
  } finally {
    for (const folder of [early, late, foreign]) {
      await Deno.remove(folder, { recursive: true });
    }
  }
});

Deno.test("a journal in use keeps others from the database", async () => {
  await using db = await Opened.in();
  await assertRejects(
    () => openKv(join(db.folder, "test.kv")),
    Error,
    "Another process",
  );
});

Deno.test("after a database that took nothing, nothing is lost", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "test.kv");
  const { kv: base } = await openKv(path);
  let broken = false;
  const failing = new Proxy(base, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "atomic") return value.bind(target);
      return () => {
        if (broken) throw new Error("full");
        return target.atomic();
      };
    },
  });
  const faults: unknown[] = [];
  const journal = await JournaledKv.begin(
    `${path}.journal`,
    failing,
    base,
    (error) => faults.push(error),
  );
  const kv = journal.kv();
  broken = true;
  await kv.set(["k", 1], bytes("1"));
  await assertRejects(() => journal.drain(), Error, "full");
  assertEquals((await kv.get(["k", 1])).value, bytes("1"));
  // More than is kept in the journal alone is refused.
  await assertRejects(
    async () => {
      for (let n = 2; n < 60; n++) {
        await kv.set(["k", n], new Uint8Array(60_000));
      }
    },
    Error,
    "full",
  );
  broken = false;
  await kv.set(["k", 0], bytes("0"));
  await journal.drain();
  assertEquals((await base.get(["k", 1])).value, bytes("1"));
  assertEquals((await base.get(["k", 0])).value, bytes("0"));
  assert(faults.length > 0);
  await journal.close();
  base.close();
  await Deno.remove(folder, { recursive: true });
  assertEquals(nameOf(["k"]), "\x02k\0");
});

/** Does something while nothing gets to the disk. */
async function whileBroken(action: () => Promise<unknown>): Promise<void> {
  const { syncData } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.syncData = () => Promise.reject(new Error("broken"));
  try {
    await action();
  } finally {
    Deno.FsFile.prototype.syncData = syncData;
  }
}

Deno.test("what could not be written is not there, what comes after it is", async () => {
  await using db = await Opened.in();
  await db.kv.set(["k", 1], bytes("1"));
  await whileBroken(async () => {
    const written = [2, 3, 4].map((n) => db.kv.set(["k", n], bytes("x")));
    for (const { status } of await Promise.allSettled(written)) {
      assertEquals(status, "rejected");
    }
  });
  assertEquals((await all(db.kv)).map(([key]) => key), [["k", 1]]);
  // As long as the first of those, so that the others would stand behind it.
  await db.kv.set(["k", 5], bytes("5"));
  await using after = await Opened.in(await db.crash());
  for (const { kv } of [db, after]) {
    const keys = (await all(kv)).map(([key]) => key);
    assertEquals(keys, [["k", 1], ["k", 5]]);
  }
});

Deno.test("a write that fails in the other half harms nothing", async () => {
  await using db = await Opened.in();
  const value = new Uint8Array(60_000);
  // 69 of them fill a half.
  for (let n = 0; n < 69; n++) await db.kv.set(["k", n], value);
  await whileBroken(() => assertRejects(() => db.kv.set(["k", 69], value)));
  for (let n = 70; n < 75; n++) await db.kv.set(["k", n], value);
  await using after = await Opened.in(await db.crash());
  assertEquals((await all(after.kv)).length, 74);
});

Deno.test("a write that comes as the one before it is done is done, too", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "journal");
  const identity = new Uint8Array(16);
  const file = await JournalFile.create(
    path,
    identity,
    () => Promise.resolve(),
  );
  const put = (n: number) => file.write(makeRecord(n, []), () => {});
  await put(1);
  await put(2);
  await put(3).then(() => Promise.all([put(4), put(5)]));
  file.close();
  const left = await readJournal(path);
  assertEquals(left!.records.map(({ number }) => number), [1, 2, 3, 4, 5]);
  await left!.close(true);
  await Deno.remove(folder, { recursive: true });
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

Deno.test("a journal that was put aside does not come back", async () => {
  await using db = await Opened.in();
  await db.kv.set(["k", 1], bytes("1"));
  const folder = await db.crash();
  const path = join(folder, "test.kv.journal");
  await Deno.rename(path, `${path}.old`);
  {
    const after = await Opened.in(folder);
    await after.kv.set(["k", 2], bytes("2"));
    await after.journal.close();
    after.base.close();
  }
  await Deno.rename(`${path}.old`, path);
  await assertRejects(() => openKv(join(folder, "test.kv")), Error, "another");
  await Deno.remove(folder, { recursive: true });
});
