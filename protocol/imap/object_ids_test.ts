import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { isObjectId, ObjectIds, objectIdsOf } from "./object_ids.ts";

const kinds = ["mailbox", "email", "thread"] as const;
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

Deno.test("an identifier says what it was made of, to its own storage alone", () => {
  const ids = new ObjectIds(new Uint8Array(32).fill(1));
  const others = new ObjectIds(new Uint8Array(32).fill(2));
  fc.assert(
    fc.property(fc.constantFrom(...kinds), number, number, (kind, n, home) => {
      const id = ids.encode(kind, n, home);
      // objectid = 1*255(ALPHA / DIGIT / "_" / "-")
      assertMatch(id, /^[FMT][A-Za-z0-9_-]{22}$/);
      assertEquals(isObjectId(id), true);
      assertEquals(ids.decode(kind, id), { number: n, home });
      assertNotEquals(others.encode(kind, n, home), id);
      assertEquals(others.decode(kind, id), undefined);
      for (const other of kinds) {
        if (other === kind) continue;
        assertEquals(ids.decode(other, id), undefined);
        assertNotEquals(ids.encode(other, n, home), id);
      }
    }),
  );
});

Deno.test("what was never given is nothing", () => {
  const ids = objectIdsOf({});
  assertEquals(objectIdsOf({}), ids);
  const id = ids.encode("email", 1, 2);
  for (
    const wrong of ["", "M", "NIL", id.slice(1), `${id}A`, id.toUpperCase()]
      .concat(`T${id.slice(1)}`, `M${"A".repeat(22)}`, `M${"-".repeat(22)}`)
      .concat(`${id.slice(0, -1)}${id.endsWith("A") ? "B" : "A"}`)
  ) assertEquals(ids.decode("email", wrong), undefined, wrong);
  assertEquals(isObjectId("a".repeat(255)), true);
  for (const wrong of ["", "a b", "a.b", "ä", "a".repeat(256)]) {
    assertEquals(isObjectId(wrong), false, wrong);
  }
});
