/**
 * Random histories of sessions at two threads' storages on one database file: whatever happens in the other thread,
 * every client is told the truth. The storages talk over a port as threads do, so that the order of messages is not
 * that of calls.
 *
 * `SESSIONS_SEED` begins elsewhere; `SOAK=1` goes on for minutes from a place of its own.
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { play } from "../../testing/sessions/history.ts";
import { histories } from "../../testing/sessions/steps.ts";
import { rounds } from "../shards/part.ts";

const soak = Deno.env.get("SOAK") === "1";
const seed = Number(Deno.env.get("SESSIONS_SEED") ?? (soak ? Date.now() : 1));

const now = () => 1_000_000_000_000;

function inTwoThreads(
  name: string,
  runs: number,
  foldRecords: number,
  journal: boolean,
): void {
  Deno.test(`two threads, ${name}: every history keeps the numbering right`, async () => {
    const folder = await Deno.makeTempDir();
    let number = 0;
    try {
      await fc.assert(
        fc.asyncProperty(histories, async (history) => {
          const path = join(folder, `${number++}.kv`);
          const faults: unknown[] = [];
          const onFault = (error: unknown) => faults.push(error);
          const options = { now, foldRecords, onFault };
          await using first = await openKvStorage({
            path,
            threads: true,
            journal,
            ...options,
          });
          await using second = await openKvStorage({
            share: first.share(),
            ...options,
          });
          await play(history, first, [second]);
          assertEquals(faults, []);
        }),
        { numRuns: soak ? runs * 100 : rounds(runs), seed },
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

inTwoThreads("as they are", 10, 512, false);
inTwoThreads("folding always", 10, 2, false);
inTwoThreads("behind a journal", 10, 512, true);
inTwoThreads("behind a journal, folding always", 10, 2, true);
