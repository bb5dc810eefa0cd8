import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { MailboxOrder } from "./result_list.ts";

Deno.test("results in the mailbox's order are a set", () => {
  const uids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }));
  const steps = fc.array(fc.record({ adds: fc.boolean(), uids }));
  fc.assert(fc.property(uids, steps, (first, steps) => {
    const list = new MailboxOrder(ascending(first));
    const set = new Set(first);
    for (const { adds, uids } of steps) {
      const some = ascending(adds ? uids.filter((uid) => !set.has(uid)) : uids);
      const changes = adds ? list.add(some) : list.remove(some);
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
