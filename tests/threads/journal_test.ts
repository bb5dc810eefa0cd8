/** Storages of several threads behind one journal: how it begins, ends, and what a crash leaves. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  type KvShare,
  type KvStorage,
  type KvStorageOptions,
  openKvStorage,
} from "../../storage/kv/mod.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import {
  contents,
  message,
  text,
  uid,
} from "../../testing/conformance/harness.ts";

/** A storage and the INBOX of its user. */
interface Side extends AsyncDisposable {
  readonly storage: KvStorage;
  readonly account: Account;
  readonly inbox: Mailbox;
}

async function open(options: KvStorageOptions): Promise<Side> {
  const storage = await openKvStorage({ gracePeriod: 0, ...options });
  const account = await storage.openAccount("u");
  const inbox = await account.openMailbox("INBOX");
  return {
    storage,
    account,
    inbox,
    async [Symbol.asyncDispose]() {
      inbox.close();
      account.close();
      await storage.close();
    },
  };
}

/** The first thread, and one that it has given a share to. */
async function openTwo(path: string): Promise<[Side, Side, KvShare]> {
  const first = await open({ path, threads: true, journal: true });
  const share = first.storage.share();
  return [first, await open({ share }), share];
}

async function withFolder(
  work: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(join(folder, "imapd.kv"), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** What a crash now would leave, in a folder of its own. */
async function crash(folder: string): Promise<string> {
  const copy = await Deno.makeTempDir();
  for (const { name, isFile } of await Array.fromAsync(Deno.readDir(folder))) {
    if (!isFile || name.endsWith("-shm")) continue;
    await Deno.copyFile(join(folder, name), join(copy, name));
  }
  return copy;
}

/** What is in INBOX when nobody else is there. */
async function look(folder: string, options: KvStorageOptions = {}) {
  const path = join(folder, "imapd.kv");
  const left = await open({ path, ...options });
  try {
    assertEquals(await left.storage.verify(), []);
    return contents(left.inbox);
  } finally {
    await left[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what two threads write is in the journal, each sees it, and an orderly end leaves none", () =>
  withFolder(async (path, folder) => {
    const [first, second] = await openTwo(path);
    assert(await isThere(`${path}.journal`));
    const before = await crash(folder);
    const names = ["the first one's", "the second one's"];
    await first.inbox.append([message(names[0]!)]);
    await second.inbox.append([message(names[1]!)]);
    const after = await crash(folder);
    const journal = new TextDecoder("latin1").decode(
      await Deno.readFile(`${path}.journal`),
    );
    assert(names.every((name) => journal.includes(name)));
    for (const { inbox } of [first, second]) {
      await inbox.refresh();
      assertEquals(inbox.state.length, 2);
      for (const [n, name] of names.entries()) {
        assertEquals(text(await inbox.readSource(uid(n + 1))), name);
      }
    }
    await second[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    assertEquals(await isThere(`${path}.journal`), false);
    assertEquals(await look(before), {});
    const both = { 1: [], 2: [] };
    assertEquals(await look(after), both);
    await using again = await open({ path });
    assertEquals(contents(again.inbox), both);
  }));

for (
  const [how, options] of Object.entries<KvStorageOptions>({
    "without a journal": {},
    "with one": { journal: true },
    "for threads": { threads: true },
    "for threads with one": { threads: true, journal: true },
  })
) {
  Deno.test(`what threads have left in a journal is brought in when it is opened ${how}`, () =>
    withFolder(async (path, folder) => {
      const [first, second] = await openTwo(path);
      for (let n = 0; n < 20; n++) {
        await second.inbox.append([message(`${n}`)]);
      }
      await first.inbox.storeFlags(Uint32Array.of(3), {
        mode: "add",
        flags: ["x"],
      });
      await second.inbox.expunge(Uint32Array.of(1));
      const left = await crash(folder);
      await second[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
      const found = await look(left, options);
      assertEquals(Object.keys(found).length, 19);
      assertEquals(found[3], ["x"]);
    }));
}

Deno.test("a thread that begins late sees all, and the end of one harms nobody", () =>
  withFolder(async (path) => {
    const [first, second, share] = await openTwo(path);
    for (let n = 0; n < 100; n++) await second.inbox.append([message("m")]);
    const late = await open({ share: first.storage.share() });
    assertEquals(late.inbox.state.length, 100);
    await late.inbox.append([message("n")]);
    // It ends where it stands.
    first.storage.unshare(share);
    share.port.close();
    await first.inbox.append([message("o")]);
    await late.inbox.refresh();
    assertEquals(late.inbox.state.length, 102);
    assertEquals(text(await late.inbox.readSource(uid(102))), "o");
    await late[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    assertEquals(await isThere(`${path}.journal`), false);
    await Promise.allSettled([second[Symbol.asyncDispose]()]);
    await using again = await open({ path });
    assertEquals(again.inbox.state.length, 102);
  }));

Deno.test("where no journal can be begun, threads go on without", () =>
  withFolder(async (path) => {
    const faults: unknown[] = [];
    const onFault = (error: unknown) => faults.push(error);
    const { sync } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.sync = () => Promise.reject(new Error("disk full"));
    const first = await open({ path, threads: true, journal: true, onFault })
      .finally(() => Deno.FsFile.prototype.sync = sync);
    const second = await open({ share: first.storage.share(), onFault });
    assertEquals(faults.map((error) => (error as Error).message), [
      "disk full",
    ]);
    assertEquals(await isThere(`${path}.journal`), false);
    await second.inbox.append([message("a")]);
    await first.inbox.refresh();
    assertEquals(first.inbox.state.length, 1);
    await second[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
  }));
