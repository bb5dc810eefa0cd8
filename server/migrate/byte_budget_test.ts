import { assertEquals } from "@std/assert";
import { ByteBudget } from "./byte_budget.ts";

Deno.test("who waits is served in order, and a large one is not overtaken for ever", async () => {
  const budget = new ByteBudget(10);
  assertEquals(await budget.take(6), 6);
  const order: string[] = [];
  const large = budget.take(8).then(() => order.push("large"));
  const small = budget.take(1).then(() => order.push("small"));
  assertEquals(budget.tryTake(1), undefined);
  budget.release(6);
  await Promise.all([large, small]);
  assertEquals(order, ["large", "small"]);
  assertEquals(budget.tryTake(2), undefined);
  assertEquals(budget.tryTake(1), 1);
});

Deno.test("more than there is takes all of it", async () => {
  const budget = new ByteBudget(10);
  assertEquals(await budget.take(1_000), 10);
  assertEquals(budget.tryTake(1), undefined);
  budget.release(10);
  assertEquals(budget.tryTake(1_000), 10);
});
