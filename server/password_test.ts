import {
  assert,
  assertFalse,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { PasswordHasher } from "./password.ts";
import { PasswordMemory } from "./password_memory.ts";

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

Deno.test("a record is outdated where it was made otherwise", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  const phc = await hasher.hash("a");
  assertFalse(hasher.isOutdated(phc));
  for (const [from, to] of [["m=8", "m=9"], ["t=1", "t=2"], ["p=1", "p=2"]]) {
    assert(hasher.isOutdated(phc.replace("m=8", "m=16").replace(from!, to!)));
  }
  assert(hasher.isOutdated("{PLAIN}a"));
  assert(hasher.isOutdated("$2b$04$abcdefghijklmnopqrstuu" + "a".repeat(31)));
  assertFalse(hasher.isOutdated("no record"));
  assertFalse(
    hasher.isOutdated(
      "{SCRAM-SHA-1}4096,goVkTUigfbDjWMAocSzU2A==,IN6X0pxQnNBTorDvi2mC1LtaYkw=,KBQcOHvkWfxlUffhGmAbNsDwdRM=",
    ),
  );
});

Deno.test("passwords that are empty or too long are none", async () => {
  using hasher = new PasswordHasher({ cost: COST });
  for (const password of ["", "x".repeat(1_025), "\u00e9".repeat(513)]) {
    await assertRejects(() => hasher.hash(password), TypeError, "1,024");
    assertFalse(await hasher.verify(password, await hasher.hash("x")));
    assertFalse(await hasher.verify(password, `{PLAIN}${password}`));
  }
  const longest = "x".repeat(1_024);
  assert(await hasher.verify(longest, await hasher.hash(longest)));
});

Deno.test("a cost that cannot be is refused", () => {
  for (const memory of [7, 8.5, NaN, 2 ** 22]) {
    assertThrows(
      () => new PasswordHasher({ cost: { ...COST, memory } }),
      TypeError,
      "cost",
    );
  }
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
