/** The storage on Deno KV with large sources in files. */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { dirname, join } from "@std/path";
import { type KvStorageOptions, openKvStorage } from "../storage/kv/mod.ts";
import type { KvStorage } from "../storage/kv/mod.ts";
import type { Mailbox } from "../storage/storage.ts";
import {
  collect,
  message,
  messages,
  refused,
  text,
  uid,
  uids,
} from "../testing/conformance/harness.ts";
import { filesIn, withBodyFolders } from "./storage/body_folders.ts";
import { ObservedKv } from "./storage/observed_kv.ts";

interface Opened extends AsyncDisposable {
  readonly storage: KvStorage;
  readonly inbox: Mailbox;
  readonly other: Mailbox;
}

/** A test on a database in memory that can be opened again and again, with a folder. */
function withFiles(
  name: string,
  test: (
    open: (options?: KvStorageOptions) => Promise<Opened>,
    folder: string,
    db: ObservedKv,
  ) => Promise<void>,
): void {
  Deno.test(`KV, files: ${name}`, () =>
    withBodyFolders(async (make) => {
      using kv = await Deno.openKv(":memory:");
      const db = new ObservedKv(kv);
      const bodyFolder = await make();
      await test(
        async (options) => {
          const storage = await openKvStorage({
            kv: db.kv,
            bodyFolder,
            bodyFilesFrom: 10,
            cacheBytes: 0,
            gracePeriod: 0,
            onFault: () => {},
            ...options,
          });
          const account = await storage.openAccount("u");
          if (await account.mailbox("other") === undefined) {
            await account.createMailbox("other");
          }
          const inbox = await account.openMailbox("INBOX");
          const other = await account.openMailbox("other");
          return {
            storage,
            inbox,
            other,
            async [Symbol.asyncDispose]() {
              assertEquals(await storage.verify(), []);
              for (const one of [inbox, other, account]) one.close();
              await storage.close();
            },
          };
        },
        bodyFolder,
        db,
      );
    }));
}

const large = (size: number) => ({
  ...message("x"),
  source: Uint8Array.from({ length: size }, (_, at) => at * 7 + (at >> 8)),
});

async function summaryOfFirst(mailbox: Mailbox): Promise<Uint8Array> {
  for await (const [first] of mailbox.readSummaries(uids(1))) {
    return first!.bytes;
  }
  throw new Error("There is no message");
}

withFiles(
  "both kinds side by side, whatever the size is set to",
  async (open, folder) => {
    const sources = [];
    for (const bodyFilesFrom of [0, 1_000, 0, 5, 100_000]) {
      await using opened = await open({ bodyFilesFrom });
      for (const size of [7, 2_000, 130_000]) {
        sources.push(large(size));
        await opened.inbox.append([sources.at(-1)!]);
      }
      assertEquals(
        (await collect(opened.inbox.readSources(opened.inbox.state.allUids())))
          .map(([, source]) => source.length),
        sources.map(({ source }) => new TextDecoder().decode(source).length),
      );
      for (const [at, { source }] of sources.entries()) {
        const { length } = source;
        for (
          const [from, to] of [[0, length], [3, 6], [length - 2, length + 9]]
        ) {
          assertEquals(
            await opened.inbox.readSource(uid(at + 1), from, to),
            source.slice(from, to),
          );
        }
      }
    }
    assertEquals((await filesIn(folder)).length, 2 + 3 + 1);
    await using opened = await open({ bodyFilesFrom: 0 });
    await opened.inbox.expunge(opened.inbox.state.allUids());
    assertEquals(await opened.storage.verify(), []);
    assertEquals(await filesIn(folder), []);
  },
);

withFiles(
  "a summary is asked for when the source has been written",
  async (open, folder) => {
    await using opened = await open();
    const { source, summary } = large(3_000_000);
    const sizes: number[] = [];
    await opened.inbox.append([{
      ...message("x"),
      source,
      get summary() {
        for (const path of Deno.readDirSync(join(folder, "new"))) {
          sizes.push(Deno.statSync(join(folder, "new", path.name)).size);
        }
        return summary;
      },
    }]);
    assertEquals(sizes[0], source.length);
    assertEquals(await summaryOfFirst(opened.inbox), summary);
  },
);

withFiles(
  "a summary that cannot be taken leaves no file",
  async (open, folder) => {
    await using opened = await open();
    const { source } = large(3_000_000);
    const tooLarge = { ...message("x"), source, summary: large(2e6).source };
    await refused("LIMIT", opened.inbox.append([tooLarge]));
    assertEquals(await filesIn(folder), []);
    await assertRejects(() =>
      opened.inbox.append([{
        ...message("x"),
        source,
        get summary(): Uint8Array {
          throw new RangeError("none");
        },
      }]), RangeError);
    assertEquals(await filesIn(folder), []);
    await opened.inbox.append([large(100)]);
    assertEquals(opened.inbox.state.length, 1);
  },
);

withFiles("a part is read into room that it fits", async (open) => {
  await using opened = await open();
  const { source } = large(3_000);
  await opened.inbox.append([{ ...message("x"), source }]);
  const room = new Uint8Array(1_000);
  for (const [end, fits] of [[2_000, true], [2_001, false]] as const) {
    const part = await opened.inbox.readSource(uid(1), 1_000, end, room);
    assertEquals(part, source.slice(1_000, end));
    assertEquals(part!.buffer === room.buffer, fits);
  }
});

withFiles(
  "copies share a file, which goes with the last of them",
  async (open, folder, { inner }) => {
    await using opened = await open();
    const { inbox, other, storage } = opened;
    await inbox.append([large(3_000_000), message("no")]);
    await inbox.copyTo(uids(1, 2), other);
    await storage.deliver(large(500_000), [inbox, other]);
    assertEquals(await storage.verify(), []);
    assertEquals((await filesIn(folder)).length, 2);
    await inbox.expunge(uids(1, 3));
    assertEquals(await storage.verify(), []);
    assertEquals((await filesIn(folder)).length, 2);
    assertEquals(await other.readSource(uid(1)), large(3_000_000).source);
    await other.expunge(other.state.allUids());
    assertEquals(await storage.verify(), []);
    assertEquals(await filesIn(folder), []);
    const left = await Array.fromAsync(inner.list({ prefix: ["body"] }));
    assertEquals(left.map(({ key }) => key[3]), [0]);
  },
);

withFiles(
  "a file outlives its message by the grace period",
  async (open, folder) => {
    let clock = 1_000_000;
    const options = { now: () => clock };
    {
      await using opened = await open({ ...options, gracePeriod: 5_000 });
      const { inbox } = opened;
      await inbox.append([large(2_500_000), large(70_000)]);
      const sources = inbox.readSources(uids(1, 2))[Symbol.asyncIterator]();
      assert((await sources.next()).value);
      await inbox.expunge(uids(1, 2));
      assertEquals(await opened.storage.verify(), []);
      const [[last]] = [(await sources.next()).value ?? []];
      assertEquals(last?.bytes, large(70_000).source);
    }
    assertEquals((await filesIn(folder)).length, 2);
    clock += 6_000;
    await (await open({ ...options, gracePeriod: 5_000 }))
      [Symbol.asyncDispose]();
    await (await open(options))[Symbol.asyncDispose]();
    assertEquals(await filesIn(folder), []);
  },
);

withFiles(
  "what a crash leaves before a commit goes, what it leaves after one is put in its place",
  async (open, folder) => {
    {
      await using opened = await open();
      await opened.inbox.append([large(1_000)]);
    }
    const [place] = await filesIn(folder);
    const name = place!.split("/").at(-1)!;
    const [home, number] = name.split("-").map(Number);
    await Deno.rename(join(folder, place!), join(folder, "new", name));
    const unlinked = join(folder, "new", `${home}-${number! + 5_000}`);
    await Deno.writeFile(unlinked, large(500).source);
    {
      await using opened = await open();
      assertEquals(await filesIn(folder), [place!]);
      assertEquals(await opened.inbox.readSource(uid(1)), large(1_000).source);
      // The same while it is read: it is found wherever it is.
      await opened.inbox.append([large(2_000)]);
      await opened.storage.verify();
      const second = (await filesIn(folder)).find((file) => file !== place)!;
      const arrival = join(folder, "new", second.split("/").at(-1)!);
      await Deno.rename(join(folder, second), arrival);
      assertEquals(await opened.inbox.readSource(uid(2)), large(2_000).source);
      await opened.inbox.expunge(uids(2));
      await opened.storage.verify();
      assertEquals(await filesIn(folder), [place!]);
    }
  },
);

withFiles(
  "another process's files are left alone while they are young",
  async (open, folder) => {
    await (await open({ shared: true }))[Symbol.asyncDispose]();
    await Deno.mkdir(join(folder, "new"), { recursive: true });
    const path = join(folder, "new", "1-99999");
    await Deno.writeFile(path, large(50).source);
    const opened = await open({ shared: true });
    assertEquals(await filesIn(folder), ["new/1-99999"]);
    opened.inbox.close();
    await opened.storage.close();
    const old = new Date(Date.now() - 3 * 86_400_000);
    await Deno.utime(path, old, old);
    await (await open({ shared: true }))[Symbol.asyncDispose]();
    assertEquals(await filesIn(folder), []);
  },
);

Deno.test("KV, files: who opens a database for threads is alone on it", () =>
  withBodyFolders(async (make) => {
    const bodyFolder = await make();
    const path = `${bodyFolder}.kv`;
    await Deno.mkdir(join(bodyFolder, "new"), { recursive: true });
    const left = join(bodyFolder, "new", "1-99999");
    await Deno.writeFile(left, large(50).source);
    await using first = await openKvStorage({
      path,
      bodyFolder,
      threads: true,
    });
    assertEquals(await filesIn(bodyFolder), []);
    await Deno.writeFile(left, large(50).source);
    const share = first.share();
    await using _ = await openKvStorage({ share, bodyFolder });
    assertEquals(await filesIn(bodyFolder), ["new/1-99999"]);
  }));

withFiles(
  "a file that cannot be written refuses the message alone",
  async (open, folder) => {
    await using opened = await open();
    const { inbox } = opened;
    await Deno.mkdir(dirname(folder), { recursive: true });
    await Deno.writeTextFile(folder, "in the way");
    const [big, small] = await Promise.allSettled([
      inbox.append([large(100)]),
      inbox.append([message("small")]),
    ]);
    assertEquals([big.status, small.status], ["rejected", "fulfilled"]);
    await refused("UNAVAILABLE", inbox.append([large(100)]));
    await Deno.remove(folder);
    const { uids: [last] } = await inbox.append([large(100)]);
    assertEquals(await inbox.readSource(uid(last!)), large(100).source);
    assertEquals(inbox.state.length, 2);
  },
);

withFiles(
  "a refused commit leaves no file, one whose answer is lost keeps it",
  async (open, folder, db) => {
    await using opened = await open();
    const { inbox } = opened;
    const isAppend = (keys: readonly Deno.KvKey[]) =>
      keys.some((key) => key[0] === "log");
    db.fate = (keys) => isAppend(keys) ? { before: new Error("full") } : "done";
    await refused("UNAVAILABLE", inbox.append([large(100)]));
    await refused(
      "UNAVAILABLE",
      inbox.append(Array.from({ length: 200 }, () => large(100))),
    );
    db.fate = () => "done";
    assertEquals(await opened.storage.verify(), []);
    assertEquals(await filesIn(folder), []);
    let lost = true;
    db.fate = (keys) => {
      if (!lost || !isAppend(keys)) return "done";
      lost = false;
      return { after: new Error("connection reset") };
    };
    await inbox.append([large(100)]);
    assertEquals(lost, false);
    assertEquals(await inbox.readSource(uid(1)), large(100).source);
  },
);

withFiles(
  "a file that is older than the database gives way",
  async (open, folder) => {
    await using opened = await open();
    const { inbox } = opened;
    await inbox.append([large(100)]);
    await opened.storage.verify();
    const [first] = await filesIn(folder);
    const [home, number] = first!.split("/").at(-1)!.split("-").map(Number);
    for (let next = number! + 1; next < number! + 40; next++) {
      const inside = join(folder, (next % 256).toString(16).padStart(2, "0"));
      await Deno.mkdir(inside, { recursive: true });
      await Deno.writeTextFile(
        join(inside, `${home}-${next}`),
        "of another time",
      );
    }
    await inbox.append([large(200)]);
    assertEquals(await inbox.readSource(uid(2)), large(200).source);
    for (const file of await filesIn(folder)) {
      const { size } = await Deno.stat(join(folder, file));
      if (size === 15) await Deno.remove(join(folder, file));
    }
  },
);

withFiles("more files than are open at a time", async (open, folder) => {
  await using opened = await open();
  const { inbox } = opened;
  const count = 150;
  await inbox.append(
    Array.from({ length: count }, (_, at) => large(1_000 + at)),
  );
  assertEquals(await opened.storage.verify(), []);
  assertEquals((await filesIn(folder)).length, count);
  for (let round = 0; round < 2; round++) {
    for (let at = 0; at < count; at++) {
      const bytes = await inbox.readSource(uid(at + 1), 990);
      assertEquals(bytes, large(1_000 + at).source.subarray(990));
    }
  }
});

Deno.test("KV, files: beside a file, and not where there is none", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "imapd.kv");
    for (const where of [path, ":memory:"]) {
      await using storage = await openKvStorage({ path: where });
      const account = await storage.openAccount("u");
      const inbox = await account.openMailbox("INBOX");
      await inbox.append([large(262_144), large(262_143), ...messages(1)]);
      assertEquals(await storage.verify(), []);
      const files = await filesIn(`${where}.bodies`);
      assertEquals(files.length, where === path ? 1 : 0);
      assertEquals(await storage.filesSize(), where === path ? 262_144 : 0);
      assertEquals(text(await inbox.readSource(uid(3))), "m1");
      inbox.close();
      account.close();
    }
    const { mode } = await Deno.stat(`${path}.bodies`);
    if (Deno.build.os !== "windows") assertEquals(mode! & 0o77, 0);
    assertNotEquals(mode, undefined);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
