import { assertEquals } from "@std/assert";
import { heardFrom } from "../../lone_client.ts";
import { bytes, Opened } from "./journal_testing.ts";

/** Counts by which way the disk is waited for; here a wait takes as long as `wait` says. */
function countWaits() {
  const { syncData, syncDataSync } = Deno.FsFile.prototype;
  const waits = { here: 0, aside: 0, wait: 0 };
  Deno.FsFile.prototype.syncData = function () {
    waits.aside++;
    return syncData.call(this);
  };
  Deno.FsFile.prototype.syncDataSync = function () {
    waits.here++;
    const until = performance.now() + waits.wait;
    while (performance.now() < until);
    syncDataSync.call(this);
  };
  return {
    waits,
    [Symbol.dispose]() {
      Object.assign(Deno.FsFile.prototype, { syncData, syncDataSync });
    },
  };
}

function hearFrom(...clients: number[]): void {
  for (let count = 0; count < 20; count++) clients.forEach(heardFrom);
}

Deno.test("a lone client waits for the disk here, one among others aside", async () => {
  await using db = await Opened.in();
  using counted = countWaits();
  const { waits } = counted;
  const put = () => db.kv.set(["k"], bytes("1"));
  hearFrom(1, 2);
  await put();
  assertEquals([waits.here, waits.aside], [0, 1]);
  // The disk may have been slow.
  for (let tries = 0; waits.here === 0 && tries < 100; tries++) {
    hearFrom(2);
    await put();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assertEquals(waits.here, 1);
  // Others wait while one is on its way, and go together.
  const aside = waits.aside;
  await Promise.all([put(), put(), put()]);
  assertEquals(waits.aside > aside, true);
});

Deno.test("after a long wait for the disk nobody waits for it here", async () => {
  await using db = await Opened.in();
  using counted = countWaits();
  const { waits } = counted;
  const put = () => db.kv.set(["k"], bytes("1"));
  waits.wait = 10;
  for (let tries = 0; waits.here === 0 && tries < 100; tries++) {
    hearFrom(1);
    await put();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  hearFrom(1);
  const { aside } = waits;
  for (let count = 0; count < 5; count++) await put();
  assertEquals([waits.here, waits.aside - aside], [1, 5]);
});
