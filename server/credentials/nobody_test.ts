import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { HashJob } from "./job.ts";
import { Nobody } from "./nobody.ts";

const salt = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const pbkdf2: HashJob = { kind: "pbkdf2", salt, iterations: 1, length: 20 };
const bcrypt = (cost: number): HashJob => ({ kind: "bcrypt", salt, cost });
const names = Array.from({ length: 1_000 }, (_, n) => `user${n}`);

Deno.test("nobody costs what all users do", () => {
  const nobody = new Nobody(pbkdf2);
  assertEquals(nobody.job("alice"), pbkdf2);
  nobody.note(bcrypt(5));
  for (const name of names) {
    const job = nobody.job(name);
    assertEquals({ ...job, salt }, bcrypt(5));
    // The record's own salt stays where it is.
    assertNotEquals(job.salt, salt);
  }
});

Deno.test("where users differ, nobodies do, and each stays the same", () => {
  const nobody = new Nobody(pbkdf2);
  for (let n = 0; n < 30; n++) nobody.note(bcrypt(n % 3 === 0 ? 5 : 6));
  const costOf = (name: string) => {
    const job = nobody.job(name);
    assert(job.kind === "bcrypt");
    return job.cost;
  };
  const costs = names.map(costOf);
  assertEquals(names.map(costOf), costs);
  // A third, give or take nine standard deviations.
  const cheap = costs.filter((cost) => cost === 5).length;
  assert(cheap > 200 && cheap < 470, `${cheap}`);
});

Deno.test("what was met long ago fades, and the number of kinds is bounded", () => {
  const nobody = new Nobody(pbkdf2);
  nobody.note(bcrypt(5));
  for (let n = 0; n < 20_000; n++) nobody.note(bcrypt(6));
  for (const name of names) {
    assertEquals({ ...nobody.job(name), salt }, bcrypt(6));
  }
  const many = new Nobody(pbkdf2);
  for (let n = 0; n < 1_000; n++) many.note(bcrypt(n));
  const seen = new Set(names.map((name) => JSON.stringify(many.job(name))));
  assert(seen.size <= 32, `${seen.size}`);
});
