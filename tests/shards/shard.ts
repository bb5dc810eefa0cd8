/**
 * The fast tests in a few lots, each in one isolate.
 *
 * `deno test` gives each file an isolate of its own that loads and compiles the server anew: with three hundred files
 * that costs more than half of their tests do. So `deno task test` runs the modules of this folder, which import them;
 * every `*_test.ts` is found, wherever it is, and still runs by itself with `deno test -A FILE`.
 *
 * @module
 */

import { fromFileUrl, join, relative, toFileUrl } from "@std/path";
import fc from "fast-check";
import { part, rounds } from "./part.ts";

/** How many there are: the files beside this one. */
const SHARDS = 4;

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
/** What has a task of its own, and what is not ours. */
const ELSEWHERE =
  /^(node_modules|\.|tests\/(slow|interop|crash|load|package)$)/;
/** The longest file, which registers a part of its tests in each shard. */
const DIVIDED = "tests/transcripts_test.ts";

function* testFiles(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (ELSEWHERE.test(relative(ROOT, path))) continue;
    if (isDirectory) yield* testFiles(path);
    else if (name.endsWith("_test.ts")) yield path;
  }
}

/** Test files, in the order of their paths. */
export function allTestFiles(): string[] {
  return [...testFiles(ROOT)].sort();
}

/** Registers the tests of a file. */
export async function importFile(file: string): Promise<void> {
  await import(toFileUrl(file).href);
}

/** Registers the tests of one shard, counted from 0. */
export async function runShard(shard: number): Promise<void> {
  part.shard = shard;
  part.of = SHARDS;
  fc.configureGlobal({ numRuns: rounds(100) });
  const divided = join(ROOT, DIVIDED);
  for (const [place, file] of allTestFiles().entries()) {
    if (file === divided || place % SHARDS === shard) await importFile(file);
  }
}
