import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { Session } from "../session.ts";
import { type SearchKey, TooManyKeys } from "./key.ts";
import { resolveKeys } from "./resolve_keys.ts";

const session = {} as Session;
const all: SearchKey = { kind: "all" };
const seen: SearchKey = { kind: "flag", flag: "\\seen" };

function deferred(look: (depth: number) => SearchKey): SearchKey {
  return {
    kind: "deferred",
    look: (_session, depth) => Promise.resolve(look(depth)),
  };
}

Deno.test("resolveKeys() leaves a key alone that has nothing deferred in it", async () => {
  const key: SearchKey = { kind: "not", key: { kind: "and", keys: [all] } };
  assertStrictEquals(await resolveKeys(session, key, 0), key);
});

Deno.test("resolveKeys() puts what is found in its place, however deep", async () => {
  const depths: number[] = [];
  const inner = deferred((depth) => {
    depths.push(depth);
    return { kind: "not", key: seen };
  });
  const outer = deferred((depth) => {
    depths.push(depth);
    return { kind: "or", keys: [all, inner] };
  });
  const key: SearchKey = {
    kind: "and",
    keys: [seen, { kind: "not", key: outer }],
  };
  assertEquals(await resolveKeys(session, key, 5), {
    kind: "and",
    keys: [seen, {
      kind: "not",
      key: { kind: "or", keys: [all, { kind: "not", key: seen }] },
    }],
  });
  assertEquals(depths, [0, 1]);
});

Deno.test("resolveKeys() comes to an end with what refers to itself, and with too much", async () => {
  let looked = 0;
  const loop: SearchKey = deferred(() => {
    looked++;
    return { kind: "not", key: loop };
  });
  await assertRejects(() => resolveKeys(session, loop, 10), TooManyKeys);
  assertEquals(looked, 6);
  const large = deferred(() => ({ kind: "and", keys: Array(9).fill(seen) }));
  const twice: SearchKey = { kind: "or", keys: [large, large] };
  await assertRejects(() => resolveKeys(session, twice, 19), TooManyKeys);
  await resolveKeys(session, twice, 20);
});
