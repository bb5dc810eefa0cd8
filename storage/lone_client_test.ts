import { assertEquals } from "@std/assert";
import { hasLoneClient, heardFrom } from "./lone_client.ts";

Deno.test("a client is alone once all others have been silent for a while", () => {
  heardFrom(1);
  heardFrom(2);
  assertEquals(hasLoneClient(), false);
  for (let count = 0; count < 15; count++) heardFrom(2);
  assertEquals(hasLoneClient(), true);
  heardFrom(1);
  assertEquals(hasLoneClient(), false);
  for (let count = 0; count < 100; count++) {
    heardFrom(1);
    heardFrom(2);
    assertEquals(hasLoneClient(), false);
  }
});
