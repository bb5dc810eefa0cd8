/**
 * Writing what never changes of a message: its source, in chunks, and its summary.
 *
 * Contents stand apart from mailboxes. Each has a home, the mailbox in which it first arrived, and a number
 * of its own; messages refer to it by both. Small ones are written by the commit that makes the messages.
 * Larger ones are written before, beside a marker that the commit removes, so that what a crash leaves can
 * be told from what is in use.
 *
 * @module
 */

import { type NewMessage, StorageError } from "../model.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import {
  type ContentEntry,
  encodeContents,
  splitContents,
} from "./content_list.ts";
import type { Database } from "./database.ts";
import {
  bodyKey,
  garbageKey,
  MAX_VALUE,
  summaryKey,
  uploadKey,
  type Write,
} from "./keys.ts";

const VERSION = 1;
/** What is written by the commit that makes the messages, at the most. */
const INLINE = { mutations: 300, bytes: 256_000 };
/** What one commit of an upload holds: 12 chunks are the fastest. */
const UPLOAD = { mutations: 800, bytes: 780_000 };
/** A marker names this many contents at the most, four bytes each. */
const MAX_UPLOAD = 15_000;

/** How many chunks a source has. */
export function chunksOf(size: number): number {
  return Math.ceil(size / MAX_VALUE);
}

/** Contents that are, or will be with the commit, in the database. */
export interface StoredContents {
  /** The number of the first; the others follow. */
  readonly first: number;
  /** What the commit that makes the messages has to write. */
  readonly writes: readonly Write[];
  /** What it has to check. */
  readonly checks: readonly Deno.AtomicCheck[];
  /** Gives the contents up, when there is no such commit. */
  discard(): Promise<void>;
}

/** Brings the contents of messages into the database, or nearly so. */
export async function storeContents(
  db: Database,
  home: number,
  messages: readonly NewMessage[],
): Promise<StoredContents> {
  if (messages.length > MAX_UPLOAD) {
    throw new StorageError("LIMIT", "Too many messages at once");
  }
  const first = await db.contentNumbers.take(messages.length);
  let bytes = 0;
  for (const { source, summary } of messages) {
    bytes += source.length + summary.length;
  }
  const mutations = messages.length * 2 + bytes / MAX_VALUE;
  if (mutations <= INLINE.mutations && bytes <= INLINE.bytes) {
    const writes = [...contentWrites(home, first, messages)];
    return { first, writes, checks: [], discard: () => Promise.resolve() };
  }
  return await upload(db, home, first, messages);
}

function* contentWrites(
  home: number,
  first: number,
  messages: readonly NewMessage[],
): Iterable<Write> {
  for (const [index, { source, summary }] of messages.entries()) {
    const number = first + index;
    for (let chunk = 0; chunk < chunksOf(source.length); chunk++) {
      const from = chunk * MAX_VALUE;
      const bytes = source.subarray(from, from + MAX_VALUE);
      yield [bodyKey(home, number, chunk), bytes];
    }
    yield* summaryWrites(home, number, summary);
  }
}

/** What a summary is written as. */
export function* summaryWrites(
  home: number,
  number: number,
  summary: Uint8Array,
): Iterable<Write> {
  const room = MAX_VALUE - 5;
  const head = new ByteWriter(5 + Math.min(summary.length, room)).u8(VERSION)
    .u32(summary.length).raw(summary.subarray(0, room)).bytes();
  yield [summaryKey(home, number, 0), head];
  for (let from = room, part = 1; from < summary.length; part++) {
    const bytes = summary.subarray(from, from + MAX_VALUE);
    yield [summaryKey(home, number, part), bytes];
    from += MAX_VALUE;
  }
}

/** The first part of a summary: how long all of it is, and where it begins. */
export function decodeSummary(
  part: Uint8Array,
): { length: number; start: Uint8Array } {
  const length = new ByteReader(part).version(VERSION).u32();
  return { length, start: part.subarray(5) };
}

async function upload(
  db: Database,
  home: number,
  first: number,
  messages: readonly NewMessage[],
): Promise<StoredContents> {
  const { committer, settings } = db;
  const key = uploadKey(home, first);
  const sizes = messages.map((message) => message.source.length);
  const marker = encodeUpload(settings.now(), sizes);
  const begun = await committer.write([[key, marker]]);
  if (!begun.ok) throw new Error("A write without checks failed its checks");
  const entries = sizes.map((size, index) => ({
    home,
    number: first + index,
    size,
  }));
  const checks = [{ key, versionstamp: begun.versionstamp }];
  const discard = () => discardUpload(db, checks[0]!, entries);
  try {
    let writes: Write[] = [];
    let bytes = 0;
    for (const write of contentWrites(home, first, messages)) {
      const size = write[1]!.length;
      if (bytes + size > UPLOAD.bytes || writes.length === UPLOAD.mutations) {
        await committer.write(writes);
        writes = [];
        bytes = 0;
      }
      writes.push(write);
      bytes += size;
    }
    if (writes.length > 0) await committer.write(writes);
  } catch (error) {
    await discard().catch(settings.onFault);
    throw error;
  }
  return { first, writes: [[key, null]], checks, discard };
}

/** Turns what an upload has written into garbage, unless its commit came after all. */
export async function discardUpload(
  db: Database,
  marker: Deno.AtomicCheck,
  entries: readonly ContentEntry[],
): Promise<void> {
  const garbage = await garbageWrites(db, entries);
  await db.committer.write([[marker.key, null], ...garbage], [marker]);
}

/** Records of contents that have one message less. */
export async function garbageWrites(
  db: Database,
  entries: readonly ContentEntry[],
): Promise<Write[]> {
  const lists = splitContents(entries);
  if (lists.length === 0) return [];
  const serial = await db.contentNumbers.take(lists.length);
  return numberedLists(db.settings.now(), lists, serial, garbageKey);
}

/** Lists of contents under keys that follow one another. */
export function numberedLists(
  time: number,
  lists: readonly (readonly ContentEntry[])[],
  serial: number,
  key: (serial: number) => Deno.KvKey,
): Write[] {
  return lists.map((list, index): Write => [
    key(serial + index),
    encodeContents(time, list),
  ]);
}

function encodeUpload(time: number, sizes: readonly number[]): Uint8Array {
  const to = new ByteWriter(13 + sizes.length * 4).u8(VERSION).f64(time);
  to.u32(sizes.length);
  for (const size of sizes) to.u32(size);
  return to.bytes();
}

/** What a marker says: when the upload began, and how large each source is. */
export function decodeUpload(
  bytes: Uint8Array,
): { time: number; sizes: readonly number[] } {
  const from = new ByteReader(bytes).version(VERSION);
  const time = from.f64();
  return { time, sizes: Array.from({ length: from.u32() }, () => from.u32()) };
}
