import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { OwnCounts, SharedCounts } from "./counts.ts";

const steps = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 40 }).map((n) => `user ${n}`),
    up: fc.boolean(),
  }),
  { maxLength: 300 },
);

Deno.test("counts in shared memory are what counts of one thread are", () => {
  fc.assert(fc.property(steps, (steps) => {
    const own = new OwnCounts();
    const shared = SharedCounts.for(41);
    const other = new SharedCounts(shared.memory);
    for (const [index, { key, up }] of steps.entries()) {
      const counts = index % 2 === 0 ? shared : other;
      if (up) assertEquals(counts.add(key, 3), own.add(key, 3));
      else {
        counts.remove(key);
        own.remove(key);
      }
      assertEquals(other.of(key), own.of(key));
    }
    for (let n = 0; n <= 40; n++) {
      assertEquals(shared.of(`user ${n}`), own.of(`user ${n}`));
    }
  }));
});

Deno.test("threads that count at once lose nothing", async () => {
  const counts = SharedCounts.for(8);
  const source = `
    import { SharedCounts } from ${
    JSON.stringify(import.meta.resolve("./counts.ts"))
  };
    self.onmessage = ({ data }) => {
      const counts = new SharedCounts(data);
      for (let n = 0; n < 2_000; n++) {
        counts.add("all", Infinity);
        counts.add("pair " + n % 7, Infinity);
        counts.remove("pair " + n % 7);
      }
      self.postMessage("done");
    };`;
  const url = `data:application/typescript,${encodeURIComponent(source)}`;
  const workers = [1, 2].map(() => new Worker(url, { type: "module" }));
  await Promise.all(workers.map((worker) =>
    new Promise((resolve) => {
      worker.onmessage = resolve;
      worker.postMessage(counts.memory);
    })
  ));
  for (const worker of workers) worker.terminate();
  assertEquals(counts.of("all"), 4_000);
  for (let n = 0; n < 7; n++) assertEquals(counts.of(`pair ${n}`), 0);
});
