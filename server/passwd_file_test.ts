import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { ScramHash } from "../protocol/sasl/server.ts";
import { makeScramRecord } from "./scram_record.ts";
import { PasswdFile, type PasswdFileOptions } from "./passwd_file.ts";

const HASH = "{SSHA}0MGT6/9DR1SPo4jAq/59+QgIqEtV2hR0";

/** Calls back with a file, and with what reads it. */
async function withFile(
  text: string,
  body: (file: PasswdFile, path: string) => Promise<void>,
  options: PasswdFileOptions = {},
): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    const path = join(dir, "users");
    await Deno.writeTextFile(path, text);
    await body(await PasswdFile.open(path, { interval: 0, ...options }), path);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("lines are users", async () => {
  const text = [
    "# Users",
    "",
    `alice:${HASH}:1000:1000::/home/alice::userdb_quota_rule=*:storage=1G`,
    "bob:{PLAIN}geheim",
    `carol@example.com:$2y$06$......................LlrHE.PBZavRp1Br9ZKhi8SOMUWPCBG:::::\r`,
    "nobody::::::",
    "noone",
    `gone:${HASH}::::::userdb_mail=x nologin`,
    `guarded:${HASH}::::::allow_nets=192.168.0.0/16,::1`,
    `elsewhere:${HASH}::::::proxy=y host=10.0.0.1`,
    "old:{MD5-CRYPT}$1$jgZAuFqN$yuEpcn69/DxMck7mvkE2C/",
    "bare:secret",
    "alice:{PLAIN}other",
    " spaced:{PLAIN}x",
    `${"x".repeat(5_000)}:{PLAIN}x`,
    "zoe\u0308:{PLAIN}x",
  ];
  await withFile(text.join("\n"), async (file) => {
    const get = (name: string) => file.get(name);
    assertEquals(await get("alice"), { name: "alice", passwordHash: HASH });
    assertEquals(await get("bob"), { name: "bob", password: "geheim" });
    assertEquals(await get("carol@example.com"), {
      name: "carol@example.com",
      passwordHash:
        "$2y$06$......................LlrHE.PBZavRp1Br9ZKhi8SOMUWPCBG",
    });
    assertEquals(await get("zo\u00eb"), { name: "zo\u00eb", password: "x" });
    for (
      const name of [
        "nobody",
        "noone",
        "gone",
        "guarded",
        "elsewhere",
        "old",
        "bare",
      ]
    ) assertEquals(await get(name), { name, disabled: true });
    for (const name of ["", "# Users", "spaced", " spaced", "toString"]) {
      assertEquals(await get(name), undefined, name);
    }
    assertEquals(file.size, 11);
    assertEquals(await file.sample(), [
      HASH,
      "$2y$06$......................LlrHE.PBZavRp1Br9ZKhi8SOMUWPCBG",
    ]);
  });
  await withFile("\ufeffAlice:{PLAIN}x\n", async (file) => {
    assertEquals((await file.get("alice"))?.password, "x");
  }, { caseInsensitive: true });
});

Deno.test("a file that has changed is read again, one that is gone leaves its users", async () => {
  await withFile("alice:{PLAIN}one\n", async (file, path) => {
    const password = async () => (await file.get("alice"))?.password;
    // In place, of the same length, within the same moment.
    await Deno.writeTextFile(path, "alice:{PLAIN}two\n");
    assertEquals(await password(), "two");
    await Deno.writeTextFile(`${path}.new`, "alice:{PLAIN}six\n");
    await Deno.rename(`${path}.new`, path);
    assertEquals(await password(), "six");
    await Deno.remove(path);
    assertEquals(await password(), "six");
    await Deno.writeTextFile(path, "bob:{PLAIN}x\n");
    assertEquals(await password(), undefined);
    await Deno.utime(path, new Date(1e12), new Date(1e12));
    assertEquals((await file.get("bob"))?.password, "x");
  });
});

Deno.test("the file is looked at once in a while, and once for all who ask", async () => {
  await withFile("alice:{PLAIN}one\n", async (file, path) => {
    await Deno.writeTextFile(path, "alice:{PLAIN}other\n");
    assertEquals((await file.get("alice"))?.password, "one");
  }, { interval: 3_600_000 });
  await withFile("alice:{PLAIN}one\n", async (file, path) => {
    await Deno.writeTextFile(path, "alice:{PLAIN}other\n");
    const all = await Promise.all(
      Array.from({ length: 10 }, () => file.get("alice")),
    );
    assertEquals(new Set(all.map((user) => user?.password)).size, 1);
    assertEquals(all[0]?.password, "other");
  });
});

Deno.test("a file that is not there, or too long, is none", async () => {
  await assertRejects(() => PasswdFile.open("none"), Deno.errors.NotFound);
  const open = (options: PasswdFileOptions) =>
    withFile("a:x\nb:x\nc:x\n", async () => {}, options);
  await open({ maxLines: 3, maxSize: 12 });
  await assertRejects(() => open({ maxLines: 2 }), RangeError, "lines");
  await assertRejects(() => open({ maxSize: 11 }), RangeError, "bytes");
});

Deno.test("a hundred thousand users, of whom a hundred stand for all", async () => {
  const lines = Array.from({ length: 100_000 }, (_, n) => `user${n}:${HASH}::`);
  await withFile(lines.join("\n"), async (file) => {
    assertEquals(file.size, 100_000);
    const user = await file.get("user99999");
    assertEquals(user?.passwordHash, HASH);
    assertEquals((await file.sample()).length, 100);
  }, { interval: 3_600_000 });
});

Deno.test("by which SCRAM all users can log in", async () => {
  const [sha256, other] = [
    await makeScramRecord("secret"),
    await makeScramRecord("secret", { hash: "SHA-1" }),
  ];
  const cases: readonly [text: string, hashes: readonly ScramHash[]][] = [
    ["", ["SHA-256", "SHA-1"]],
    ["alice:{PLAIN}x\nbob:\n", ["SHA-256", "SHA-1"]],
    [`alice:{PLAIN}x\nbob:${sha256}\n`, ["SHA-256"]],
    [`alice:${other}\ngone:${sha256}::::::nologin\n`, ["SHA-1"]],
    [`alice:${other}\nbob:${sha256}\n`, []],
    [`alice:${HASH}\nbob:{PLAIN}x\n`, []],
  ];
  for (const [text, hashes] of cases) {
    await withFile(text, (file) => {
      assertEquals([...file.scram], hashes, text);
      return Promise.resolve();
    });
  }
});
