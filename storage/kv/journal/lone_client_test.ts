import { assert, assertEquals } from "@std/assert";
import { heardFrom } from "../../lone_client.ts";
import { bytes, Opened } from "./journal_testing.ts";

/** Counts by which way the disk is waited for. The clock stands still, but for the `wait` that each wait here takes. */
function countWaits() {
  const { syncData, syncDataSync } = Deno.FsFile.prototype;
  const waits = {
    here: 0,
    aside: 0,
    wait: 0,
    time: Math.ceil(performance.now()),
  };
  performance.now = () => waits.time;
  Deno.FsFile.prototype.syncData = function () {
    waits.aside++;
    return syncData.call(this);
  };
  Deno.FsFile.prototype.syncDataSync = function () {
    waits.here++;
    waits.time += waits.wait;
    syncDataSync.call(this);
  };
  return {
    waits,
    [Symbol.dispose]() {
      Reflect.deleteProperty(performance, "now");
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
  hearFrom(2);
  await put();
  assertEquals([waits.here, waits.aside], [1, 1]);
  // Others wait while one is on its way, and go together.
  await Promise.all([put(), put(), put()]);
  assert(waits.aside > 1);
  // It has not been heard from for long.
  const { here } = waits;
  waits.time += 1_000;
  await put();
  assertEquals(waits.here, here);
});

Deno.test("for a second after a long wait for the disk nobody waits for it here", async () => {
  await using db = await Opened.in();
  using counted = countWaits();
  const { waits } = counted;
  const put = async () => {
    hearFrom(1);
    await db.kv.set(["k"], bytes("1"));
  };
  waits.wait = 6;
  await put();
  assertEquals([waits.here, waits.aside], [1, 0]);
  waits.time += 990;
  for (let count = 1; count <= 5; count++) {
    await put();
    assertEquals([waits.here, waits.aside], [1, count]);
  }
  waits.time += 10;
  await put();
  assertEquals([waits.here, waits.aside], [2, 5]);
});
