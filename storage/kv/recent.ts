/**
 * Which large mailboxes were in memory when a database was closed, so that after a restart they are loaded before
 * anybody asks: those whose clients come back at once.
 *
 * @module
 */

import type { MailboxId } from "../model.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import type { Database } from "./database.ts";
import { RECENT } from "./keys.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";

const VERSION = 1;
/** As many mailboxes are noted, with as many messages together: they are loaded when everybody comes back. */
const MAX_MAILBOXES = 32;
const MAX_MESSAGES = 250_000;
/** Mailboxes with fewer messages are loaded so fast that it is not worth it. */
const MIN_MESSAGES = 500;

/** Notes mailboxes that are in memory, those used last at the end; what is too much is left out. */
export async function noteRecent(
  { committer }: Database,
  entries: readonly MailboxEntry[],
): Promise<void> {
  const ids: MailboxId[] = [];
  let messages = 0;
  for (const entry of entries.toReversed()) {
    if (!entry.loaded || entry.gone) continue;
    const { length } = entry.state;
    if (length < MIN_MESSAGES) continue;
    messages += length;
    if (ids.length === MAX_MAILBOXES || messages > MAX_MESSAGES) break;
    ids.push(entry.id);
  }
  const to = new ByteWriter(5 + ids.length * 4).u8(VERSION).u32(ids.length);
  for (const id of ids) to.u32(id);
  await committer.write([[RECENT, to.bytes()]]);
}

/** The mailboxes that were noted last, those used last first; some may have gone. */
export async function readRecent({ reader }: Database): Promise<MailboxId[]> {
  const { value } = await reader.get<Uint8Array>(RECENT);
  if (value === null) return [];
  const from = new ByteReader(value).version(VERSION);
  return Array.from({ length: from.u32() }, () => from.u32() as MailboxId);
}
