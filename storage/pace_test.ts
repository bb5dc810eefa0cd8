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

Deno.test("Pace.rest() lets a socket go first, also where two work at once", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [near, far] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  let heard = false;
  const hearing = far.read(new Uint8Array(1)).then(() => heard = true);
  const work = async (): Promise<number> => {
    const pace = new Pace();
    let rests = 0;
    while (!heard) {
      // As many slices as fit before a long rest, and some more.
      for (const end = performance.now() + 10; performance.now() < end;);
      await pace.rest();
      rests++;
    }
    return rests;
  };
  await near.write(Uint8Array.of(1));
  const rests = await Promise.all([work(), work()]);
  await hearing;
  near.close();
  far.close();
  // By `setImmediate` alone it takes 61 rounds.
  assert(Math.max(...rests) < 30, `${rests}`);
});
