import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { inBlocks, Pace } from "../../../storage/pace.ts";
import { mergeSort } from "./merge_sort.ts";

/** Numbers, as many as need none, one or several merges, of which many are equal. */
const lists = fc.record({
  length: fc.oneof(
    fc.nat(50),
    fc.constantFrom(2_048, 2_049, 6_144, 10_000, 16_384, 16_385, 50_000),
  ),
  seed: fc.integer(),
  span: fc.constantFrom(1, 3, 1_000, 2 ** 32),
}).map(({ length, seed, span }) => {
  let state = seed;
  return Float64Array.from({ length }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return (state >>> 0) % span;
  });
});

Deno.test("mergeSort() sorts as Array.sort() does", async () => {
  await fc.assert(
    fc.asyncProperty(lists, async (list) => {
      const sorted = list.slice();
      await mergeSort(sorted, undefined, new Pace());
      assertEquals(sorted, Float64Array.from([...list].sort((a, b) => a - b)));

      // By half of what they are, so that it shows whether equals stay as they are.
      const byHalf = (a: number, b: number) =>
        (list[a]! >> 1) - (list[b]! >> 1);
      const places = Uint32Array.from(list, (_, at) => at);
      await mergeSort(places, byHalf, new Pace());
      assertEquals(
        [...places],
        Array.from(list, (_, at) => at).sort(byHalf),
      );
    }),
    { numRuns: 40 },
  );
});

/** A pace that is due at each look. */
function restless(): { pace: Pace; rests: () => number } {
  let now = 0;
  let rests = 0;
  const pace = new Pace(() => now += 100);
  pace.rest = () => Promise.resolve(void rests++);
  return { pace, rests: () => rests };
}

Deno.test("mergeSort() and inBlocks() rest", async () => {
  const list = Float64Array.from({ length: 100_000 }, (_, at) => -at);
  for (const compare of [undefined, (a: number, b: number) => a - b]) {
    const { pace, rests } = restless();
    await mergeSort(list.slice(), compare, pace);
    assert(rests() > 100);
  }
  const { pace, rests } = restless();
  const done: number[] = [];
  await inBlocks(20_000, pace, (at) => void done.push(at));
  assertEquals(done, Array.from({ length: 20_000 }, (_, at) => at));
  assert(rests() >= 4);
});
