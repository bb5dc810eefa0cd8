/** What a mailbox on Deno KV remembers of expunged messages: as many as it is told to, through folds and restarts. */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { expungedOf } from "../storage/kv/keys.ts";
import { openKvStorage } from "../storage/kv/mod.ts";
import type { Mailbox } from "../storage/storage.ts";
import { messages } from "../testing/conformance/harness.ts";
import { rounds } from "./shards/part.ts";

const MOST = 7;

const steps = fc.array(
  fc.oneof(
    fc.record({
      does: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 5 }),
    }),
    fc.record({
      does: fc.constant("flags" as const),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      does: fc.constant("expunge" as const),
      from: fc.nat(9),
      count: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ does: fc.constant("restart" as const) }),
  ),
  { maxLength: 40, size: "max" },
);

/** What was expunged by each change. */
type Past = { readonly modseq: number; readonly uids: readonly number[] }[];

function compare({ state }: Mailbox, past: Past): void {
  for (let since = 0; since <= state.highestModseq; since++) {
    const gone = past.filter(({ modseq }) => modseq > since)
      .flatMap(({ uids }) => uids).sort((a, b) => a - b);
    const found = state.expungedSince(since);
    // Where it is too long ago to know, it is because more have gone since than are remembered.
    if (gone.length > MOST) assertEquals(found, undefined);
    else assertEquals(found && [...found], gone);
  }
  assert(state.expungedHistory.size <= MOST);
}

for (const foldRecords of [2, 9, 512]) {
  Deno.test(`folding after ${foldRecords}: as many expunged messages are known as are to be, and no more kept`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (steps) => {
        using kv = await Deno.openKv(":memory:");
        const open = () =>
          openKvStorage({ kv, foldRecords, limits: { maxExpunged: MOST } });
        let storage = await open();
        let account = await storage.openAccount("u");
        let inbox = await account.openMailbox("INBOX");
        const past: Past = [];
        for (const step of steps) {
          const all = inbox.state.allUids();
          if (step.does === "append") await inbox.append(messages(step.count));
          else if (step.does === "flags") {
            await inbox.storeFlags(all.subarray(0, step.count), {
              mode: "add",
              flags: [`k${inbox.state.highestModseq % 9}`],
            });
          } else if (step.does === "expunge") {
            const uids = all.subarray(step.from, step.from + step.count);
            if (uids.length === 0) continue;
            const { modseq } = await inbox.expunge(uids);
            past.push({ modseq, uids: [...uids] });
          } else {
            const { highestModseq } = inbox.state;
            const modseqs = [...inbox.state.modseqs.subarray(0, all.length)];
            await storage.close();
            storage = await open();
            account = await storage.openAccount("u");
            inbox = await account.openMailbox("INBOX");
            const { state } = inbox;
            assertEquals(state.highestModseq, highestModseq);
            assertEquals([...state.modseqs.subarray(0, all.length)], modseqs);
          }
          compare(inbox, past);
        }
        const { id } = inbox.state;
        assertEquals(await storage.verify(), []);
        await storage.close();
        const kept = await Array.fromAsync(kv.list({ prefix: expungedOf(id) }));
        assert(kept.length <= MOST + 1, `${kept.length} pages`);
      }),
      { numRuns: rounds(20), seed: 1 },
    );
  });
}
