/**
 * Clearing away what deleted mailboxes and interrupted uploads leave.
 *
 * @module
 */

import type { MailboxState } from "../mailbox_state.ts";
import type { MailboxId } from "../model.ts";
import { lowerBound } from "../uid_list.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import type { Collector } from "./collect.ts";
import type { ContentEntry } from "./content_list.ts";
import { decodeUpload, discardUpload, garbageWrites } from "./contents.ts";
import type { Database } from "./database.ts";
import { encodeHead, type Head } from "./head.ts";
import {
  DEAD,
  deadKey,
  expungedOf,
  logOf,
  pagesOf,
  threadsKey,
  UPLOADS,
  type Write,
} from "./keys.ts";
import { loadMailbox } from "./load.ts";

const HEAD_SIZE = encodeHead({} as Head).length;
/** Every message's content has been given up; only pages and log remain. */
const ALL = 0xffff_ffff;
const CONTENTS_A_COMMIT = 15_000;
const KEYS_A_COMMIT = 600;
/** How old an upload is that no other process can be at work on. */
const UPLOAD_AGE = 24 * 3600_000;

/** What is left of a mailbox when it is deleted: its head, and up to which UID contents are given up. */
export function encodeDead(head: Uint8Array, doneUid: number): Uint8Array {
  return new ByteWriter(head.length + 4).raw(head).u32(doneUid).bytes();
}

/** Up to which UID the contents of a deleted mailbox have been given up. */
export function decodeDead(bytes: Uint8Array): number {
  return new ByteReader(bytes.subarray(HEAD_SIZE)).u32();
}

/** Clears all deleted mailboxes away. */
export async function buryMailboxes(
  db: Database,
  collector: Collector,
): Promise<void> {
  for await (
    const { key, value } of db.reader.list<Uint8Array>({ prefix: DEAD })
  ) {
    await bury(db, collector, key[1] as MailboxId, value);
  }
}

async function bury(
  db: Database,
  collector: Collector,
  id: MailboxId,
  value: Uint8Array,
): Promise<void> {
  const key = deadKey(id);
  const head = value.subarray(0, HEAD_SIZE);
  let done = decodeDead(value);
  if (done !== ALL) {
    const loaded = await loadMailbox(db.reader, id, key);
    if (loaded === undefined) return;
    const { state } = loaded;
    while (done !== ALL) {
      const from = lowerBound(state.uids, state.length, done + 1);
      const to = Math.min(from + CONTENTS_A_COMMIT, state.length);
      const garbage = await garbageWrites(db, contentsBetween(state, from, to));
      done = to === state.length ? ALL : state.uids[to - 1]!;
      await collector.commit([...garbage, [key, encodeDead(head, done)]]);
    }
  }
  for (const prefix of [pagesOf(id), logOf(id), expungedOf(id)]) {
    await removeAll(db, collector, prefix);
  }
  await collector.commit([[threadsKey(id), null], [key, null]]);
}

function contentsBetween(
  state: MailboxState,
  from: number,
  to: number,
): ContentEntry[] {
  return Array.from({ length: to - from }, (_, index) => ({
    ...state.contentAt(from + index),
    size: state.sizes[from + index]!,
  }));
}

async function removeAll(
  db: Database,
  collector: Collector,
  prefix: Deno.KvKey,
): Promise<void> {
  let writes: Write[] = [];
  for await (const { key } of db.reader.list({ prefix }, { batchSize: 100 })) {
    writes.push([key, null]);
    if (writes.length < KEYS_A_COMMIT) continue;
    await collector.commit(writes);
    writes = [];
  }
  if (writes.length > 0) await collector.commit(writes);
}

/** Gives up what uploads left that never came to their end; at the opening of the database. */
export async function sweepUploads(db: Database): Promise<void> {
  const { reader, settings } = db;
  for await (const entry of reader.list<Uint8Array>({ prefix: UPLOADS })) {
    const { time, sizes } = decodeUpload(entry.value);
    if (!settings.sole && settings.now() - time < UPLOAD_AGE) continue;
    const [, home, first] = entry.key as [string, number, number];
    await discardUpload(
      db,
      { key: entry.key, versionstamp: entry.versionstamp },
      sizes.map((size, index) => ({ home, number: first + index, size })),
    );
  }
}
