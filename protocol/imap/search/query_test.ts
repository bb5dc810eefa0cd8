import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { STAR } from "../../wire/sequence_set.ts";
import { No } from "../errors.ts";
import type { SearchContext } from "./context.ts";
import { keyOf, queryOf, type SearchQuery } from "./query.ts";
import type { SearchKey } from "./search_key.ts";

/** A mailbox whose state knows the UIDs 10, 20, 30, 40, of which 20 has gone. */
function context(): SearchContext {
  const there = Uint32Array.of(10, 30, 40);
  const state = {
    uids: there,
    length: there.length,
    indexOf: (uid: number) => there.indexOf(uid),
  };
  return {
    mailbox: { state } as unknown as SearchContext["mailbox"],
    storage: {},
    uids: Uint32Array.of(10, 20, 30, 40),
    length: 4,
    isRecent: (uid) => uid >= 30,
    saved: () => Uint32Array.of(10, 40),
    now: () => 0,
  };
}

const ranges = (...ranges: [number, number][]) =>
  ({ kind: "ranges", ranges }) as const;

Deno.test("numbers, saved results and recent messages become UIDs", () => {
  const uids = (key: SearchKey) => {
    const query = queryOf(context(), key);
    return query.kind === "uids" ? query.uids : query.kind;
  };
  assertEquals(uids({ kind: "numbers", set: ranges([2, 3]) }), [20, 30]);
  assertEquals(uids({ kind: "numbers", set: ranges([STAR, 4]) }), [40]);
  assertEquals(uids({ kind: "numbers", set: ranges([9, 12]) }), []);
  assertEquals(uids({ kind: "numbers", set: ranges([1, STAR]) }), "all");
  assertEquals(uids({ kind: "uids", set: ranges([15, 35]) }), [20, 30]);
  assertEquals(uids({ kind: "uids", set: ranges([99, STAR]) }), [40]);
  assertEquals(uids({ kind: "numbers", set: { kind: "saved" } }), [10, 40]);
  assertEquals(uids({ kind: "recent" }), [30, 40]);
  const heavy: SearchKey = {
    kind: "column",
    matches: (_state, index) => index === 1,
  };
  assertEquals(uids(heavy), [30]);
});

Deno.test("days become dates, bounds that are none are left out", () => {
  assertEquals(
    queryOf(context(), { kind: "internalDate", from: 1, to: Infinity }),
    { kind: "internalDate", since: new Date(86_400_000) },
  );
  assertEquals(
    queryOf(context(), { kind: "size", above: -1, below: 5 }),
    { kind: "size", below: 5 },
  );
});

Deno.test("a search that names everything over and over is refused in time", () => {
  const length = 100_000;
  const many: SearchContext = {
    ...context(),
    uids: Uint32Array.from({ length }, (_, index) => index + 1),
    length,
  };
  const half: SearchKey = { kind: "uids", set: ranges([1, length / 2]) };
  const keys = Array.from({ length: 1_000 }, () => half);
  assertThrows(() => queryOf(many, { kind: "and", keys }), No);
  const recent = Array.from({ length: 1_000 }, () => ({ kind: "recent" }));
  assertThrows(
    () => queryOf(many, { kind: "or", keys: recent as SearchKey[] }),
    No,
  );
});

Deno.test("a query made of a key makes that key again", () => {
  const leaf = fc.oneof(
    fc.constant<SearchKey>({ kind: "all" }),
    fc.record({
      kind: fc.constant("flag" as const),
      flag: fc.constantFrom("\\seen", "k"),
    }),
    fc.record({
      kind: fc.constantFrom("internalDate" as const, "sentDate" as const),
      from: fc.constantFrom(-Infinity, 10_000),
      to: fc.constantFrom(12_000, Infinity),
    }),
    fc.record({
      kind: fc.constant("size" as const),
      above: fc.constantFrom(-1, 0, 100),
      below: fc.constantFrom(5, Infinity),
    }),
    fc.record({
      kind: fc.constant("header" as const),
      field: fc.constantFrom("subject", "x-y"),
      text: fc.string(),
    }),
    fc.record({
      kind: fc.constantFrom("body" as const, "text" as const),
      text: fc.string(),
    }),
  );
  const { key } = fc.letrec<{ key: SearchKey }>((tie) => ({
    key: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({ kind: fc.constant("not" as const), key: tie("key") }),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        keys: fc.array(tie("key"), { maxLength: 3 }),
      }),
    ) as fc.Arbitrary<SearchKey>,
  }));
  fc.assert(
    fc.property(key, (key) => {
      assertEquals(keyOf(queryOf(context(), key)), key);
    }),
    { seed: 1 },
  );
});

Deno.test("what is no query is refused", () => {
  const nonsense: unknown[] = [
    { kind: "everything" },
    {},
    { kind: "flag", flag: 7 },
    { kind: "header", field: "a" },
    { kind: "internalDate", since: new Date(NaN) },
  ];
  for (const query of nonsense) {
    assertThrows(() => keyOf(query as SearchQuery), TypeError);
  }
  assert(keyOf({ kind: "uids", uids: [] }).kind === "uids");
});
