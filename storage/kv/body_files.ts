/**
 * Large sources in files beside a local database, which reads and writes them several times as fast as its values.
 *
 * A source is in a file or in chunks, and the database says which: `["body", home, number, FILE]` is there for those
 * in files. A file is written to the folder `new` and is on the disk, its name too, before the commit that has its
 * key. Afterwards it is moved to one of 256 folders, in nobody's way. So a crash leaves what has no key in `new`
 * alone, and that is removed when the database is opened. A file is removed before its key, by the collector.
 *
 * Reads are synchronous, a megabyte at the most: out of the system's memory that takes less than handing it to a
 * thread.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import type { ContentId } from "../model.ts";
import { Pace } from "../pace.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import { BodyHandles } from "./body_handles.ts";
import type { Committer } from "./commit.ts";
import { BODY_FILES, bodyFileKey } from "./keys.ts";
import {
  GroupedTask,
  isMissing,
  isThere,
  syncFolder,
  unlink,
} from "./files.ts";

/** A source that is to be written. */
export interface NewBody {
  /** What it is. */
  readonly content: ContentId;
  /** Its bytes. */
  readonly source: Uint8Array;
}

/** A file that is there. */
export interface FoundBody {
  /** What it is by its name. */
  readonly content: ContentId;
  /** Whether it is in `new`. */
  readonly arriving: boolean;
  /** How many bytes it has. */
  readonly size: number;
}

/** What {@linkcode BodyFiles} goes by. */
export interface BodyFilesOptions {
  /** Where the files are; made when there is one. */
  readonly folder: string;
  /** Sources of so many bytes or more are written to files. */
  readonly from: number;
  /** Whether nobody else was on the database while it was opened. */
  readonly sole: boolean;
  /** Told of failures that nobody waits for. */
  readonly onFault: (error: unknown) => void;
}

const VERSION = 1;
const ARRIVING = "new";
/** Bytes that one system call reads at the most, while everybody waits. */
const PIECE = 1_048_576;
/** Of so many contents is remembered whether they are in files. */
const MAX_KNOWN = 10_000;
/** Files that are written at once. */
const AT_ONCE = 16;
/** Keys that one read of the database takes. */
const KEYS_A_READ = 10;
/** How old a file is that no other process can be at work on. */
const ARRIVING_AGE = 24 * 3600_000;

/** The value of {@linkcode bodyFileKey}. */
export const FILE_RECORD: Uint8Array = Uint8Array.of(VERSION);

/** See the module's text. */
export class BodyFiles {
  readonly #kv: Deno.Kv;
  readonly #options: BodyFilesOptions;
  /** No source that is smaller is in a file. */
  readonly #smallest: number;
  readonly #handles: BodyHandles;
  readonly #known = new Map<number, boolean>();
  readonly #synced: GroupedTask;
  #made: Promise<void> | undefined;
  #moving: Promise<void> = Promise.resolve();

  private constructor(
    kv: Deno.Kv,
    options: BodyFilesOptions,
    smallest: number,
  ) {
    this.#kv = kv;
    this.#options = options;
    this.#smallest = smallest;
    this.#handles = new BodyHandles((content) => [
      this.#placeOf(content),
      this.#arrivalOf(content),
      // It may have been moved meanwhile.
      this.#placeOf(content),
    ]);
    this.#synced = new GroupedTask(() =>
      syncFolder(join(options.folder, ARRIVING))
    );
  }

  /** Finds out which sources may be in files, and writes down when smaller ones are to be. */
  static async open(
    kv: Deno.Kv,
    committer: Committer,
    options: BodyFilesOptions,
  ): Promise<BodyFiles> {
    // What cannot be read may be anything, which costs time and nothing else.
    const before = await smallestOf(kv).catch(() => 0) ??
      (await isThere(options.folder) ? 0 : Infinity);
    const smallest = Math.min(before, options.from);
    if (smallest < before) {
      const value = new ByteWriter(9).u8(VERSION).f64(smallest).bytes();
      await committer.write([[BODY_FILES, value]]);
    }
    return new BodyFiles(kv, options, smallest);
  }

  /** Whether a new source is to be in a file. */
  takes({ length }: Uint8Array): boolean {
    return length > 0 && length >= this.#options.from;
  }

  /** Whether a source of a size may be in a file. */
  mayHave(size: number): boolean {
    return size > 0 && size >= this.#smallest;
  }

  /** The numbers of those contents that are in files. */
  async among(
    contents: readonly (ContentId & { readonly size: number })[],
  ): Promise<Set<number>> {
    const found = new Set<number>();
    const open: ContentId[] = [];
    for (const content of contents) {
      if (!this.mayHave(content.size)) continue;
      const known = this.#known.get(content.number);
      if (known) found.add(content.number);
      else if (known === undefined) open.push(content);
    }
    for (let from = 0; from < open.length; from += KEYS_A_READ) {
      const some = open.slice(from, from + KEYS_A_READ);
      const entries = await this.#kv.getMany<unknown[]>(some.map(bodyFileKey));
      for (const [index, { value }] of entries.entries()) {
        const { number } = some[index]!;
        this.#know(number, value !== null);
        if (value !== null) found.add(number);
      }
    }
    return found;
  }

  /**
   * Writes sources so that they are on the disk.
   * @param syncing called for each when the system has it and the disk is waited for, which is the time for other work
   */
  async write(
    bodies: readonly NewBody[],
    syncing: () => void = () => {},
  ): Promise<void> {
    await this.#make();
    const begun: ContentId[] = [];
    for (let from = 0; from < bodies.length; from += AT_ONCE) {
      const some = bodies.slice(from, from + AT_ONCE);
      const written = await Promise.allSettled(
        some.map((body) => this.#write(body, begun, syncing)),
      );
      const failed = written.find(({ status }) => status === "rejected");
      if (failed?.status !== "rejected") continue;
      // The folder may have gone.
      this.#made = undefined;
      await this.discard(begun).catch(this.#options.onFault);
      throw failed.reason;
    }
  }

  /** Moves files to their places when the commit that has their keys is done; nobody waits for it. */
  settle(contents: readonly ContentId[]): void {
    for (const content of contents) {
      this.#know(content.number, true);
      this.#moving = this.#moving.then(() => this.#move(content))
        .catch(this.#options.onFault);
    }
  }

  /** Removes files that have no key; what is left of them by a crash goes when the database is opened. */
  async discard(contents: readonly ContentId[]): Promise<void> {
    for (const content of contents) await unlink(this.#arrivalOf(content));
  }

  /**
   * Removes files for good, before their keys go.
   * @returns the numbers of those that were there
   */
  async remove(contents: readonly ContentId[]): Promise<Set<number>> {
    const removed = new Set<number>();
    const folders = new Set<string>();
    for (const content of contents) {
      this.#handles.close(content);
      this.#known.delete(content.number);
      // In this order, whenever it is moved: what is not there for one is there for the other.
      for (const path of [this.#arrivalOf(content), this.#placeOf(content)]) {
        if (!await unlink(path)) continue;
        removed.add(content.number);
        folders.add(dirname(path));
      }
    }
    for (const folder of folders) await syncFolder(folder);
    return removed;
  }

  /** Reads from `start` to `end`, into `room` if it fits; undefined when there is no file, or less in it. */
  async read(
    content: ContentId,
    start: number,
    end: number,
    room?: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const size = end - start;
    const bytes = room !== undefined && room.length >= size
      ? room.subarray(0, size)
      : new Uint8Array(size);
    const pace = new Pace();
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + PIECE);
      const read = this.#handles.read(content, piece, start + at);
      if (read === 0) return undefined;
      at += read;
      // Others have their turn between two pieces.
      if (at < bytes.length && pace.due) await pace.rest();
    }
    return bytes;
  }

  /** Clears `new` of what a crash has left there; at the opening of the database. */
  async sweep(): Promise<void> {
    const { sole, folder } = this.#options;
    for await (const content of namesIn(join(folder, ARRIVING))) {
      const path = this.#arrivalOf(content);
      if (await this.#isLinked(content)) {
        await this.#move(content);
        continue;
      }
      if (sole || await isOld(path)) await unlink(path);
    }
  }

  /** All files that are there; nothing else is under way. */
  async *list(): AsyncGenerator<FoundBody, void> {
    const { folder } = this.#options;
    await this.idle();
    for await (const entry of entriesOf(folder)) {
      if (!entry.isDirectory) continue;
      const inside = join(folder, entry.name);
      for await (const content of namesIn(inside)) {
        const path = join(inside, nameOf(content));
        const { size } = await Deno.stat(path);
        yield { content, size, arriving: entry.name === ARRIVING };
      }
    }
  }

  /** Waits until all that has been settled is in its place. */
  async idle(): Promise<void> {
    await this.#moving;
  }

  /** Ends when nothing is under way. */
  async close(): Promise<void> {
    await this.idle();
    this.#handles.closeAll();
  }

  #placeOf(content: ContentId): string {
    const folder = (content.number % 256).toString(16).padStart(2, "0");
    return join(this.#options.folder, folder, nameOf(content));
  }

  #arrivalOf(content: ContentId): string {
    return join(this.#options.folder, ARRIVING, nameOf(content));
  }

  #know(number: number, inFile: boolean): void {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(number, inFile);
  }

  async #isLinked(content: ContentId): Promise<boolean> {
    return (await this.#kv.get(bodyFileKey(content))).value !== null;
  }

  /** Makes the folder where it is missing, its name on the disk. */
  #make(): Promise<void> {
    const { folder } = this.#options;
    this.#made ??= (async () => {
      const options = { recursive: true, mode: 0o700 };
      await Deno.mkdir(join(folder, ARRIVING), options);
      await syncFolder(folder);
      await syncFolder(dirname(folder));
    })();
    this.#made.catch(() => this.#made = undefined);
    return this.#made;
  }

  /** A file of which there is none. What has the name and no key is older than the database, as after a restore. */
  async #create(content: ContentId): Promise<Deno.FsFile> {
    const path = this.#arrivalOf(content);
    const open = () =>
      Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    const [opened, placed] = await Promise.allSettled([
      open(),
      isThere(this.#placeOf(content)),
    ]);
    if (opened.status === "fulfilled") {
      if (placed.status === "fulfilled" && !placed.value) return opened.value;
      opened.value.close();
      await unlink(path);
    } else if (!(opened.reason instanceof Deno.errors.AlreadyExists)) {
      throw opened.reason;
    }
    if (placed.status === "rejected") throw placed.reason;
    if (await this.#isLinked(content)) {
      throw new Error(
        `The number ${content.number} is in use: check the database`,
      );
    }
    await this.remove([content]);
    return await open();
  }

  /** Writes a file; its name gets on the disk at the same time. */
  async #write(
    { content, source }: NewBody,
    begun: ContentId[],
    syncing: () => void,
  ): Promise<void> {
    using file = await this.#create(content);
    begun.push(content);
    const named = this.#synced.run();
    named.catch(() => {});
    for (let at = 0; at < source.length;) {
      at += await file.write(source.subarray(at));
    }
    const synced = file.syncData();
    syncing();
    await synced;
    await named;
  }

  async #move(content: ContentId): Promise<void> {
    const place = this.#placeOf(content);
    const move = () => Deno.rename(this.#arrivalOf(content), place);
    try {
      await move();
    } catch (error) {
      if (!isMissing(error)) throw error;
      // There is no such folder yet; or no such file any more.
      await Deno.mkdir(dirname(place), { recursive: true, mode: 0o700 });
      await move().catch((error) => {
        if (!isMissing(error)) throw error;
      });
    }
  }
}

/** The smallest source that may be in a file; undefined when nobody has written that down. */
export async function smallestOf(kv: Deno.Kv): Promise<number | undefined> {
  const { value } = await kv.get<Uint8Array>(BODY_FILES);
  return value === null
    ? undefined
    : new ByteReader(value).version(VERSION).f64();
}

function nameOf({ home, number }: ContentId): string {
  return `${home}-${number}`;
}

/** The contents by whose names there are files in a folder. */
async function* namesIn(folder: string): AsyncGenerator<ContentId, void> {
  for await (const { name } of entriesOf(folder)) {
    const match = /^(\d{1,10})-(\d{1,16})$/.exec(name);
    if (match) yield { home: Number(match[1]), number: Number(match[2]) };
  }
}

/** What is in a folder, or nothing where there is none. */
async function* entriesOf(folder: string): AsyncGenerator<Deno.DirEntry, void> {
  try {
    // All of them before the first, since what is found may be moved.
    yield* await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Whether a file is there, and too old for another process to be at work on it. */
async function isOld(path: string): Promise<boolean> {
  try {
    const { mtime } = await Deno.stat(path);
    return Date.now() - (mtime?.getTime() ?? 0) > ARRIVING_AGE;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
