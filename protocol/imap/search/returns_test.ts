import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Encoder } from "../../wire/encoder.ts";
import { format } from "../../wire/sequence_set.ts";
import { writeSet } from "./returns.ts";

/** Numbers in runs, as many as take one piece or several. */
const lists = fc.array(
  fc.tuple(
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.integer({ min: 1, max: 6_000 }),
  ),
  { minLength: 1, maxLength: 8 },
).map((runs) =>
  Uint32Array.from(
    runs.flatMap(([first, length]) =>
      Array.from({ length }, (_, at) => first + at)
    ),
  )
);

Deno.test("writeSet() writes in pieces what format() writes at once", async () => {
  await fc.assert(
    fc.asyncProperty(lists, async (numbers) => {
      const out = new Encoder();
      let rests = 0;
      await writeSet(out, numbers, () => {
        rests++;
        return rests % 2 === 0 ? Promise.resolve() : undefined;
      });
      assertEquals(new TextDecoder().decode(out.take()), format(numbers));
      assert(rests <= 1 + numbers.length / 4_096);
      writeSet(out, numbers);
      assertEquals(new TextDecoder().decode(out.take()), format(numbers));
    }),
    { numRuns: 30 },
  );
  const scattered = Uint32Array.from(
    { length: 50_000 },
    (_, at) => 60_000 - at,
  );
  let rests = 0;
  const out = new Encoder();
  await writeSet(out, scattered, () => void rests++);
  assertEquals(rests, 13);
});
