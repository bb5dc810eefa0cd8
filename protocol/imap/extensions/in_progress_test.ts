import { assert, assertEquals } from "@std/assert";
import { Registry } from "../registry.ts";
import { progressDetails } from "./in_progress.ts";
import { extensions } from "./mod.ts";

Deno.test("progressDetails() says what is known and makes sense", () => {
  const about = (tag: string, done: number, goal: number) =>
    progressDetails(tag, { done, goal });
  assertEquals(about("A001", 454, 1000), '"A001" 454 1000');
  assertEquals(about("A001", 0, 1000), '"A001" 0 1000');
  assertEquals(about("A001", 175, 0), '"A001" 175 NIL');
  assertEquals(about("A001", 1000, 1000), '"A001" 999 1000');
  assertEquals(about("A001", 0, 0), '"A001" NIL NIL');
  assertEquals(about("A]1", 1, 2), "NIL 1 2");
});

Deno.test("Without INPROGRESS nobody is told of progress", () => {
  const without = new Registry(extensions, new Set(["INPROGRESS"]));
  assertEquals(without.progressNotice, undefined);
  assert(new Registry(extensions, new Set()).progressNotice !== undefined);
});
