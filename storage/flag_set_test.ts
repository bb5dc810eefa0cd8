import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { FlagTable } from "./flag_set.ts";
import { SYSTEM_FLAGS } from "./model.ts";

Deno.test("sets are one whatever case and order", () => {
  const table = new FlagTable();
  const set = table.intern(["Work", "\\seen", "\\ANSWERED", "apple"]);
  assertEquals(set.flags, ["\\Answered", "\\Seen", "apple", "Work"]);
  assertStrictEquals(
    table.intern(["APPLE", "\\Answered", "\\Seen", "wOrk"]),
    set,
  );
  assertEquals([set.seen, set.deleted], [true, false]);
  assertEquals(table.keywords, ["Work", "apple"]);
  assertEquals(table.length, 2);
  assert(table.has("work") && table.has("\\DRAFT") && !table.has("other"));
});

Deno.test("set 0 is empty", () => {
  const table = new FlagTable();
  assertEquals(table.at(0).flags, []);
  assertStrictEquals(table.intern([]), table.at(0));
  assertThrows(() => table.at(1), RangeError);
});

Deno.test("what is not used is forgotten", () => {
  const table = new FlagTable();
  const a = table.intern(["a"]);
  const b = table.intern(["B", "\\Seen"]);
  const moved = table.retain((index) => index === b.index);
  assertEquals(table.length, 2);
  assertEquals(table.keywords, ["B"]);
  assertEquals(table.keywordCount, 2);
  assertEquals(table.at(moved[b.index]!).flags, ["\\Seen", "B"]);
  assertEquals(moved[0], 0);
  assertEquals(table.intern(a.flags).index, 2);
  assertEquals(table.keywordCount, 3);
});

const FLAGS = [...SYSTEM_FLAGS, "a", "b", "C"];
const cased = fc.subarray(FLAGS).chain((flags) =>
  fc.tuple(
    ...flags.map((f) => fc.constantFrom(f, f.toUpperCase(), f.toLowerCase())),
  )
);

Deno.test("changes do as sets do", () => {
  fc.assert(fc.property(
    cased,
    cased,
    fc.constantFrom("add" as const, "remove" as const, "replace" as const),
    (before, flags, mode) => {
      const table = new FlagTable();
      const lower = (list: readonly string[]) =>
        new Set(list.map((f) => f.toLowerCase()));
      const changer = table.changer({ mode, flags });
      const set = table.intern(before);
      const after = changer(set.index);
      const expected = mode === "replace"
        ? lower(flags)
        : mode === "add"
        ? lower([...before, ...flags])
        : lower(before).difference(lower(flags));
      assertEquals(lower(after.flags), expected);
      assertEquals(after.flags.length, expected.size);
      assertStrictEquals(changer(set.index), after);
      assertEquals(after.seen, expected.has("\\seen"));
      assertEquals(after.deleted, expected.has("\\deleted"));
    },
  ));
});
