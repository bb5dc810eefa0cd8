/**
 * What a client does with the changes leaves it with the same list, in order, while messages come and go.
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pace } from "../../../storage/pace.ts";
import type { PlacedResults } from "../search/result_list.ts";
import { SortOrder } from "./sort_order.ts";

/** RFC 5267 § 4.3.3 and § 4.3.4, one result after the other. */
function apply(
  list: number[],
  changes: readonly PlacedResults[],
  adds: boolean,
): void {
  for (const { position, uids } of changes) {
    if (adds) list.splice(position - 1, 0, ...uids);
    else assertEquals(list.splice(position - 1, uids.length), [...uids]);
  }
}

const uid = fc.integer({ min: 1, max: 80 });
const step = fc.record({
  adds: fc.boolean(),
  uids: fc.uniqueArray(uid, { size: "small" }),
  /** A message that goes from the mailbox, and after how many looks. */
  goes: uid,
  after: fc.nat(6),
});

Deno.test("results in another order come and go at their places", async () => {
  const values = fc.array(fc.nat(5), { minLength: 81, maxLength: 81 });
  const first = fc.uniqueArray(uid, { size: "max", maxLength: 70 });
  const steps = fc.array(step, { size: "max", maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(values, first, steps, async (values, first, steps) => {
      const gone = new Set<number>();
      const compare = (one: number, other: number) =>
        values[one]! - values[other]! || one - other;
      let looks = 0;
      let goes = () => {};
      const order = new SortOrder({
        sort(uids) {
          if (looks-- === 0) goes();
          const there = uids.filter((uid) => !gone.has(uid));
          return Promise.resolve(there.sort(compare));
        },
        isThere: (uid) => !gone.has(uid),
      }, Uint32Array.from(first).sort(compare));
      const pace = new Pace();
      const list = first.toSorted(compare);
      for (const { adds, uids, goes: leaving, after } of steps) {
        looks = after;
        goes = () => void gone.add(leaving);
        const some = Uint32Array.from(uids).sort()
          .filter((uid) => !adds || !list.includes(uid) && !gone.has(uid));
        const before = list.length;
        if (adds) apply(list, await order.add(some, pace), true);
        else apply(list, await order.remove(some, pace), false);
        const came = some.filter((uid) => list.includes(uid));
        if (adds) {
          assertEquals(list.length, before + came.length);
          assertEquals(
            some.filter((uid) => !gone.has(uid) && !list.includes(uid)).length,
            0,
          );
        } else assertEquals(came.length, 0);
        const there = list.filter((uid) => !gone.has(uid));
        assertEquals(there, there.toSorted(compare));
        for (let uid = 1; uid <= 80; uid++) {
          assertEquals(order.has(uid), list.includes(uid));
        }
      }
    }),
    { numRuns: 300 },
  );
});
