import { assertEquals, assertThrows } from "@std/assert";
import { StorageError } from "../../storage/model.ts";
import { nameOnly } from "./mailbox_list.ts";
import { Subscriptions } from "./subscriptions.ts";

const a = { ...nameOnly(["a"], "/"), selectable: true };
const b = { ...nameOnly(["b"], "/"), subscribed: true };
const list = new Map([["a", a], ["b", b]]);

Deno.test("what clients have said goes before the list", () => {
  const said = new Subscriptions(10);
  assertEquals(said.applyTo(list, "/"), list);
  said.set("a", true, false);
  said.set("b", false, true);
  said.set("c/d", true, false);
  assertEquals([...said.applyTo(list, "/").values()], [
    { ...a, subscribed: true },
    { ...b, subscribed: false },
    { ...nameOnly(["c", "d"], "/"), subscribed: true },
  ]);
});

Deno.test("what the list says by itself is not kept, and no more than may be", () => {
  const said = new Subscriptions(2);
  said.set("a", false, false);
  assertEquals(said.empty, true);
  said.set("a", true, false);
  said.set("c", true, false);
  assertThrows(() => said.set("d", true, false), StorageError, "Too many");
  said.set("c", true, false);
  said.set("c", false, false);
  said.set("d", true, false);
  said.set("a", false, false);
  said.set("d", false, false);
  assertEquals(said.empty, true);
});
