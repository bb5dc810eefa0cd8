/**
 * Writing what never changes of a message: its source, in chunks, and its summary.
 *
 * Contents stand apart from mailboxes. Each has a home, the mailbox in which it first arrived, and a number
 * of its own; messages refer to it by both. Small ones are written by the commit that makes the messages.
 * Larger ones are written before, beside a marker that the commit removes, so that what a crash leaves can
 * be told from what is in use. Those that are to be in files are written before too (body_files.ts), and of
 * them the commit writes a key.
 *
 * @module
 */

import { type NewMessage, StorageError } from "../model.ts";
import { FILE_RECORD, type NewBody } from "./body_files.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import {
  type ContentEntry,
  encodeContents,
  splitContents,
} from "./content_list.ts";
import { unavailable } from "./commit.ts";
import type { Database } from "./database.ts";
import {
  bodyFileKey,
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

/**
 * Brings the contents of messages into the database, or nearly so.
 * @param meanwhile what else is to be done, where there are files while the disk is waited for: before that nothing
 * but the sources is looked at, since what is known of a large message may be made when it is first asked for
 */
export async function storeContents(
  db: Database,
  home: number,
  messages: readonly NewMessage[],
  meanwhile: () => Promise<void> | undefined = () => undefined,
): Promise<StoredContents> {
  if (messages.length > MAX_UPLOAD) {
    throw new StorageError("LIMIT", "Too many messages at once");
  }
  const first = await db.contentNumbers.take(messages.length);
  const inFiles = messages.flatMap(({ source }, index) =>
    db.files?.takes(source)
      ? [{ content: { home, number: first + index }, source }]
      : []
  );
  const contents: Contents = {
    home,
    first,
    messages,
    inFiles: new Set(inFiles.map(({ content }) => content.number)),
  };
  let beside: Promise<void> | undefined;
  const begin = () => {
    if (beside !== undefined) return;
    beside = (async () => await meanwhile())();
    // Looked at below, unless something else fails before.
    beside.catch(() => {});
  };
  if (inFiles.length === 0) begin();
  else await writeFiles(db, inFiles, begin);
  const discard = () => discardFiles(db, inFiles);
  try {
    await beside;
    if (isUpload(contents, inFiles)) return await upload(db, contents);
    const writes = [...contentWrites(contents)];
    return { first, writes, checks: [], discard };
  } catch (error) {
    await discard().catch(db.settings.onFault);
    throw error;
  }
}

/** Whether there is too much for the commit that makes the messages. */
function isUpload(
  { messages }: Contents,
  inFiles: readonly NewBody[],
): boolean {
  let bytes = 0;
  for (const { source, summary } of messages) {
    bytes += source.length + summary.length;
  }
  for (const { source } of inFiles) bytes -= source.length;
  const mutations = messages.length * 2 + bytes / MAX_VALUE;
  return mutations > INLINE.mutations || bytes > INLINE.bytes;
}

/** Contents on their way into the database. */
interface Contents {
  readonly home: number;
  /** The number of the first. */
  readonly first: number;
  readonly messages: readonly NewMessage[];
  /** The numbers of those whose sources are in files already. */
  readonly inFiles: ReadonlySet<number>;
}

async function writeFiles(
  { files, settings }: Database,
  bodies: readonly NewBody[],
  syncing: () => void,
): Promise<void> {
  try {
    await files!.write(bodies, syncing);
  } catch (error) {
    settings.onFault(error);
    throw unavailable(error);
  }
}

/** Removes the files of contents, unless the commit by which the database has them came after all. */
async function discardFiles(
  { files, committer }: Database,
  bodies: readonly NewBody[],
): Promise<void> {
  if (bodies.length === 0) return;
  const contents = bodies.map(({ content }) => content);
  // One commit writes the keys of all of them.
  const key = bodyFileKey(contents[0]!);
  const { ok } = await committer.write([], [{ key, versionstamp: null }]);
  if (ok) await files!.discard(contents);
}

function* contentWrites(
  { home, first, messages, inFiles }: Contents,
): Iterable<Write> {
  for (const [index, { source, summary }] of messages.entries()) {
    const number = first + index;
    if (inFiles.has(number)) yield [bodyFileKey({ home, number }), FILE_RECORD];
    else yield* chunkWrites(home, number, source);
    yield* summaryWrites(home, number, summary);
  }
}

function* chunkWrites(
  home: number,
  number: number,
  source: Uint8Array,
): Iterable<Write> {
  for (let chunk = 0; chunk < chunksOf(source.length); chunk++) {
    const from = chunk * MAX_VALUE;
    yield [
      bodyKey(home, number, chunk),
      source.subarray(from, from + MAX_VALUE),
    ];
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
  contents: Contents,
): Promise<StoredContents> {
  const { home, first, messages } = contents;
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
    for (const write of contentWrites(contents)) {
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
