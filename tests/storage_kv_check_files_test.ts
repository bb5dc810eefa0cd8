/** Sources in files, broken on purpose: what a check finds, and what a repair makes of it. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ByteWriter } from "../storage/kv/binary.ts";
import { bytes } from "../testing/conformance/harness.ts";
import { filesIn } from "./storage/body_folders.ts";
import {
  B,
  BAD,
  broken as brokenDatabase,
  type Case,
  type Expected,
  INBOX,
  same,
} from "./storage/broken_database.ts";

/** A test of a database with files. */
function broken(
  name: string,
  expected: Expected,
  spoil: (db: Case, file: string) => Promise<void>,
): void {
  brokenDatabase(name, { ...expected, inFiles: true }, async (db) => {
    const { folder, ids } = db;
    const files = await filesIn(folder);
    assertEquals(files.length, 2);
    const file = files.find((one) => one.includes(`/${ids[INBOX]}-`));
    await spoil(db, join(folder, file!));
  });
}

/** The large messages of alice are no longer there. */
function withoutLarge(before: Record<string, string[]>): void {
  for (const name of [INBOX, B]) {
    before[name] = before[name]!.filter((line) => !line.includes("large"));
  }
}

broken("a file that is missing", {
  finds: ["message", "its source of 200000 bytes is missing"],
  compare: (before, after) => {
    withoutLarge(before);
    same(before, after);
  },
}, (_, file) => Deno.remove(file));

broken("a file that is not whole", {
  finds: ["message", "its source has 1000 bytes, not 200000"],
  compare: (before, after) => {
    assertEquals(after["alice Lost+Found/Messages"], [
      "1 large xxxxxx 1000  anew 1000",
    ]);
    delete after["alice Lost+Found/Messages"];
    withoutLarge(before);
    same(before, after);
  },
}, (_, file) => Deno.truncate(file, 1_000));

broken(
  "a file that no message has",
  {
    finds: ["content", "no message has it, 3 bytes"],
  },
  ({ folder }) =>
    Deno.writeFile(join(folder, "a1", "3-161"), bytes("abc")).catch(
      async () => {
        await Deno.mkdir(join(folder, "a1"));
        await Deno.writeFile(join(folder, "a1", "3-161"), bytes("abc"));
      },
    ),
);

broken("a file whose message was never stored", {
  finds: ["unfinished", "its message never came to be stored"],
}, ({ folder }) => Deno.writeFile(join(folder, "new", "3-2000"), bytes("abc")));

broken("a file that the database does not know of", {
  finds: ["content", "it is in a file that the database does not know of"],
}, async ({ kv, ids }) => {
  let removed = 0;
  for await (const { key } of kv.list({ prefix: ["body", ids[INBOX]!] })) {
    if (key[3] !== -1) continue;
    await kv.delete(key);
    removed++;
  }
  assertEquals(removed, 1);
});

broken("a file of what is in chunks", {
  finds: ["content", "there is a file of its name, too"],
}, async ({ kv, ids, folder }) => {
  for await (const { key } of kv.list({ prefix: ["body", ids[INBOX]!] })) {
    if (key[3] === -1) continue;
    const inside = ((key[2] as number) % 256).toString(16).padStart(2, "0");
    await Deno.mkdir(join(folder, inside), { recursive: true });
    const path = join(folder, inside, `${ids[INBOX]}-${key[2] as number}`);
    await Deno.writeFile(path, bytes("abc"));
    return;
  }
  assert(false);
});

broken("files that are smaller than any should be", {
  finds: ["value", "though one has 200000"],
}, async ({ kv }) => {
  const value = new ByteWriter(9).u8(1).f64(300_000).bytes();
  await kv.set(["body-files"], value);
});

broken("sizes of files that cannot be read", {
  finds: ["value", "it cannot be read which sources may be in files"],
}, async ({ kv }) => void await kv.set(["body-files"], BAD));
