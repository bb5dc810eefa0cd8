/** What other threads see of a database behind a journal is what the one that writes it sees. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import * as fc from "fast-check";
import { FileReader } from "../value_reader.ts";
import {
  all,
  bytes,
  Opened,
  type Thread,
  whileBroken,
} from "./journal_testing.ts";
import { areAlike } from "./stamps.ts";

const KEY = ["k"];

/** Commits by a check. */
async function commit(
  kv: Deno.Kv,
  versionstamp: string | null,
  value: string | null,
): Promise<boolean> {
  const operation = kv.atomic().check({ key: KEY, versionstamp });
  if (value === null) operation.delete(KEY);
  else operation.set(KEY, bytes(value));
  return (await operation.commit()).ok;
}

/** The stamp under which one knows the key. */
async function stampIn({ kv }: { readonly kv: Deno.Kv }): Promise<
  string | null
> {
  return (await kv.get(KEY)).versionstamp;
}

Deno.test("a thread sees what is in the journal alone, and where it has gone", async () => {
  await using db = await Opened.in();
  using thread = await db.thread();
  await db.kv.set(["k", 1], bytes("1"));
  await db.kv.set(["k", 2], bytes("2"));
  assertEquals(await all(thread.kv), await all(db.kv));
  assertEquals(await all(db.base), []);
  await db.journal.drain();
  assertEquals(thread.pending, 0);
  assertEquals((await all(thread.kv)).length, 2);
  await db.kv.delete(["k", 1]);
  assertEquals((await thread.kv.get(["k", 1])).value, null);
  assertEquals((await all(thread.kv)).map(([key]) => key), [["k", 2]]);
  // One that begins now has all of it, too.
  using late = await db.thread();
  assertEquals((await all(late.kv)).map(([key]) => key), [["k", 2]]);
});

Deno.test("what goes past the journal is seen by a thread that knew the key from it", async () => {
  await using db = await Opened.in();
  using thread = await db.thread();
  await db.kv.set(["k", 1], bytes("1"));
  assertEquals((await thread.kv.get(["k", 1])).value, bytes("1"));
  await db.kv.set(["k", 1], { a: 1 });
  assertEquals((await thread.kv.get(["k", 1])).value, { a: 1 });
  await db.kv.set(["k", 1], bytes("2"));
  assertEquals((await thread.kv.get(["k", 1])).value, bytes("2"));
});

Deno.test("what could not be written is seen by no thread, what comes after it is", async () => {
  await using db = await Opened.in();
  using thread = await db.thread();
  await db.kv.set(["k", 1], bytes("1"));
  await whileBroken(() => assertRejects(() => db.kv.set(["k", 1], bytes("x"))));
  assertEquals((await thread.kv.get(["k", 1])).value, bytes("1"));
  await db.kv.set(["k", 2], bytes("2"));
  assertEquals((await all(thread.kv)).map(([key]) => key), [["k", 1], [
    "k",
    2,
  ]]);
  await whileBroken(() => assertRejects(() => db.kv.set(["k", 2], bytes("x"))));
  await db.journal.drain();
  assertEquals(await all(thread.kv), await all(db.kv));
});

Deno.test("a check by a thread's stamp holds while nobody has written since", async () => {
  // What comes first, whether that is in the database when the thread reads, and when it commits.
  const pasts: Record<string, (db: Opened) => Promise<unknown>> = {
    "written": ({ kv }) => kv.set(KEY, bytes("1")),
    "written twice": async ({ kv }) => {
      await kv.set(KEY, bytes("0"));
      await kv.set(KEY, bytes("1"));
    },
    "checked": async (db) => {
      assert(await commit(db.kv, null, "1"));
    },
    "checked, and twice": async (db) => {
      assert(await commit(db.kv, null, "0"));
      assert(await commit(db.kv, await stampIn(db), "1"));
    },
    "in the database before": async ({ kv, journal }) => {
      await kv.set(KEY, bytes("0"));
      await journal.drain();
      await kv.set(KEY, bytes("1"));
    },
    "deleted before": async ({ kv, journal }) => {
      await kv.set(KEY, bytes("0"));
      await journal.drain();
      await kv.delete(KEY);
      await kv.set(KEY, bytes("1"));
    },
    "past the journal": ({ kv }) => kv.set(KEY, { a: 1 }),
  };
  // What somebody else does meanwhile, and whether a check holds then.
  const meanwhile: Record<string, (db: Opened) => Promise<unknown>> = {
    "nothing": () => Promise.resolve(),
    "another key": ({ kv }) => kv.set(["other"], bytes("1")),
    "written": ({ kv }) => kv.set(KEY, bytes("2")),
    "written by a check": async (db) => {
      assert(await commit(db.kv, await stampIn(db), "2"));
    },
    "written twice": async ({ kv }) => {
      await kv.set(KEY, bytes("2"));
      await kv.set(KEY, bytes("3"));
    },
    "deleted": ({ kv }) => kv.delete(KEY),
    "deleted and written": async ({ kv }) => {
      await kv.delete(KEY);
      await kv.set(KEY, bytes("1"));
    },
    "past the journal": ({ kv }) => kv.set(KEY, { a: 2 }),
  };
  await using db = await Opened.in();
  using thread = await db.thread();
  for (const [past, before] of Object.entries(pasts)) {
    for (const [event, between] of Object.entries(meanwhile)) {
      for (let drains = 0; drains < 8; drains++) {
        const about = `${past}, ${event}, ${drains.toString(2)}`;
        const drain = async (which: number) => {
          if ((drains & which) !== 0) await db.journal.drain();
        };
        await db.kv.delete(KEY);
        await db.journal.drain();
        await before(db);
        await drain(1);
        const stamp = await stampIn(thread);
        assert(stamp !== null);
        await drain(2);
        await between(db);
        await drain(4);
        const holds = event === "nothing" || event === "another key";
        assertEquals(
          await commit(db.kv, null, "x"),
          event === "deleted",
          about,
        );
        if (event === "deleted") await db.kv.delete(KEY);
        assertEquals(await commit(db.kv, stamp, "y"), holds, about);
        // Nor does it hold for another one.
        assertEquals(await commit(db.kv, stamp, "z"), false, about);
        // What is read now does.
        assert(await commit(db.kv, await stampIn(thread), null), about);
        assert(await commit(db.kv, await stampIn(thread), "1"), about);
      }
    }
  }
});

Deno.test("stamps of one kind can be compared", () => {
  assert(areAlike("f01", "f02") && areAlike("01", "02"));
  assert(!areAlike("01", "f02") && !areAlike("f02", "01"));
});

const key = fc.integer({ min: 0, max: 9 });
const side = fc.integer({ min: 0, max: 2 });
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant("commit" as const),
        writes: fc.array(
          fc.tuple(key, fc.option(fc.integer({ min: 1, max: 60_000 }))),
          { minLength: 1, maxLength: 4 },
        ),
        /** Of which key, and as who knows it. */
        check: fc.option(fc.tuple(key, side)),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({ type: fc.constant("get" as const), key, side }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant("list" as const),
        range: fc.tuple(key, key),
        side,
        limit: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        reverse: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ type: "drain" as const }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant("past" as const), key }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant("broken" as const), key }),
    },
    {
      weight: 1,
      // More than the ring is long.
      arbitrary: fc.record({ type: fc.constant("much" as const), key }),
    },
    { weight: 1, arbitrary: fc.constant({ type: "thread" as const }) },
  ),
  { maxLength: 30 },
);
type Step = typeof steps extends fc.Arbitrary<(infer T)[]> ? T : never;

/** What there is in a model: a number that is never given twice, for values that are told apart by it. */
interface Entry {
  readonly version: number;
  readonly size: number;
}

/** Plays steps at a database, of which the sides are the thread that writes and two others. */
class Play {
  readonly #db: Opened;
  readonly #threads: Thread[];
  readonly #file: FileReader;
  readonly #model = new Map<number, Entry>();
  /** By which stamps each side knows keys, and what was there then. */
  readonly #seen = [0, 1, 2].map(() =>
    new Map<number, { stamp: string | null; version: number | undefined }>()
  );
  #version = 0;

  constructor(db: Opened, threads: Thread[], file: FileReader) {
    this.#db = db;
    this.#threads = threads;
    this.#file = file;
  }

  async do(step: Step): Promise<void> {
    const { kv, journal } = this.#db;
    switch (step.type) {
      case "commit":
        return await this.#commit(step.writes, step.check);
      case "get":
        return await this.#get(step.key, step.side);
      case "list":
        return await this.#list(step);
      case "drain":
        return await journal.drain();
      case "past":
        await kv.set(["past", step.key], { a: step.key });
        for (const one of [kv, ...this.#threads.map(({ kv }) => kv)]) {
          const { value } = await one.get(["past", step.key]);
          assertEquals(value, { a: step.key });
        }
        return;
      case "broken":
        return await whileBroken(async () => {
          await assertRejects(() => kv.set(["k", step.key], bytes("x")));
        });
      case "much":
        for (let n = 0; n < 90; n++) {
          await this.#commit([[step.key, 50_000]], null);
        }
        return;
      case "thread":
        this.#threads[1]![Symbol.dispose]();
        this.#threads[1] = await this.#db.thread();
        this.#seen[2]!.clear();
    }
  }

  async #commit(
    writes: readonly (readonly [number, number | null])[],
    check: readonly [number, number] | null,
  ): Promise<void> {
    const operation = this.#db.kv.atomic();
    let holds = true;
    if (check !== null) {
      const [key, side] = check;
      const known = this.#seen[side]!.get(key);
      if (known === undefined) return;
      operation.check({ key: ["k", key], versionstamp: known.stamp });
      holds = known.version === this.#model.get(key)?.version;
    }
    const last = new Map<number, Entry | undefined>();
    for (const [key, size] of writes) {
      const version = ++this.#version;
      last.set(key, size === null ? undefined : { version, size });
      if (size === null) operation.delete(["k", key]);
      else operation.set(["k", key], valueOf({ version, size }));
    }
    assertEquals((await operation.commit()).ok, holds);
    if (!holds) return;
    for (const [key, entry] of last) {
      if (entry === undefined) this.#model.delete(key);
      else this.#model.set(key, entry);
    }
  }

  async #get(key: number, side: number): Promise<void> {
    const { value, versionstamp } = await this.#kvOf(side).get(["k", key]);
    const expected = this.#model.get(key);
    assertIs(value, expected);
    assertEquals(versionstamp === null, expected === undefined);
    const version = expected?.version;
    this.#seen[side]!.set(key, { stamp: versionstamp, version });
    if (side === 0) return;
    const [found] = await this.#threads[side - 1]!.values(this.#file)
      .getMany([["k", key]]);
    assertIs(found!.value, expected);
  }

  async #list(
    { range, side, limit, reverse }: Step & { type: "list" },
  ): Promise<void> {
    const [from, to] = [Math.min(...range), Math.max(...range)];
    const keys = [...this.#model.keys()]
      .filter((key) => key >= from && key < to)
      .sort((a, b) => reverse ? b - a : a - b).slice(0, limit);
    const selector = { start: ["k", from], end: ["k", to] };
    const options = { reverse, ...limit && { limit }, batchSize: 2 };
    const readers = [this.#kvOf(side)] as Pick<Deno.Kv, "list">[];
    const values = this.#threads[side - 1]?.values(this.#file);
    if (values !== undefined) readers.push(values as unknown as Deno.Kv);
    for (const reader of readers) {
      const found = await Array.fromAsync(reader.list(selector, options));
      assertEquals(found.map(({ key }) => key[1]), keys);
      for (const { key, value } of found) {
        assertIs(value, this.#model.get(key[1] as number));
      }
    }
  }

  #kvOf(side: number): Deno.Kv {
    return (side === 0 ? this.#db : this.#threads[side - 1]!).kv;
  }
}

function valueOf({ version, size }: Entry): Uint8Array {
  const value = new Uint8Array(4 + size).fill(version);
  new DataView(value.buffer).setUint32(0, version);
  return value;
}

function assertIs(value: unknown, entry: Entry | undefined): void {
  if (entry === undefined) return assertEquals(value, null);
  const expected = valueOf(entry);
  const found = value as Uint8Array;
  assert(found.length === expected.length);
  assert(found.every((byte, index) => byte === expected[index]));
}

Deno.test("whatever is done, every thread sees what the writer has written", async () => {
  const known = { key: ["known"], value: bytes("known") };
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      await using db = await Opened.in();
      await db.kv.set(known.key, known.value);
      await db.journal.drain();
      const path = join(db.folder, "test.kv");
      const file = (await FileReader.open(path, known))!;
      const threads = [await db.thread(), await db.thread()];
      try {
        const play = new Play(db, threads, file);
        for (const step of steps) await play.do(step);
      } finally {
        for (const thread of threads) thread[Symbol.dispose]();
        file.close();
      }
    }),
    { numRuns: 25 },
  );
});
