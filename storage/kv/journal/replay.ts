/**
 * Brings into a database what a process that ended where it stood has left in the journal.
 *
 * @module
 */

import { IDENTITY, type LeftJournal, readJournal } from "./journal_file.ts";
import { apply, gather, readApplied } from "./write_behind.ts";

/**
 * Does so, and removes the journal.
 * @throws {Error} when a process is at work on it, or it belongs to something else; it is left as it is then
 */
export async function replayJournal(kv: Deno.Kv, path: string): Promise<void> {
  const journal = await readJournal(path);
  if (journal === undefined) return;
  let done = false;
  try {
    await bringIn(kv, journal, path);
    done = true;
  } finally {
    await journal.close(done);
  }
}

async function bringIn(
  kv: Deno.Kv,
  { identity, records }: LeftJournal,
  path: string,
): Promise<void> {
  let applied = await readApplied(kv);
  if (applied === undefined || !isSame(applied.identity, identity)) {
    throw notOf(path, "it is another's");
  }
  const { number } = applied;
  let open = records.filter((record) => record.number > number);
  if (open.some((record, at) => record.number !== number + 1 + at)) {
    throw notOf(path, `between commit ${number} and it some are missing`);
  }
  while (open.length > 0) {
    const { count, values } = gather(open);
    applied = await apply(kv, applied, values, open[count - 1]!.number);
    open = open.slice(count);
  }
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
