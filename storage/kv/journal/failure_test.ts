import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { nameOf } from "../key_bytes.ts";
import { openKv } from "../open.ts";
import { JournalFile, readJournal } from "./journal_file.ts";
import {
  all,
  bytes,
  makeRecord,
  Opened,
  whileBroken,
} from "./journal_testing.ts";

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
  using _ = await db.hold();
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
  let full = false;
  await using db = await Opened.in(undefined, () => full);
  const { kv, base, journal, faults } = db;
  full = true;
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
  full = false;
  await kv.set(["k", 0], bytes("0"));
  await journal.drain();
  assertEquals((await base.get(["k", 1])).value, bytes("1"));
  assertEquals((await base.get(["k", 0])).value, bytes("0"));
  assert(faults.length > 0);
  faults.length = 0;
  assertEquals(nameOf(["k"]), "\x02k\0");
});

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

Deno.test("who waits for the database just as a commit of it ends waits for the next", async () => {
  // Somewhere among these a commit has ended, and what has to be done behind it has not been.
  for (let turns = 0; turns < 20; turns++) {
    const ended = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let holds = false;
    await using db = await Opened.in(undefined, () => false, async () => {
      if (!holds) return;
      begun.resolve();
      await ended.promise;
    });
    await db.kv.set(["k", 1], bytes("1"));
    holds = true;
    const first = db.journal.drain();
    await begun.promise;
    await db.kv.set(["k", 2], bytes("2"));
    ended.resolve();
    for (let n = 0; n < turns; n++) await undefined;
    await db.journal.drain();
    assertEquals((await all(db.base)).length, 2);
    await first;
  }
});
