import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Pace } from "../../../storage/pace.ts";
import { NumberColumn, ranksOfValues, TextColumn } from "./column.ts";
import type { MessageFacts } from "./message_facts.ts";
import { compareCodePoints } from "../unicode_casemap.ts";

/** A column of texts that are known beforehand, by UID. */
function columnOf(texts: ReadonlyMap<number, string>): {
  column: TextColumn;
  note: (uid: number) => number;
} {
  let uid = 0;
  const column = new TextColumn(() => texts.get(uid)!);
  const note = (of: number) => column.note(uid = of, {} as MessageFacts);
  return { column, note };
}

const text = fc.string({
  unit: fc.constantFrom("a", "b", "ä", "\uffff", "\u{1f40e}"),
  maxLength: 3,
});

Deno.test("TextColumn has the order of the strings, whenever others come", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 40 }),
      fc.array(fc.nat(40), { maxLength: 4 }),
      async (texts, stops) => {
        const byUid = new Map(texts.map((text, at) => [at + 1, text]));
        const { column, note } = columnOf(byUid);
        for (const [uid, text] of byUid) {
          if (stops.includes(uid)) await check(column, uid - 1, byUid);
          assert(!column.has(uid));
          note(uid);
          assert(column.has(uid));
          assertStrictEquals(column.textOf(column.numberOf(uid)), text);
        }
        assertEquals(column.length, texts.length);
        await check(column, texts.length, byUid);
      },
    ),
  );
});

/** Compares ranks of the UIDs up to one. */
async function check(
  column: TextColumn,
  last: number,
  texts: ReadonlyMap<number, string>,
): Promise<void> {
  const uids = Array.from({ length: last }, (_, at) => last - at);
  const found = await column.ranksOf(uids, new Pace());
  assertEquals(found.ranks.length, last);
  for (const [at, uid] of uids.entries()) {
    assert(found.ranks[at]! <= found.last);
    for (const [other, otherUid] of uids.entries()) {
      assertEquals(
        Math.sign(found.ranks[at]! - found.ranks[other]!),
        Math.sign(compareCodePoints(texts.get(uid)!, texts.get(otherUid)!)),
      );
    }
  }
}

Deno.test("TextColumn gives the order that was asked for, also where strings come meanwhile", async () => {
  const texts = new Map(
    Array.from({ length: 5_000 }, (_, at) => [at + 1, `${5_000 - at}`]),
  );
  const { column, note } = columnOf(texts);
  for (let uid = 1; uid <= 4_000; uid++) note(uid);
  let next = 4_001;
  const pace = new Pace();
  Object.defineProperty(pace, "due", { get: () => true });
  pace.rest = () => {
    if (next <= 5_000) note(next++);
    return Promise.resolve();
  };
  const uids = Array.from({ length: 4_000 }, (_, at) => at + 1);
  const [one, other] = await Promise.all([
    column.ranksOf(uids, pace),
    column.ranksOf(uids.toReversed(), pace),
  ]);
  const sorted = uids.toSorted((a, b) =>
    compareCodePoints(texts.get(a)!, texts.get(b)!)
  );
  const byRank = (list: number[], ranks: Float64Array) =>
    list.map((uid, at) => ({ uid, rank: ranks[at]! }))
      .sort((a, b) => a.rank - b.rank).map(({ uid }) => uid);
  assertEquals(byRank(uids, one.ranks), sorted);
  assertEquals(byRank(uids.toReversed(), other.ranks), sorted);
  assert(next > 4_100);
});

Deno.test("TextColumn counts a string once", () => {
  const { note } = columnOf(new Map([[1, "one"], [2, "one"], [3, "two"]]));
  assert(note(1) > 2_000);
  assertEquals(note(2), 0);
  // With a map of its own, or without.
  assert([106, 506].includes(note(3)));
});

Deno.test("NumberColumn and ranksOfValues() count from the least", async () => {
  const column = new NumberColumn((facts) => facts.sent);
  const values = [-5_000, 2 ** 40, -5_001];
  for (const [at, sent] of values.entries()) {
    column.note(at + 1, { sent } as MessageFacts);
  }
  assertEquals(await column.ranksOf([2, 1, 3, 1], new Pace()), {
    ranks: Float64Array.of(2 ** 40 + 5_001, 1, 0, 1),
    last: 2 ** 40 + 5_001,
  });
  assertEquals(await ranksOfValues(0, () => 1, new Pace()), {
    ranks: new Float64Array(0),
    last: 0,
  });
});
