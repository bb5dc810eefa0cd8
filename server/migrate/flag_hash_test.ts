import { assertEquals, assertNotEquals } from "@std/assert";
import { hashFlags, plainFlags } from "./flag_hash.ts";
import { rangesOf } from "./fetch_messages.ts";

Deno.test("a hash stands for a set of flags, in whatever order and case they come", () => {
  const hash = (...flags: string[]) => hashFlags(plainFlags(flags));
  assertEquals(hash("\\Seen", "a"), hash("a", "\\Seen", "\\Recent"));
  assertEquals(hash("\\SEEN"), hash("\\Seen"));
  assertNotEquals(hash("ab"), hash("a", "b"));
  assertNotEquals(hash(), hash("a"));
  assertEquals(plainFlags(["b", "\\recent", "\\Seen"]), ["\\Seen", "b"]);
});

Deno.test("UIDs in a row make a range", () => {
  assertEquals(rangesOf([]), "");
  assertEquals(rangesOf([5]), "5");
  assertEquals(rangesOf([1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
  assertEquals(
    rangesOf([4_294_967_294, 4_294_967_295]),
    "4294967294:4294967295",
  );
});
