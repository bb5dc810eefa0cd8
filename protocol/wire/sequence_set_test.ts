import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ParseError } from "./parse_error.ts";
import {
  contains,
  format,
  intersect,
  parse,
  type Range,
  resolve,
  STAR,
} from "./sequence_set.ts";

// The same cases each time.
fc.configureGlobal({ seed: 9051 });

function ranges(text: string): readonly Range[] {
  const set = parse(text);
  assert(set.kind === "ranges");
  return set.ranges;
}

function resolved(text: string, largest: number): readonly Range[] {
  return resolve({ kind: "ranges", ranges: ranges(text) }, largest);
}

Deno.test("parse() reads the sets of RFC 9051 § 9", () => {
  assertEquals(parse("$"), { kind: "saved" });
  assertEquals(ranges("2,4:7,9,12:*"), [[2, 2], [4, 7], [9, 9], [12, STAR]]);
  assertEquals(ranges("*:4,5:7"), [[STAR, 4], [5, 7]]);
  assertEquals(ranges("*"), [[STAR, STAR]]);
  assertEquals(ranges("4294967295"), [[4294967295, 4294967295]]);
});

Deno.test("parse() refuses what is no set", () => {
  for (
    const text of [
      "",
      "0",
      "01",
      "1,",
      ",1",
      "1:",
      ":1",
      "1:2:3",
      "1,,2",
      "1:0",
      "4294967296",
      "99999999999999999999",
      "-1",
      "1 ",
      "**",
      "*1",
      "1*",
      "$,1",
      "$$",
      "a",
    ]
  ) {
    assertThrows(() => parse(text), ParseError, undefined, text);
  }
});

Deno.test("parse() keeps the limit of ranges", () => {
  assertEquals(ranges("1,2,3").length, 3);
  assertThrows(() => parse("1,2,3", 2), ParseError, "at most 2");
});

Deno.test("format() joins runs", () => {
  assertEquals(format([]), "");
  assertEquals(format([7]), "7");
  assertEquals(format([1, 2, 3, 5]), "1:3,5");
  assertEquals(format(Uint32Array.of(1, 2, 4, 6, 7)), "1:2,4,6:7");
  assertEquals(format([4294967294, 4294967295]), "4294967294:4294967295");
});

Deno.test("resolve() gives ranges in order, joined, with numbers for the star", () => {
  assertEquals(resolved("5:3", 10), [[3, 5]]);
  assertEquals(resolved("*:4,5:7", 6), [[4, 7]]);
  assertEquals(resolved("*:4,9", 6), [[4, 6], [9, 9]]);
  assertEquals(resolved("8,1,2,3,2", 10), [[1, 3], [8, 8]]);
  assertEquals(resolved("1:10,2:3", 10), [[1, 10]]);
  assertEquals(resolved("*", 10), [[10, 10]]);
});

Deno.test("resolve() has the largest number in n:* even when n is above it", () => {
  assertEquals(resolved("559:*", 99), [[99, 559]]);
});

Deno.test("resolve() has nothing for the star of an empty mailbox", () => {
  assertEquals(resolved("*,1:*,*:3", 0), []);
  assertEquals(resolved("1:3,*", 0), [[1, 3]]);
});

Deno.test("resolve() tells the UID 4294967295 from the star", () => {
  assertEquals(resolved("4294967295", 7), [[4294967295, 4294967295]]);
  assertEquals(
    intersect(resolved("1:4294967295", 7), Uint32Array.of(3, 4294967295)),
    Uint32Array.of(3, 4294967295),
  );
});

Deno.test("intersect() reads no more UIDs than it is told to", () => {
  const uids = Uint32Array.of(2, 4, 6, 8);
  assertEquals(intersect([[3, 100]], uids, 3), Uint32Array.of(4, 6));
  assertEquals(intersect([[3, 100]], uids, 0), Uint32Array.of());
  assertEquals(intersect([], uids), Uint32Array.of());
});

const number = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 0xffff_ffc0, max: 0xffff_ffff }),
);
const end = fc.oneof({ weight: 5, arbitrary: number }, fc.constant(STAR));
const set = fc.array(fc.tuple(end, end), { minLength: 1, maxLength: 12 })
  .map((ranges) => ({ kind: "ranges" as const, ranges }));
const uidList = fc.uniqueArray(number, { maxLength: 50 })
  .map((numbers) => Uint32Array.from(numbers).sort());

Deno.test("Property: parse() reads back what a client writes", () => {
  const name = (value: number): string => value === STAR ? "*" : String(value);
  fc.assert(fc.property(set, (set) => {
    const text = set.ranges.map(([first, last]) =>
      `${name(first)}:${name(last)}`
    ).join(",");
    assertEquals(parse(text), set);
  }));
});

Deno.test("Property: format() and resolve() are each other's inverse", () => {
  fc.assert(fc.property(uidList, (uids) => {
    if (uids.length === 0) return;
    const ranges = resolved(format(uids), 1);
    assertEquals(intersect(ranges, uids), uids);
    const count = ranges.reduce(
      (sum, [first, last]) => sum + last - first + 1,
      0,
    );
    assertEquals(count, uids.length);
  }));
});

Deno.test("Property: resolve(), contains() and intersect() mean what the set says", () => {
  fc.assert(fc.property(set, uidList, (set, uids) => {
    const largest = uids.at(-1) ?? 0;
    const means = (uid: number): boolean =>
      set.ranges.some(([first, last]) => {
        const a = first === STAR ? largest : first;
        const b = last === STAR ? largest : last;
        return uid >= Math.min(a, b) && uid <= Math.max(a, b);
      });
    const ranges = resolve(set, largest);
    for (let index = 1; index < ranges.length; index++) {
      assert(ranges[index]![0] > ranges[index - 1]![1] + 1);
    }
    assertEquals(intersect(ranges, uids), uids.filter(means));
    for (const uid of uids) assertEquals(contains(ranges, uid), means(uid));
  }));
});
