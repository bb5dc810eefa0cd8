import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { hashPassword } from "./hash_password.ts";
import { PasswordHasher } from "./password.ts";

Deno.test("passwords are hashed one after the other, at the cost that is asked for", async () => {
  const cost = { memory: 64, iterations: 3 };
  const [first, second] = await Promise.all([
    hashPassword("cafe\u0301", cost),
    hashPassword("caf\u00e9", cost),
  ]);
  assertMatch(first, /^\$argon2id\$v=19\$m=64,t=3,p=1\$/);
  assert(first !== second);
  using hasher = new PasswordHasher();
  for (const hash of [first, second]) {
    assertEquals(await hasher.verify("caf\u00e9", hash), true);
  }
});

Deno.test("what cannot be hashed is refused, and what comes behind it is not", async () => {
  const cost = { memory: 8, iterations: 1 };
  const refused = [
    hashPassword(""),
    hashPassword("x".repeat(1_025)),
    hashPassword("x", { memory: 1 }),
    hashPassword("x", { memory: 1_048_576, iterations: 100 }),
  ];
  const good = hashPassword("x", cost);
  for (const one of refused) await assertRejects(() => one, TypeError);
  assertMatch(await good, /^\$argon2id\$/);
});
