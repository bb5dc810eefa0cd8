/**
 * A copy that takes several commits: all or none of it, whatever happens in between (RFC 9051 § 6.4.7).
 *
 * The first commit leaves a record of what has been copied, each further one adds to it, the last one takes it away.
 * A record that is left over belongs to a copy that was cut short, and what it names is expunged. Where processes share
 * the database, a record of another one may be of a copy that goes on: it is left alone until nothing has been added to
 * it for long. Before anything is expunged the record is claimed, by which every further commit of its copy fails.
 *
 * @module
 */

import {
  type ExpungeResult,
  type MailboxId,
  StorageError,
  type UidList,
} from "../model.ts";
import { lowerBound } from "../uid_list.ts";
import type { Change, Subject } from "./batch.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import { expungeChange } from "./changes.ts";
import type { Database } from "./database.ts";
import { COPIES, copyKey } from "./keys.ts";
import type { MailboxCache } from "./mailbox_cache.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import { listsFor } from "./steps.ts";

/** How long nothing has been added to a copy that no other process can be at work on. */
export const COPY_AGE = 600_000;

const VERSION = 1;

/** UIDs that one commit has given: the first and the last. */
type Range = readonly [first: number, last: number];

/** What is known of a copy under way. */
export interface CopyRecord {
  /** UIDVALIDITY of the mailbox that it goes to. */
  readonly uidValidity: number;
  /** When something was added last; 0 once it has been claimed. */
  readonly time: number;
  /** What has been copied. */
  readonly ranges: readonly Range[];
}

/** A record in bytes. */
export function encodeCopy({ uidValidity, time, ranges }: CopyRecord) {
  const writer = new ByteWriter(13 + 8 * ranges.length);
  writer.u8(VERSION).u32(uidValidity).f64(time);
  for (const [first, last] of ranges) writer.u32(first).u32(last);
  return writer.bytes();
}

/** A record from bytes. */
export function decodeCopy(bytes: Uint8Array): CopyRecord {
  const reader = new ByteReader(bytes).version(VERSION);
  const uidValidity = reader.u32();
  const time = reader.f64();
  const ranges: Range[] = [];
  while (!reader.done) ranges.push([reader.u32(), reader.u32()]);
  return { uidValidity, time, ranges };
}

/** The record of a copy that this process is at work on; nothing in the database until its first commit. */
export class CopyUnderway implements Subject<CopyRecord | null> {
  /** See {@linkcode Subject.key}. */
  readonly key: Deno.KvKey;
  /** See {@linkcode Subject.versionstamp}. */
  versionstamp: string | null = null;
  /** See {@linkcode Subject.stale}. */
  stale = false;
  readonly #reader: Deno.Kv;
  readonly #target: MailboxEntry;
  #record: CopyRecord | undefined;
  #claimed = false;

  /** @param serial a number that no other copy to the mailbox has */
  constructor(reader: Deno.Kv, target: MailboxEntry, serial: number) {
    this.#reader = reader;
    this.#target = target;
    this.key = copyKey(target.id, serial);
  }

  /** Whether there is something in the database. */
  get begun(): boolean {
    return this.#record !== undefined;
  }

  /**
   * What becomes of the record by one more commit, the last one or not.
   * @throws {StorageError} UNAVAILABLE when another process has claimed it
   */
  next(range: Range, time: number, last: boolean): CopyRecord | null {
    if (this.#claimed) {
      throw new StorageError("UNAVAILABLE", "The copy has taken too long");
    }
    if (last) return null;
    const { uidValidity } = this.#target.head;
    const ranges = [...this.#record?.ranges ?? [], range];
    return { uidValidity, time, ranges };
  }

  /** See {@linkcode Subject.invalidate}. */
  invalidate(): void {
    this.stale = true;
  }

  /** See {@linkcode Subject.catchUp}. */
  async catchUp(): Promise<void> {
    const entry = await this.#reader.get<Uint8Array>(this.key);
    const record = entry.value === null ? undefined : decodeCopy(entry.value);
    this.#claimed = record === undefined ? this.begun : record.time === 0;
    this.#record = record;
    this.versionstamp = entry.versionstamp;
    this.stale = false;
  }

  /** See {@linkcode Subject.encode}. */
  encode(draft: CopyRecord | null): Uint8Array | null {
    return draft === null ? null : encodeCopy(draft);
  }

  /** See {@linkcode Subject.committed}. */
  committed(draft: CopyRecord | null, versionstamp: string): void {
    this.#record = draft ?? undefined;
    this.versionstamp = draft === null ? null : versionstamp;
  }
}

/** Takes back what a copy has copied so far, as the database has it. */
export async function undoCopy(
  db: Database,
  key: Deno.KvKey,
  target: MailboxEntry,
): Promise<void> {
  const record = await claim(db, key);
  if (record === undefined) return;
  // What was committed before the claim may not have been heard of here.
  await db.committer.refresh(target);
  if (!target.gone && target.head.uidValidity === record.uidValidity) {
    for (const [first, last] of record.ranges) {
      const { state } = target;
      const uids = state.allUids().subarray(
        lowerBound(state.uids, state.length, first),
        lowerBound(state.uids, state.length, last + 1),
      );
      await expunge(db, target, uids);
    }
  }
  await db.committer.write([[key, null]]);
}

/** Has every further commit of the copy fail. @returns what it has come to; undefined where it has ended */
async function claim(
  { reader, committer }: Database,
  key: Deno.KvKey,
): Promise<CopyRecord | undefined> {
  for (;;) {
    const { value, versionstamp } = await reader.get<Uint8Array>(key);
    if (value === null) return undefined;
    const record = decodeCopy(value);
    if (record.time === 0) return record;
    const claimed = encodeCopy({ ...record, time: 0 });
    const { ok } = await committer.write([[key, claimed]], [
      { key, versionstamp },
    ]);
    if (ok) return record;
  }
}

async function expunge(
  { committer, contentNumbers, settings }: Database,
  entry: MailboxEntry,
  uids: UidList,
): Promise<void> {
  if (uids.length === 0) return;
  const serial = await contentNumbers.take(listsFor(uids.length));
  const change: Change<ExpungeResult> = expungeChange(
    entry,
    uids,
    serial,
    settings.now(),
  );
  await committer.submit(change);
}

/**
 * Takes back all copies that were cut short. One that cannot be taken back is left for another time.
 * @param sole whether no copy can be under way
 * @returns when the oldest of those that may go on can be taken for cut short; undefined where there are none
 */
export async function sweepCopies(
  db: Database,
  cache: MailboxCache,
  sole: boolean,
): Promise<number | undefined> {
  const { reader, settings } = db;
  let next: number | undefined;
  for await (
    const { key, value } of reader.list<Uint8Array>({ prefix: COPIES })
  ) {
    try {
      const due = decodeCopy(value).time + COPY_AGE;
      if (!sole && settings.now() < due) {
        next = Math.min(next ?? Infinity, due);
      } else await sweepCopy(db, cache, key);
    } catch (error) {
      settings.onFault(error);
    }
  }
  return next;
}

async function sweepCopy(
  db: Database,
  cache: MailboxCache,
  key: Deno.KvKey,
): Promise<void> {
  const entry = cache.pin(key[1] as MailboxId);
  try {
    await entry.load();
    await undoCopy(db, key, entry);
  } finally {
    cache.unpin(entry);
  }
}
