import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { resultsIn } from "./partial.ts";
import { rounds } from "../../../tests/shards/part.ts";

Deno.test("resultsIn() gives what counting the results one by one gives", () => {
  const end = fc.oneof(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 0xffff_ffff }),
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { maxLength: 10 }),
      fc.boolean(),
      end,
      end,
      (numbers, fromEnd, a, b) => {
        const results = Uint32Array.from(numbers).sort();
        const { length } = results;
        const wanted = [...results].filter((_, index) => {
          const place = fromEnd ? length - index : index + 1;
          return place >= Math.min(a, b) && place <= Math.max(a, b);
        });
        assertEquals(
          [...resultsIn({ fromEnd, ends: [a, b] }, results)],
          wanted,
        );
      },
    ),
    { seed: 1, numRuns: rounds(300) },
  );
});
