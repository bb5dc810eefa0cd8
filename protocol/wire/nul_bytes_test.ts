import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { hasNul } from "./nul_bytes.ts";

Deno.test("a NUL is found wherever it is, and nothing else is taken for one", () => {
  const bytes = fc.array(
    fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0xff, 65),
    { maxLength: 30 },
  );
  fc.assert(fc.property(bytes, fc.nat(200), fc.nat(7), (some, room, start) => {
    const whole = new Uint8Array(start + room + some.length).fill(0x80, start);
    whole.set(some, start + room / 2);
    const part = whole.subarray(start);
    assertEquals(hasNul(part), part.includes(0));
  }));
});

Deno.test("a NUL is found at each place of a long run", () => {
  for (let at = 0; at < 100; at++) {
    const bytes = new Uint8Array(101).fill(1);
    const part = bytes.subarray(1);
    assertEquals(hasNul(part), false);
    part[at] = 0;
    assertEquals(hasNul(part), true);
  }
});
