/**
 * Random histories of several sessions on a server whose storage is an array behind callbacks.
 */

import fc from "fast-check";
import { setImmediate } from "node:timers/promises";
import { arrayCallbacks } from "../../examples/array_server.ts";
import { withCallbacks } from "../../server/callbacks/storage.ts";
import type { Callbacks } from "../../server/callbacks/types.ts";
import { play } from "../../testing/sessions/history.ts";
import { histories } from "../../testing/sessions/steps.ts";
import { rounds } from "../shards/part.ts";

const soak = Deno.env.get("SOAK") === "1";
const seed = Number(Deno.env.get("SESSIONS_SEED") ?? (soak ? Date.now() : 1));

/**
 * Callbacks that take their time: before they change anything, and when they have made a list, so that it is
 * old when it comes.
 */
function slow(callbacks: Callbacks): Callbacks {
  const entries = Object.entries(callbacks).map(([name, callback]) => [
    name,
    async (...given: unknown[]) => {
      const lists = name.startsWith("get");
      if (!lists) await setImmediate();
      const answer = await (callback as (...g: unknown[]) => unknown)(...given);
      if (lists) await setImmediate();
      return answer;
    },
  ]);
  return Object.fromEntries(entries);
}

for (
  const [kind, make] of [["quick", arrayCallbacks], [
    "slow",
    () => slow(arrayCallbacks()),
  ]] as const
) {
  Deno.test(`${kind} callbacks: every history keeps the numbering right`, async () => {
    const runs = soak ? 10_000 : rounds(100);
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const faults: unknown[] = [];
        await using storage = withCallbacks(undefined, make(), {
          callbackTime: 10_000,
          report: (error) => faults.push(error),
          now: () => 1_000_000_000_000,
        });
        await play(history, storage);
        if (faults.length > 0) throw faults[0];
      }),
      { numRuns: runs, seed },
    );
  });
}
