import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
} from "@std/assert";
import { PasswordHasher } from "./password.ts";
import { PasswordMemory } from "./password_memory.ts";
import {
  formatPasswordRecord,
  parsePasswordRecord,
} from "./password_record.ts";

const COST = { memory: 8, iterations: 1, parallelism: 1 };

Deno.test("a hash is a PHC string that its password alone fits", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const phc = await hasher.hash("pässword");
  assertMatch(phc, /^\$argon2id\$v=19\$m=8,t=1,p=1\$[^$=]{22}\$[^$=]{43}$/);
  assert(await hasher.verify("pässword", phc));
  assertFalse(await hasher.verify("password", phc));
  assertFalse(await hasher.verify("pässword", undefined));
  assert(phc !== await hasher.hash("pässword"));
});

Deno.test("a hash made by another implementation is understood", async () => {
  // From the reference implementation's own tests: "password", "somesalt", t=2, m=2^8, p=1.
  using hasher = new PasswordHasher();
  const phc =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
  assert(await hasher.verify("password", phc));
  assertFalse(await hasher.verify("differentpassword", phc));
});

Deno.test("a closed hasher rejects what waits and what comes", async () => {
  const hasher = new PasswordHasher({ cost: COST });
  const waiting = [hasher.hash("a"), hasher.hash("b")];
  hasher.close();
  for (const promise of waiting) {
    await assertRejects(() => promise, Error, "closed");
  }
  await assertRejects(() => hasher.hash("c"), Error, "closed");
});

Deno.test("threads without work end, and start again", async () => {
  using hasher = new PasswordHasher({ cost: COST, idleTime: 0 });
  const phc = await hasher.hash("a");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert(await hasher.verify("a", phc));
});

Deno.test("records: written and read are the same, others are none", () => {
  const salt = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const record = { ...COST, salt, hash: new Uint8Array(32).fill(9) };
  const text = formatPasswordRecord(record);
  assertEquals(parsePasswordRecord(text), record);
  for (
    const wrong of [
      "",
      "secret",
      text.replace("argon2id", "argon2i"),
      text.replace("v=19", "v=16"),
      text.replace("m=8", "m=7"),
      text.replace("m=8", "m=9999999"),
      text.replace("t=1", "t=0"),
      text.replace("t=1", "t=101"),
      text.replace("p=1", "p=0"),
      text.slice(0, -1) + "$",
      text + "\n",
    ]
  ) assertEquals(parsePasswordRecord(wrong), undefined, wrong);
});

Deno.test("the memory forgets what was not used for longest", () => {
  const memory = new PasswordMemory(2);
  const [a, b, c] = ["a", "b", "c"].map((user) => memory.key(user, "h", "p"));
  memory.add(a!);
  memory.add(b!);
  assert(memory.has(a!));
  memory.add(c!);
  assert(memory.has(a!));
  assertFalse(memory.has(b!));
  assert(memory.key("ab", "c", "p") !== memory.key("a", "bc", "p"));
});
