/**
 * Random histories of sessions at two servers, each with a storage of its own on one remote Deno KV: whatever
 * happens at the other server, on the network and to the database, every client is told the truth.
 *
 * `SESSIONS_SEED` begins elsewhere; `SOAK=1` goes on for minutes from a place of its own.
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { openKvStorage } from "../../storage/kv/mod.ts";
import { play } from "../../testing/sessions/history.ts";
import { histories } from "../../testing/sessions/steps.ts";
import { allowAccess } from "./client.ts";
import {
  type Fate,
  type KvServer,
  type KvServerOptions,
  startKvServer,
} from "./server.ts";
import { rounds } from "../shards/part.ts";

const soak = Deno.env.get("SOAK") === "1";
const seed = Number(Deno.env.get("SESSIONS_SEED") ?? (soak ? Date.now() : 1));

const now = () => 1_000_000_000_000;

interface Setting extends KvServerOptions {
  /** How many changes a log has when it is folded. */
  readonly foldRecords?: number;
  /** What becomes of every fifth commit, in turn. */
  readonly commits?: readonly Fate[];
  /** Whether watches break all the time. */
  readonly watchesBreak?: boolean;
}

/** Lets things go wrong from now on. */
function trouble(kv: KvServer, { commits = [], watchesBreak }: Setting): void {
  let requests = 0;
  let writes = 0;
  kv.fate = (operation) => {
    if (watchesBreak && ++requests % 50 === 0) kv.breakWatches();
    if (operation !== "write" || ++writes % 5 !== 0) return "done";
    return commits[writes / 5 % commits.length] ?? "done";
  };
}

function atTwoServers(name: string, runs: number, setting: Setting): void {
  Deno.test(`two servers, ${name}: every history keeps the numbering right`, async () => {
    allowAccess();
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        await using kv = startKvServer(setting);
        const { foldRecords = 512 } = setting;
        const faults: unknown[] = [];
        const onFault = (error: unknown) => faults.push(error);
        const open = () =>
          openKvStorage({ path: kv.url, now, foldRecords, onFault });
        await using first = await open();
        await using second = await open();
        trouble(kv, setting);
        await play(history, first, [second]);
        assertEquals(faults, []);
      }),
      { numRuns: soak ? runs * 100 : rounds(runs), seed },
    );
  });
}

atTwoServers("near", 3, {});
atTwoServers("folding always", 3, { foldRecords: 2 });
atTwoServers("far away", 1, { latency: 2 });
atTwoServers("commits in conflict", 2, { commits: ["conflict"] });
atTwoServers("answers lost", 1, { commits: ["lost", "refused"] });
atTwoServers("watches break", 1, { watchesBreak: true });
