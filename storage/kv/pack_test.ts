import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { SUMMARIES } from "./collect.ts";
import { changePages } from "./pack.ts";
import { MAX_PAGE } from "./summary_page.ts";

/** Changes to values by number: how long each becomes, or 0 to take it out. */
const rounds = fc.array(
  fc.dictionary(
    fc.integer({ min: 1, max: 60 }).map(String),
    fc.integer({ min: 0, max: 8000 }),
    { maxKeys: 30 },
  ),
  { maxLength: 6 },
);

Deno.test("pages hold what a map would", async () => {
  await fc.assert(
    fc.asyncProperty(rounds, async (rounds) => {
      const kv = await Deno.openKv(":memory:");
      const expected = new Map<number, number>();
      for (const round of rounds) {
        const changes = new Map<number, () => Uint8Array | undefined>();
        for (const [key, length] of Object.entries(round)) {
          const number = Number(key);
          changes.set(
            number,
            () => length === 0 ? undefined : new Uint8Array(length),
          );
          if (length === 0) expected.delete(number);
          else expected.set(number, length);
        }
        const done: number[] = [];
        for await (
          const { numbers, writes } of changePages(kv, SUMMARIES, 1, changes)
        ) {
          done.push(...numbers);
          for (const [key, value] of writes) {
            if (value === null) await kv.delete(key);
            else await kv.set(key, value);
          }
        }
        assertEquals(done, [...changes.keys()].sort((a, b) => a - b));
      }
      const found = new Map<number, number>();
      let last = 0;
      for await (
        const { key, value } of kv.list<Uint8Array>({
          prefix: [SUMMARIES.name, 1],
        })
      ) {
        assertLessOrEqual(value.length, MAX_PAGE);
        for (const [number, bytes] of SUMMARIES.decode(value)) {
          assertEquals(number >= (key[2] as number) && number > last, true);
          last = number;
          found.set(number, bytes.length);
        }
      }
      assertEquals(found, new Map([...expected].sort((a, b) => a[0] - b[0])));
      kv.close();
    }),
    { numRuns: 60 },
  );
});
