import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { uidBatches } from "./uid_batches.ts";

const mailboxes = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), {
  maxLength: 60,
}).map((uids) => Uint32Array.from(uids).sort());

Deno.test("uidBatches() gives the greater UID first", () => {
  const uids = Uint32Array.of(2, 3, 5, 8, 9);
  assertEquals(uidBatches(uids, 2, 1, Infinity), [[9, 8], [7, 3], [2, 1]]);
  assertEquals(uidBatches(uids, 5, 1, Infinity), [[9, 1]]);
  assertEquals(uidBatches(uids, 2, 2, 2), [[7, 3]]);
  assertEquals(uidBatches(uids, 2, 4, 9), []);
  assertEquals(uidBatches(new Uint32Array(0), 2, 1, Infinity), []);
});

Deno.test("uidBatches() covers a mailbox once, each batch as large as it may be", () => {
  fc.assert(
    fc.property(mailboxes, fc.integer({ min: 1, max: 70 }), (uids, size) => {
      const ranges = uidBatches(uids, size, 1, Infinity);
      assertEquals(ranges.length, Math.ceil(uids.length / size));
      let below = (uids.at(-1) ?? 0) + 1;
      ranges.forEach(([first, last], index) => {
        assertEquals(first, below - 1);
        assert(last <= first);
        below = last;
        const held = uids.filter((uid) => uid <= first && uid >= last).length;
        const isLast = index === ranges.length - 1;
        assertEquals(
          held,
          isLast ? uids.length - index * size : size,
        );
      });
      assertEquals(below, 1);
    }),
    { seed: 1 },
  );
});

Deno.test("uidBatches() gives some batches as they are among all", () => {
  fc.assert(
    fc.property(
      mailboxes,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      (uids, size, from, more) => {
        assertEquals(
          uidBatches(uids, size, from, from + more),
          uidBatches(uids, size, 1, Infinity).slice(from - 1, from + more),
        );
      },
    ),
    { seed: 1 },
  );
});
