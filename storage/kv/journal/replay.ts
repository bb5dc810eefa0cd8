/**
 * Brings into a database what a process that ended where it stood has left in the journal.
 *
 * @module
 */

import { unlink } from "../files.ts";
import { IDENTITY, readJournal } from "./journal_file.ts";
import { apply, gather, readApplied } from "./write_behind.ts";

/**
 * Does so, and removes the journal.
 * @throws {Error} when a process is at work on it, or it belongs to something else; it is left as it is then
 */
export async function replayJournal(kv: Deno.Kv, path: string): Promise<void> {
  using journal = await readJournal(path);
  if (journal === undefined) return;
  const { identity, records } = journal;
  // One that was never finished has nothing in it.
  if (identity !== undefined) {
    let applied = await readApplied(kv);
    if (applied === undefined || !isSame(applied.identity, identity)) {
      throw notOf(path, "it is another's");
    }
    let open = records.filter(({ number }) => number > applied!.number);
    if (open.some((record, at) => record.number !== applied!.number + 1 + at)) {
      throw notOf(
        path,
        `between commit ${applied.number} and it some are missing`,
      );
    }
    while (open.length > 0) {
      const { count, values } = gather(open);
      applied = await apply(kv, applied, values, open[count - 1]!.number);
      open = open.slice(count);
    }
  }
  await unlink(path);
}

function notOf(path: string, why: string): Error {
  return new Error(
    `The journal ${path} does not belong to the database as it is now: ${why}. ` +
      "Has one of them been replaced? Move the journal away to go on without it",
  );
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < IDENTITY; at++) if (a[at] !== b[at]) return false;
  return true;
}
