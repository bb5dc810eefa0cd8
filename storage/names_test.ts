import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StorageError } from "./model.ts";
import {
  checkUser,
  compareNames,
  nextUidValidity,
  parseName,
  tryParseName,
} from "./names.ts";

Deno.test("INBOX has one spelling", () => {
  assertEquals(parseName("inbox", "/"), ["INBOX"]);
  assertEquals(parseName("iNBOX/a/inbox", "/"), ["INBOX", "a", "inbox"]);
  assertEquals(parseName("inboxes", "/"), ["inboxes"]);
});

Deno.test("a delimiter at the end is dropped, others are not", () => {
  assertEquals(parseName("a/b/", "/"), ["a", "b"]);
  assertEquals(tryParseName("a//", "/"), undefined);
  assertEquals(tryParseName("/a", "/"), undefined);
  assertEquals(tryParseName("", "/"), undefined);
});

Deno.test("names that parse are their own spelling", () => {
  const part = fc.oneof(
    fc.constantFrom("/", "inbox", " ", ".", "\0", "\ud800", "é", "🎈"),
    fc.string({ maxLength: 3 }),
  );
  const names = fc.array(part).map((parts) => parts.join(""));
  fc.assert(fc.property(names, (name) => {
    const levels = tryParseName(name, "/");
    if (levels) assertEquals(parseName(levels.join("/"), "/"), levels);
  }));
});

Deno.test("the order is total", () => {
  const path = fc.array(fc.constantFrom("INBOX", "a", "b", "B", "a b"), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(fc.property(path, path, path, (a, b, c) => {
    assertEquals(Math.sign(compareNames(a, b)), -Math.sign(compareNames(b, a)));
    if (compareNames(a, b) <= 0 && compareNames(b, c) <= 0) {
      assertEquals(compareNames(a, c) <= 0, true);
    }
  }));
});

Deno.test("users and UIDVALIDITY", () => {
  assertThrows(() => checkUser("a\rb"), StorageError);
  checkUser("a b@c");
  assertEquals(nextUidValidity(5, 9_999), 9);
  assertEquals(nextUidValidity(9, 9_999), 10);
});
