/**
 * Every transcript under `tests/transcripts`, on each storage, whole and with the client's input cut at
 * every byte; of the latter `deno task test` does a part. With `TRANSCRIPT_SERVER` (see `tests/transcript/foreign.ts`) on another server instead.
 *
 * `TRANSCRIPT=search deno test -A tests/transcripts_test.ts` runs those whose path contains "search".
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { part, stride } from "./shards/part.ts";
import { foreignServer } from "./transcript/foreign.ts";
import { loadScripts } from "./transcript/load.ts";
import { startOwnServer, STORAGES } from "./transcript/own_server.ts";
import { missingCapabilities, runScript } from "./transcript/run.ts";
import type { Script } from "./transcript/script.ts";

const foreign = foreignServer();

/** How much a client may say in a script that is also run with its input cut. */
const CUT_LIMIT = 2_000;

/** Topics whose conversations are also had over compressed connections. */
const COMPRESSED = /\/(sessions|fetch|idle|append|qresync|notify|context)\//;

const scripts = loadScripts(Deno.env.get("TRANSCRIPT"));
for (const [place, script] of scripts.entries()) {
  if (place % part.of !== part.shard) continue;
  for (const revision of script.revisions) {
    const name = [
      script.path,
      ...(script.revisions.length > 1 ? [`rev${revision}`] : []),
      ...(script.modes.length > 1 ? [script.mode] : []),
    ].join(" ");
    const variants = place % stride() === 0;
    if (foreign === undefined) testOwn(script, revision, name, variants);
    else testForeign(script, revision, name);
  }
}

function testOwn(
  script: Script,
  revision: number,
  name: string,
  variants: boolean,
): void {
  for (const storage of STORAGES) {
    if (![undefined, "stored", storage].includes(script.storage)) continue;
    Deno.test(`${name} on ${storage}`, async () => {
      await playOwn(script, revision, storage, {});
    });
  }
  if (!variants) return;
  const loggedIn = [...script.states.values()]
    .some((state) => state.name !== "not authenticated");
  if (COMPRESSED.test(`/${script.path}`) && loggedIn) {
    Deno.test(`${name} compressed`, async () => {
      const storage = script.storage ?? "memory";
      await playOwn(script, revision, storage, { compressed: true });
    });
  }
  if (script.mode === "plain" && saidByClient(script) <= CUT_LIMIT) {
    Deno.test(`${name} cut into bytes`, async () => {
      const storage = script.storage === "kv" ? "kv" : "memory";
      await playOwn(script, revision, storage, { cut: true });
    });
  }
}

async function playOwn(
  script: Script,
  revision: number,
  storageKind: string,
  variant: { readonly cut?: boolean; readonly compressed?: boolean },
): Promise<void> {
  const server = await startOwnServer(script, storageKind);
  try {
    const { connect } = server;
    const options = { connect, revision, cut: false, ...variant };
    assertEquals(await missingCapabilities(script, options), []);
    await runScript(script, options);
    assertEquals(await server.storage.verify(), []);
    assertEquals(server.faults, []);
  } finally {
    await server.stop();
  }
}

function testForeign(script: Script, revision: number, name: string): void {
  const reason = script.not.get(foreign!.name);
  const ignore = reason !== undefined || script.disable.length > 0 ||
    Object.keys(script.limits).length > 0 || script.utf8Only ||
    script.surrogates ||
    Object.keys(script.appendLimits).length > 0;
  Deno.test({
    name: `${name} on ${foreign!.name}`,
    ignore,
    async fn() {
      await foreign!.reset();
      const options = { connect: foreign!.connect, revision, cut: false };
      const missing = await missingCapabilities(script, options);
      if (missing.length > 0) console.log(`  skipped for want of ${missing}`);
      else await runScript(script, options);
    },
  });
}

function saidByClient(script: Script): number {
  return script.steps
    .flatMap((step) => step.type === "send" ? step.pieces : [])
    .reduce((sum, piece) => sum + piece.text.length, 0);
}
