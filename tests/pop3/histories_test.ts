/**
 * Random histories of POP3 and IMAP sessions on one INBOX: whatever the order in which things happen, a number
 * means one message, QUIT removes what was marked and nothing else, and IMAP sessions hear of it as they should.
 *
 * `SESSIONS_SEED` begins elsewhere; `SOAK=1` goes on for minutes from a place of its own.
 */

import fc from "fast-check";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { playTogether, together } from "./together.ts";
import { rounds } from "../shards/part.ts";

const soak = Deno.env.get("SOAK") === "1";
const seed = Number(Deno.env.get("SESSIONS_SEED") ?? (soak ? Date.now() : 1));

function historiesOn(
  kind: string,
  runs: number,
  open: () => Promise<Storage>,
): void {
  Deno.test(`${kind}: POP3 and IMAP sessions get along in every history`, async () => {
    await fc.assert(
      fc.asyncProperty(together, async (history) => {
        await using storage = await open();
        await playTogether(history, storage);
      }),
      { numRuns: soak ? runs * 100 : rounds(runs), seed },
    );
  });
}

const now = () => 1_000_000_000_000;

historiesOn("memory", 300, () => Promise.resolve(new MemoryStorage({ now })));
historiesOn("KV", 60, () => openKvStorage({ now }));
