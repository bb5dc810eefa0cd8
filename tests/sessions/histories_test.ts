/**
 * Random histories of several sessions at once: whatever the order in which things happen, every client's
 * picture of its mailbox stays right, and so does that of clients who come again by QRESYNC with what one of them knew
 * at any moment before.
 *
 * `SESSIONS_SEED` begins elsewhere; `SOAK=1` goes on for minutes from a place of its own.
 */

import fc from "fast-check";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { play } from "../../testing/sessions/history.ts";
import { histories } from "../../testing/sessions/steps.ts";
import { rounds } from "../shards/part.ts";

const soak = Deno.env.get("SOAK") === "1";
const seed = Number(Deno.env.get("SESSIONS_SEED") ?? (soak ? Date.now() : 1));

function historiesOn(
  kind: string,
  runs: number,
  open: () => Promise<Storage>,
): void {
  Deno.test(`${kind}: every history keeps the numbering right`, async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        await using storage = await open();
        await play(history, storage);
      }),
      { numRuns: soak ? runs * 100 : rounds(runs), seed },
    );
  });
}

const now = () => 1_000_000_000_000;

/** Who has been away for longer than is remembered is told of all that is not there. */
const forgetful = { maxExpunged: 2 };

historiesOn("memory", 300, () => Promise.resolve(new MemoryStorage({ now })));
historiesOn(
  "memory, forgetful",
  100,
  () => Promise.resolve(new MemoryStorage({ now, limits: forgetful })),
);
historiesOn("KV", 50, () => openKvStorage({ now }));
historiesOn(
  "KV, folding always and forgetful",
  50,
  () => openKvStorage({ now, foldRecords: 2, limits: forgetful }),
);
