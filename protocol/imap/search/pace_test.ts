import { assert, assertFalse } from "@std/assert";
import { Pace } from "./pace.ts";

Deno.test("Pace is due after a stretch and begins anew after a rest", async () => {
  let now = 1_000;
  const pace = new Pace(() => now);
  assertFalse(pace.due);
  now += 9;
  assertFalse(pace.due);
  now += 1;
  assert(pace.due);
  await pace.rest();
  assertFalse(pace.due);
  now += 10;
  assert(pace.due);
});

Deno.test("Pace.rest() lets a timer that is due go first", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const pace = new Pace();
  // Each rest is a turn of the event loop, in which timers have their place.
  while (turns === 0) await pace.rest();
  clearInterval(timer);
  assert(turns > 0);
});
