import { assertEquals } from "@std/assert";
import { isSequenceSet, normalizeSequenceSet } from "./sequence_set.ts";

Deno.test("normalizeSequenceSet makes equal sets equal texts", () => {
  assertEquals(normalizeSequenceSet("3,4,5", false), "3:5");
  assertEquals(normalizeSequenceSet("5:3", false), "3:5");
  assertEquals(normalizeSequenceSet("7,1:2,3", false), "7,1:3");
  assertEquals(normalizeSequenceSet("7,1:2,3", true), "1:3,7");
});

Deno.test("isSequenceSet knows one", () => {
  for (const text of ["1", "1:2", "3,5:7"]) {
    assertEquals(isSequenceSet(text), true);
  }
  for (const text of ["", "*", "1:", "a", "1,,2"]) {
    assertEquals(isSequenceSet(text), false);
  }
});
