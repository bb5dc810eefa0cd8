import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { UidNumbers } from "./uid_numbers.ts";

Deno.test("UidNumbers knows what a Map knows", () => {
  const uid = fc.oneof(
    fc.integer({ min: 1, max: 600 }),
    fc.constantFrom(255, 256, 257, 0xffff_ffff),
  );
  const steps = fc.array(fc.tuple(uid, fc.option(fc.integer())));
  fc.assert(fc.property(steps, (steps) => {
    const numbers = new UidNumbers();
    const map = new Map<number, number>();
    for (const [uid, number] of steps) {
      assertEquals(numbers.get(uid), map.get(uid) ?? NaN);
      if (number === null) continue;
      const isNewPage = ![...map.keys()].some((known) =>
        Math.floor(known / 256) === Math.floor(uid / 256)
      );
      assertEquals(numbers.set(uid, number) > 0, isNewPage);
      map.set(uid, number);
      assertEquals(numbers.size, map.size);
    }
    for (const [uid, number] of map) assertEquals(numbers.get(uid), number);
  }));
});
