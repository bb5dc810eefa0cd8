import { assertEquals } from "@std/assert";
import { STAR } from "../../wire/sequence_set.ts";
import {
  asksOfFlags,
  saysLastUid,
  withLastUid,
  withoutNumbers,
} from "./fixed_key.ts";
import type { SearchKey } from "./search_key.ts";

function set(...ranges: [number, number][]) {
  return { kind: "ranges", ranges } as const;
}

const mailbox = { uids: Uint32Array.of(3, 5, 8, 13, 99), length: 4 };

Deno.test("sequence numbers become the UIDs that they are now", () => {
  const key: SearchKey = {
    kind: "not",
    key: {
      kind: "or",
      keys: [
        { kind: "numbers", set: set([3, 2], [4, 9], [7, 8]) },
        { kind: "and", keys: [{ kind: "numbers", set: set([STAR, STAR]) }] },
        { kind: "numbers", set: { kind: "saved" } },
        { kind: "uids", set: set([1, STAR]) },
      ],
    },
  };
  assertEquals(withoutNumbers(mailbox, key), {
    kind: "not",
    key: {
      kind: "or",
      keys: [
        { kind: "uids", set: set([5, 13]) },
        { kind: "and", keys: [{ kind: "uids", set: set([13, 13]) }] },
        { kind: "numbers", set: { kind: "saved" } },
        { kind: "uids", set: set([1, STAR]) },
      ],
    },
  });
  const empty = { uids: new Uint32Array(2), length: 0 };
  assertEquals(
    withoutNumbers(empty, { kind: "numbers", set: set([1, STAR], [2, 3]) }),
    { kind: "uids", set: set() },
  );
});

Deno.test("a star in UIDs becomes the last UID", () => {
  const key: SearchKey = {
    kind: "and",
    keys: [
      { kind: "uids", set: set([20, STAR]) },
      { kind: "uids", set: set([20, 30]) },
      { kind: "uids", set: { kind: "saved" } },
    ],
  };
  assertEquals(saysLastUid(key), true);
  const fixed = withLastUid(key, 13);
  assertEquals(fixed, {
    kind: "and",
    keys: [
      { kind: "uids", set: set([13, 20]) },
      { kind: "uids", set: set([20, 30]) },
      { kind: "uids", set: { kind: "saved" } },
    ],
  });
  assertEquals(saysLastUid(fixed), false);
});

Deno.test("flags matter to flags, and to what extensions ask", () => {
  const all: SearchKey = { kind: "all" };
  const flag: SearchKey = { kind: "flag", flag: "\\seen" };
  const column: SearchKey = { kind: "column", matches: () => true };
  assertEquals(asksOfFlags({ kind: "and", keys: [all] }), false);
  assertEquals(asksOfFlags({ kind: "recent" }), false);
  assertEquals(asksOfFlags({ kind: "or", keys: [all, flag] }), true);
  assertEquals(asksOfFlags({ kind: "not", key: column }), true);
});
