import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { findToken, hashToken, makeToken } from "./token.ts";

Deno.test("a token is found by itself, as long as it lasts", () => {
  const made = [makeToken(), makeToken()];
  const tokens = [
    { id: "a", hash: made[0]!.hash },
    { id: "b", hash: made[1]!.hash.toUpperCase(), expires: 1_000 },
    { id: "c", hash: "" },
    { id: "d", hash: "\u00e9".repeat(32) },
  ];
  assertEquals(findToken(tokens, made[0]!.token, 0)?.id, "a");
  assertEquals(findToken(tokens, made[1]!.token, 999)?.id, "b");
  assertEquals(findToken(tokens, made[1]!.token, 1_000), undefined);
  for (const wrong of ["", "imapd-", made[0]!.hash, makeToken().token]) {
    assertEquals(findToken(tokens, wrong, 0), undefined, wrong);
  }
  assertEquals(findToken([], made[0]!.token, 0), undefined);
});

Deno.test("a token has 130 random bits, and its hash does not show them", () => {
  const { token, id, hash } = makeToken();
  assertMatch(token, /^imapd-[a-z2-9]{26}$/);
  assertMatch(id, /^[a-z2-9]{8}$/);
  assertEquals(hash, hashToken(token));
  assertEquals(
    hashToken("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  const other = makeToken();
  assertNotEquals([token, id], [other.token, other.id]);
  const seen = new Set(
    Array.from({ length: 100 }, () => [...makeToken().token.slice(6)]).flat(),
  );
  assert(seen.size === 32);
});
