import { assert, assertEquals } from "@std/assert";
import { UidValidities } from "./uid_validities.ts";

Deno.test("no UIDVALIDITY comes twice, in this process or the next", () => {
  let now = 1_000_000_500;
  const first = new UidValidities(() => now);
  const given = [first.next("a"), first.next("a"), first.next("a")];
  assertEquals(new Set(given).size, 3);
  assertEquals(given.toSorted((a, b) => a - b), given);
  assert(given[0]! > 1_000_000);
  now += 3_000;
  assertEquals(first.next("a"), 1_000_004);
  now += 1_000;
  const second = new UidValidities(() => now);
  assert(second.next("a") > 1_000_004);
});

Deno.test("a clock that goes back changes nothing", () => {
  let now = 5_000_000;
  const validities = new UidValidities(() => now);
  const before = validities.next("a");
  now = 1_000;
  assert(validities.next("a") > before);
});
