import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pace } from "../../../storage/pace.ts";
import { MailboxOrder } from "./result_list.ts";

Deno.test("results in the mailbox's order are a set", async () => {
  const uids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }));
  const steps = fc.array(fc.record({ adds: fc.boolean(), uids }));
  await fc.assert(fc.asyncProperty(uids, steps, async (first, steps) => {
    const list = new MailboxOrder(ascending(first));
    const set = new Set(first);
    const pace = new Pace();
    for (const { adds, uids } of steps) {
      const some = ascending(adds ? uids.filter((uid) => !set.has(uid)) : uids);
      const changes =
        await (adds ? list.add(some, pace) : list.remove(some, pace));
      const changed = [...some].filter((uid) => adds || set.has(uid));
      assertEquals(
        changes.flatMap(({ position, uids }) => [position, ...uids]),
        changed.length === 0 ? [] : [0, ...changed],
      );
      for (const uid of changed) if (!set.delete(uid)) set.add(uid);
      for (let uid = 1; uid <= 61; uid++) {
        assertEquals(list.has(uid), set.has(uid), `${uid}`);
      }
    }
  }));
});

function ascending(uids: readonly number[]): Uint32Array {
  return Uint32Array.from(uids).sort();
}
