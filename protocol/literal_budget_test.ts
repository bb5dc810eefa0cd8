import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { LiteralBudget } from "./literal_budget.ts";

const limits = { literalsInMemory: 100, literalsInMemoryPerUser: 60 };

Deno.test("room is taken as long as there is some, and comes back", () => {
  const budget = new LiteralBudget(() => limits);
  assert(budget.tryTake(60, "alice"));
  assert(budget.tryTake(40, "bob"));
  assertFalse(budget.tryTake(1, "carol"));
  budget.release(60, "alice");
  assert(budget.tryTake(60, "carol"));
  assertEquals(budget.taken, 100);
});

Deno.test("a user has a share, and one large literal all the same", () => {
  const budget = new LiteralBudget(() => limits);
  assert(budget.tryTake(50, "alice"));
  assertFalse(budget.tryTake(11, "alice"));
  assert(budget.tryTake(10, "alice"));
  budget.release(60, "alice");
  assert(budget.tryTake(90, "alice"));
  budget.release(90, "alice");
  assert(budget.tryTake(1_000, "alice"));
  assertFalse(budget.tryTake(1, "bob"));
  budget.release(1_000, "alice");
  assertEquals(budget.taken, 0);
});

Deno.test("who waits is served in order, but nobody waits for another user's share", async () => {
  const budget = new LiteralBudget(() => limits);
  const served: string[] = [];
  const wait = (name: string, bytes: number, user: string) => {
    const waiting = budget.wait(bytes, user);
    waiting.granted.then(() => served.push(name));
    return waiting;
  };
  assert(budget.tryTake(60, "alice"));
  wait("alice again", 10, "alice");
  assert(budget.tryTake(20, "bob"));
  wait("carol, large", 40, "carol");
  wait("dave, small", 5, "dave");
  await Promise.resolve();
  assertEquals(served, []);
  assertFalse(budget.tryTake(5, "erin"), "not before those who wait");
  budget.release(20, "bob");
  await Promise.resolve();
  assertEquals(served, ["carol, large"]);
  budget.release(60, "alice");
  await Promise.resolve();
  assertEquals(served.slice(1).toSorted(), ["alice again", "dave, small"]);
});

Deno.test("who waits no more is in nobody's way", async () => {
  const budget = new LiteralBudget(() => limits);
  assert(budget.tryTake(90, "alice"));
  const large = budget.wait(50, "bob");
  const small = budget.wait(10, "carol");
  assert(large.leave());
  await small.granted;
  assertFalse(small.leave(), "the room is taken already");
  assertEquals(budget.taken, 100);
});

Deno.test("whatever is taken, waited for and given back, nothing is over or lost", () => {
  const user = fc.constantFrom("alice", "bob", undefined);
  const step = fc.record({ bytes: fc.integer({ min: 1, max: 70 }), user });
  return fc.assert(fc.asyncProperty(fc.array(step), async (steps) => {
    const budget = new LiteralBudget(() => limits);
    const held: typeof steps = [];
    for (const [index, one] of steps.entries()) {
      if (index % 3 === 2 && held.length > 0) {
        const { bytes, user } = held.shift()!;
        budget.release(bytes, user);
      } else if (budget.tryTake(one.bytes, one.user)) held.push(one);
      else budget.wait(one.bytes, one.user).granted.then(() => held.push(one));
      await Promise.resolve();
      const sum = held.reduce((sum, { bytes }) => sum + bytes, 0);
      assertEquals(budget.taken, sum);
      assert(sum <= 100);
    }
    // Nobody waits for ever.
    for (let one; (one = held.shift()) !== undefined;) {
      budget.release(one.bytes, one.user);
      await Promise.resolve();
    }
    assertEquals(budget.taken, 0);
  }));
});
