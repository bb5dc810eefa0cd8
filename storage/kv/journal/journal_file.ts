/**
 * The journal's file: records one after the other, each on the disk when its write is done.
 *
 * It has two halves, written in turns, so that the records of one can go into the database while the other fills. All
 * of it is there from the beginning: to write where a file has its blocks takes one flush, to make it longer two. What
 * a half had before stays behind what is new in it; numbers tell them apart.
 *
 * @module
 */

import { dirname } from "@std/path";
import { hasLoneClient } from "../../lone_client.ts";
import { isMissing, isThere, syncFolder, unlink } from "../files.ts";
import { type JournalRecord, readRecord } from "./record.ts";

const MAGIC = new TextEncoder().encode("imapd journal 1\n");
/** How long what a journal is known by is, in bytes. */
export const IDENTITY = 16;
/** What comes before the halves: the magic, and what the journal is known by. */
const HEAD = 4_096;
/** How long a half is, in bytes: part of the format. */
const HALF = 4_194_304;

/** What is a long wait for the disk, and for how long after one it is waited for in another thread; milliseconds. */
const LONG_WAIT = 5, CAUTION = 1_000;

interface Waiting {
  readonly record: JournalRecord;
  readonly written: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** See the module's text. */
export class JournalFile {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  /** Settles when all up to a record is in the database. */
  readonly #settled: (number: number) => Promise<void>;
  #half = 0;
  /** Where the next record goes, within the half. */
  #at = 0;
  /** Where the system writes next; undefined when that is not known. */
  #position: number | undefined;
  /** The last record of each half. */
  readonly #last = [0, 0];
  readonly #waiting: Waiting[] = [];
  #running = false;
  #idle: Promise<void> = Promise.resolve();
  #failed = false;
  /** Until when the disk is waited for in another thread, on the clock of `performance`. */
  #aside = 0;

  private constructor(
    path: string,
    file: Deno.FsFile,
    settled: (number: number) => Promise<void>,
  ) {
    this.#path = path;
    this.#file = file;
    this.#settled = settled;
  }

  /**
   * Makes the file of a journal in which nothing is.
   * @param identity what it is known by, 16 bytes
   * @param settled settles when all up to a record is in the database, so that it can be written over
   */
  static async create(
    path: string,
    identity: Uint8Array,
    settled: (number: number) => Promise<void>,
  ): Promise<JournalFile> {
    const unfinished = unfinishedPath(path);
    const file = await Deno.open(unfinished, {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    });
    try {
      if (!await file.tryLock(true)) throw inUse(path);
      await file.truncate();
      const bytes = new Uint8Array(HEAD + 2 * HALF);
      bytes.set(MAGIC);
      bytes.set(identity, MAGIC.length);
      for (let at = 0; at < bytes.length;) {
        at += await file.write(bytes.subarray(at));
      }
      await file.sync();
      if (await isThere(path)) throw inUse(path);
      await Deno.rename(unfinished, path);
      await syncFolder(dirname(path));
      return new JournalFile(path, file, settled);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Whether a write has failed: nobody knows what is in the file behind those before it, and it takes no more. */
  get failed(): boolean {
    return this.#failed;
  }

  /**
   * Writes a record behind those before it; settles when it is on the disk.
   * @param written called as soon as that is so
   * @throws whatever the system says; none of those that wait behind it is written then
   */
  write(record: JournalRecord, written: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, written, resolve, reject });
      if (!this.#running) this.#idle = this.#run();
    });
  }

  /** Settles when nothing is on its way to the disk. */
  idle(): Promise<void> {
    return this.#idle;
  }

  /** Closes it and removes it: all of it is in the database. */
  async remove(): Promise<void> {
    await unlinkForGood(this.#path);
    this.close();
  }

  /** Closes it; what is in it stays there. */
  close(): void {
    this.#file.close();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch: Waiting[] = [];
      try {
        if (this.#failed) throw new Error("The journal has failed before");
        // Those before a change of halves have to be done with: the other half may be waiting for them.
        while (
          this.#waiting.length > 0 &&
          (batch.length === 0 || this.#fits(this.#waiting[0]!.record))
        ) {
          const next = this.#waiting.shift()!;
          batch.push(next);
          await this.#put(next.record);
        }
        await this.#sync(batch.length);
        for (const { written, resolve } of batch) {
          written();
          resolve();
        }
      } catch (error) {
        // A record is never there without the one before it.
        this.#failed = true;
        for (const { reject } of [...batch, ...this.#waiting.splice(0)]) {
          reject(error);
        }
      }
    }
    this.#running = false;
  }

  /**
   * Waits for the disk: in another thread, so that others are served meanwhile, unless there are none, and none of the
   * waits before was long.
   */
  async #sync(records: number): Promise<void> {
    const begun = performance.now();
    if (records === 1 && begun >= this.#aside && hasLoneClient()) {
      this.#file.syncDataSync();
    } else await this.#file.syncData();
    const now = performance.now();
    if (now - begun > LONG_WAIT) this.#aside = now + CAUTION;
  }

  /** Whether the half has room for a record. */
  #fits({ bytes }: JournalRecord): boolean {
    return this.#at + bytes.length <= HALF;
  }

  /** Gives a record to the system: that it takes some bytes is sooner done than handed to another thread. */
  async #put(record: JournalRecord): Promise<void> {
    const { bytes, number } = record;
    if (!this.#fits(record)) {
      const other = 1 - this.#half;
      await this.#settled(this.#last[other]!);
      this.#half = other;
      this.#at = 0;
    }
    const start = HEAD + this.#half * HALF + this.#at;
    if (this.#position !== start) {
      this.#file.seekSync(start, Deno.SeekMode.Start);
    }
    this.#position = undefined;
    for (let at = 0; at < bytes.length;) {
      at += this.#file.writeSync(bytes.subarray(at));
    }
    this.#at += bytes.length;
    this.#position = start + bytes.length;
    this.#last[this.#half] = number;
  }
}

/** Removes it such that it does not come back: by then the database may know another one. */
async function unlinkForGood(path: string): Promise<void> {
  await unlink(path);
  await syncFolder(dirname(path));
}

/** Where a journal is made, before there is one. */
function unfinishedPath(path: string): string {
  return `${path}.new`;
}

function inUse(path: string): Error {
  return new Deno.errors.Busy(`Another process writes to the journal ${path}`);
}

/** A journal that was left behind. */
export interface LeftJournal {
  /** What it is known by. */
  readonly identity: Uint8Array;
  /** The records in it, in the order of their numbers. */
  readonly records: readonly JournalRecord[];
  /** Lets others have it, and removes it if it is done with. */
  close(done: boolean): Promise<void>;
}

/**
 * Reads a journal that a process has left behind, and keeps others away from it. What a process has left that was about
 * to make one is removed.
 * @returns undefined when there is none
 * @throws {Error} when a process is at work on it, or it is no journal
 */
export async function readJournal(
  path: string,
): Promise<LeftJournal | undefined> {
  const unfinished = await openLeft(unfinishedPath(path));
  if (unfinished !== undefined) {
    await unlink(unfinishedPath(path));
    unfinished.close();
  }
  const file = await openLeft(path);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const read = await file.read(bytes.subarray(at));
      if (read === null) break;
      at += read;
    }
    if (!MAGIC.every((byte, index) => bytes[index] === byte)) {
      throw new Error(`The file ${path} is no journal that is known here`);
    }
    return {
      identity: bytes.slice(MAGIC.length, MAGIC.length + IDENTITY),
      records: [...recordsFrom(bytes, 0), ...recordsFrom(bytes, 1)]
        .sort((a, b) => a.number - b.number),
      async close(done) {
        if (done) await unlinkForGood(path);
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Opens and locks what a process has left behind; undefined when there is nothing. */
async function openLeft(path: string): Promise<Deno.FsFile | undefined> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  if (await file.tryLock(true)) return file;
  file.close();
  throw inUse(path);
}

/** The records of a half that follow one another from its beginning on. */
function recordsFrom(
  bytes: Uint8Array<ArrayBuffer>,
  half: number,
): JournalRecord[] {
  const records: JournalRecord[] = [];
  const start = HEAD + half * HALF;
  const part = bytes.subarray(0, start + HALF);
  for (let at = start;;) {
    const record = readRecord(part, at);
    const expected = (records.at(-1)?.number ?? NaN) + 1;
    if (!record || records.length > 0 && record.number !== expected) {
      return records;
    }
    records.push(record);
    at += record.bytes.length;
  }
}
