import { assertEquals } from "@std/assert";
import { Committer } from "./commit.ts";
import { Counter } from "./counter.ts";
import { ALONE } from "./freshness.ts";
import { NO_LOCKS } from "./locks.ts";

Deno.test("numbers are given once, whoever asks", async () => {
  const kv = await Deno.openKv(":memory:");
  const committer = new Committer(kv, {
    maxChecks: 10,
    remote: false,
    freshness: ALONE,
    locks: NO_LOCKS,
    onFault: console.error,
  });
  const counters = [1, 2, 3].map(() => new Counter(kv, committer, "test", 7));
  const given: number[] = [];
  await Promise.all(
    counters.flatMap((counter) =>
      Array.from({ length: 30 }, async (_, i) => {
        const count = 1 + i % 10;
        const first = await counter.take(count);
        for (let n = 0; n < count; n++) given.push(first + n);
      })
    ),
  );
  assertEquals(new Set(given).size, given.length);
  assertEquals(given.length, 3 * 3 * 55);
  kv.close();
});
