import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { makeRecord } from "./journal_testing.ts";
import { Mirror } from "./mirror.ts";
import { Ring } from "./ring.ts";

/** A record as bytes of one kind. */
function filled(length: number, number: number): Uint8Array {
  return new Uint8Array(length).fill(number);
}

/** What a thread finds from a place on. */
function found(ring: Ring, from?: bigint): number[] | undefined {
  const { tail, head } = ring.state();
  return ring.copy(from ?? tail, head)?.map((bytes) => {
    assert(bytes.every((byte) => byte === bytes[0]));
    return bytes[0]!;
  });
}

Deno.test("a ring has what was added, in order, until it is in the database", () => {
  const ring = new Ring(100);
  const other = new Ring(ring.memory);
  for (let n = 1; n <= 3; n++) ring.add(n, filled(20, n));
  assertEquals(found(other), [1, 2, 3]);
  ring.applied(2);
  assertEquals(found(other), [3]);
  assertEquals(other.state().applied, 2);
  ring.applied(3);
  assertEquals(found(other), []);
});

Deno.test("what is not in the database is not written over", () => {
  const ring = new Ring(100);
  for (let n = 1; n <= 3; n++) ring.add(n, filled(28, n));
  assertThrows(() => ring.add(4, filled(1, 4)), RangeError);
  assertEquals(found(ring), [1, 2, 3]);
  ring.applied(1);
  // 4 bytes at the end are left, and 32 at the beginning.
  assertThrows(() => ring.add(4, filled(29, 4)), RangeError);
  ring.add(4, filled(28, 4));
  assertEquals(found(ring), [2, 3, 4]);
});

Deno.test("a record that ends where the ring ends, and ends that are too short for a length", () => {
  for (let left = 0; left < 12; left++) {
    const ring = new Ring(100);
    ring.add(1, filled(96 - left, 1));
    ring.applied(1);
    ring.add(2, filled(10, 2));
    ring.applied(1);
    ring.add(3, filled(10, 3));
    assertEquals(found(ring), [2, 3], `${left} bytes left`);
  }
});

Deno.test("who was overtaken is told so, and a state says when nothing has moved", () => {
  const ring = new Ring(100);
  ring.add(1, filled(40, 1));
  const { head: first } = ring.state();
  ring.add(2, filled(40, 2));
  ring.applied(1);
  assertEquals(found(ring, 0n), undefined);
  assertEquals(found(ring, first), [2]);
  ring.add(3, filled(40, 3));
  ring.applied(2);
  assertEquals(found(ring, first), undefined);
  assertEquals(found(ring), [3]);
  const state = ring.state();
  assert(ring.isAt(state));
  ring.applied(3);
  assert(!ring.isAt(state));
});

Deno.test("whatever the sizes are, what may be in the journal alone finds room", () => {
  const most = 2_097_152;
  const record = new Uint8Array(825_118);
  const size = fc.oneof(
    fc.integer({ min: 24, max: 825_118 }),
    fc.integer({ min: 24, max: 40 }),
    fc.constantFrom(825_118, 24),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(size, fc.integer({ min: 1, max: 20_000 })), {
        minLength: 10,
        maxLength: 20,
      }),
      (sizes) => {
        const ring = new Ring();
        const open: number[] = [];
        let [number, applied, bytes] = [0, 0, 0];
        for (const [size, times] of sizes) {
          for (let n = 0; n < (size < 100 ? times : 1); n++) {
            const room = most - size;
            if (bytes > room) {
              let count = 0;
              // As much at a time as a commit of the database takes.
              while (bytes > Math.max(0, room - 800_000)) {
                bytes -= open[count++]!;
              }
              open.splice(0, count);
              ring.applied(applied += count);
            }
            ring.add(++number, record.subarray(0, size));
            open.push(size);
            bytes += size;
          }
        }
        const { tail, head } = ring.state();
        const found = ring.copy(tail, head)!.map((one) => one.length);
        assert(found.every((length, index) => length === open[index]));
        assertEquals(found.length, open.length);
      },
    ),
    { numRuns: 5 },
  );
});

/** Adds a record that sets some keys to its number. */
function set(ring: Ring, number: number, ...names: string[]): void {
  const value = Uint8Array.of(number);
  const writes = names.map((name) => ({ name, value }));
  ring.add(number, makeRecord(number, writes).bytes);
}

Deno.test("a mirror has the last that was said of each key, until the database has it", () => {
  const ring = new Ring(1_000);
  const mirror = new Mirror(new Ring(ring.memory));
  const numberOf = (name: string) => mirror.now().get(name)?.number;
  assertEquals(mirror.now().size, 0);
  set(ring, 1, "a", "b");
  set(ring, 2, "b");
  assertEquals([numberOf("a"), numberOf("b")], [1, 2]);
  ring.applied(1);
  assertEquals([numberOf("a"), numberOf("b")], [undefined, 2]);
  ring.applied(2);
  assertEquals(mirror.now().size, 0);
});

Deno.test("a mirror that was overtaken keeps nothing of what it knew before", () => {
  const ring = new Ring(200);
  const mirror = new Mirror(new Ring(ring.memory));
  const late = new Mirror(new Ring(ring.memory));
  set(ring, 1, "a");
  set(ring, 2, "a");
  assertEquals(mirror.now().get("a")?.number, 2);
  for (let number = 3; number < 50; number++) {
    set(ring, number, number === 3 ? "a" : "b");
    ring.applied(number - 1);
  }
  for (const one of [mirror, late]) {
    assertEquals(one.now().get("a"), undefined);
    assertEquals(one.now().get("b")?.number, 49);
    assertEquals(one.now().size, 1);
  }
});

/** Does something behind a look at what threads share, the first being 0; false when there was no such look. */
function behindLook(look: number, event: () => void, work: () => void) {
  const { load } = Atomics;
  let looks = 0;
  Atomics.load = ((array: BigInt64Array, index: number) => {
    const value = load(array, index);
    if (looks++ === look) {
      Atomics.load = load;
      event();
    }
    return value;
  }) as typeof Atomics.load;
  try {
    work();
  } finally {
    Atomics.load = load;
  }
  return looks > look;
}

Deno.test("whenever a writer comes between, a mirror has nothing that is out of date", () => {
  // How much the writer adds, after all is in the database, and how much of that is not in it.
  for (const [more, left] of [[0, 0], [1, 0], [1, 1], [3, 1], [9, 1], [9, 2]]) {
    for (let look = 0, again = true; again; look++) {
      const ring = new Ring(200);
      const mirror = new Mirror(new Ring(ring.memory));
      const database = new Map<string, number>();
      const names = ["a", "a", "b"];
      names.forEach((name, index) => {
        set(ring, index + 1, name);
        if (index === 0) mirror.now();
      });
      const apply = (upTo: number) => {
        names.slice(0, upTo).forEach((name, at) => database.set(name, at + 1));
        ring.applied(upTo);
      };
      const event = () => {
        apply(3);
        for (let n = 0; n < more!; n++) {
          names.push("b");
          set(ring, names.length, "b");
          apply(Math.max(3, names.length - left!));
        }
      };
      const see = (name: string) =>
        mirror.now().get(name)?.number ?? database.get(name);
      let seen: (number | undefined)[] = [];
      again = behindLook(look, event, () => {
        const now = mirror.now();
        seen = ["a", "b"].map((name) =>
          now.get(name)?.number ?? database.get(name)
        );
      });
      const about = `${more} more, ${left} left, look ${look}: ${seen}`;
      assertEquals(seen[0], 2, about);
      assert([3, names.length].includes(seen[1]!), about);
      assertEquals([see("a"), see("b")], [2, names.length], about);
      assertEquals(mirror.now().get("a") === undefined, again, about);
    }
  }
});

Deno.test("values of a mirror stay what they are when the ring is written over", () => {
  const ring = new Ring(100);
  const mirror = new Mirror(ring);
  set(ring, 1, "a");
  const { value } = mirror.now().get("a")!;
  assert(value!.buffer instanceof ArrayBuffer);
  for (let number = 2; number < 20; number++) {
    ring.applied(number - 1);
    set(ring, number, "b");
  }
  assertEquals(value, Uint8Array.of(1));
});

Deno.test("a mirror of what is broken says so", () => {
  const ring = new Ring(100);
  ring.add(1, filled(30, 7));
  assertThrows(() => new Mirror(ring).now(), Error, "cannot be followed");
});
