import { assertEquals } from "@std/assert";
import { saslPrepared } from "./saslprep.ts";

Deno.test("the examples of RFC 4013 § 3", async () => {
  assertEquals(await saslPrepared("I\u00adX"), "IX");
  assertEquals(await saslPrepared("user"), "user");
  assertEquals(await saslPrepared("USER"), "USER");
  assertEquals(await saslPrepared("\u00aa"), "a");
  assertEquals(await saslPrepared("\u2168"), "IX");
  assertEquals(await saslPrepared("\u0007"), undefined);
  assertEquals(await saslPrepared("\u0627\u0031"), undefined);
});

Deno.test("what is mapped, what may not be, and what is left of it", async () => {
  assertEquals(await saslPrepared("a\u00a0b"), "a b");
  assertEquals(await saslPrepared(" a b "), " a b ");
  assertEquals(await saslPrepared("\u{1f642}"), "\u{1f642}");
  for (const text of ["", "\u00ad", "a\0", "a\r\n", "\ud800", "\ue000"]) {
    assertEquals(await saslPrepared(text), undefined, JSON.stringify(text));
  }
});

Deno.test("RFC 5802 § 2.2: characters whose forms C and KC differ", async () => {
  assertEquals(await saslPrepared("\u00bd"), "1\u20442");
  assertEquals(await saslPrepared("\u00b4"), " \u0301");
});
