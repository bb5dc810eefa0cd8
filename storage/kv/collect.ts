/**
 * Removing contents that no message has any more, and packing summaries.
 *
 * A content has one reference when it arrives. A copy adds a record of those that it shares (`shared`), an
 * expunge one of those that it gives up (`garbage`), each in its own commit. The collector first looks which
 * garbage there is, and then adds all that is shared to the counts (`extra`), before it takes that garbage
 * from them. What was shared before it became garbage is counted by then; what is shared later still has a
 * message that holds it, since a copy checks the mailbox that it copies from. So a content whose count is
 * used up is in no mailbox and never will be.
 *
 * Each commit writes `["collector"]` under a check, so that the collectors of several processes take turns;
 * each leaves records that say what remains to be done, so that a crash costs nothing.
 *
 * @module
 */

import { ByteWriter } from "./binary.ts";
import {
  type ContentEntry,
  type ContentList,
  CONTENTS_A_LIST,
  decodeContents,
  encodeContents,
} from "./content_list.ts";
import { chunksOf, decodeSummary } from "./contents.ts";
import type { Database } from "./database.ts";
import {
  bodyFileKey,
  bodyKey,
  COLLECTOR,
  GARBAGE,
  MAX_VALUE,
  SHARED,
  summaryKey,
  type Write,
} from "./keys.ts";
import { changePages, type PageKind } from "./pack.ts";
import {
  decodeCounts,
  decodeSummaries,
  encodeCounts,
  encodeSummaries,
  MAX_PACKED,
} from "./summary_page.ts";

/** Contents that one commit removes, and mutations and bytes that it has, at the most. */
const STEP = { contents: 250, mutations: 700, bytes: 500_000 };

/** Records that one step looks at: as many as one read brings. */
const RECORDS = 10;
/** Records of what is shared that one step counts: those of deliveries are small. */
const SHARED_RECORDS = 200;
/** Summaries that one commit packs, at the most. */
const PACKED = 400;
/** By how many numbers a content may be late. */
const LATE = 1_000;

/** How counts are kept. */
export const COUNTS: PageKind<number> = {
  name: "extra",
  size: () => 0,
  encode: encodeCounts,
  decode: decodeCounts,
};

/** How packed summaries are kept. */
export const SUMMARIES: PageKind<Uint8Array> = {
  name: "summaries",
  size: (summary) => summary.length,
  encode: encodeSummaries,
  decode: decodeSummaries,
};

/** Another process collects. */
export class CollectorBusy extends Error {}

/** The collector of a process. One step at a time. */
export class Collector {
  readonly #db: Database;
  #versionstamp: string | null = null;
  #stopped = false;
  /** Up to which number the summaries of a home have been looked at. */
  #packed = new Map<number, number>();

  /** A collector that has not begun. */
  constructor(db: Database) {
    this.#db = db;
  }

  /** Ends after the step under way. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes the turn. */
  async begin(): Promise<void> {
    this.#versionstamp = (await this.#db.reader.get(COLLECTOR)).versionstamp;
  }

  /**
   * Removes what has been garbage for longer than the grace period.
   * @returns when the oldest of what remains became garbage, or undefined when none remains
   */
  async collect(): Promise<number | undefined> {
    const { reader, settings } = this.#db;
    const due: Deno.KvKey[] = [];
    const limit = settings.now() - settings.gracePeriod;
    let young: number | undefined;
    const records = reader.list<Uint8Array>({ prefix: GARBAGE }, {
      batchSize: 20,
    });
    for await (const { key, value } of records) {
      const { time } = decodeContents(value);
      if (time > limit) young = Math.min(young ?? Infinity, time);
      else due.push(key);
    }
    await this.#countShared();
    for (let from = 0; from < due.length; from += RECORDS) {
      await this.#remove(due.slice(from, from + RECORDS));
    }
    return this.#stopped ? undefined : young;
  }

  /** Adds all that is shared to the counts. */
  async #countShared(): Promise<void> {
    const { reader } = this.#db;
    while (!this.#stopped) {
      const records: Deno.KvEntry<Uint8Array>[] = [];
      let bytes = 0;
      const some = { batchSize: 20, limit: SHARED_RECORDS };
      for await (
        const record of reader.list<Uint8Array>({ prefix: SHARED }, some)
      ) {
        records.push(record);
        bytes += record.value.length;
        if (bytes > MAX_VALUE) break;
      }
      if (records.length === 0) return;
      await this.#work(records, (entries) => this.#countSome(entries));
    }
  }

  async #countSome(entries: readonly ContentEntry[]): Promise<Pages> {
    const done: Pages = { writes: [], numbers: new Set() };
    for (const [home, numbers] of countsOf(entries)) {
      const changes = new Map([...numbers].map(([number, count]) => [
        number,
        (before: number | undefined) => (before ?? 0) + count,
      ]));
      const pages = changePages(this.#db.reader, COUNTS, home, changes);
      if (!await gather(done, pages)) break;
    }
    return done;
  }

  /** Removes the contents in some records of garbage, or counts them down. */
  async #remove(keys: readonly Deno.KvKey[]): Promise<void> {
    while (!this.#stopped) {
      const found = await this.#db.reader.getMany<Uint8Array[]>(keys);
      const records = found.flatMap(({ key, value }) =>
        value === null ? [] : [{ key, value: value as Uint8Array }]
      );
      if (records.length === 0) return;
      await this.#work(records, (entries) => this.#removeSome(entries));
    }
  }

  /** Works out the next step through a record. All entries that it does have the same home. */
  async #removeSome(entries: readonly ContentEntry[]): Promise<Pages> {
    const { reader } = this.#db;
    const home = entries[0]!.home;
    const some = new Map<number, ContentEntry>();
    let mutations = 0;
    for (const entry of entries) {
      if (entry.home !== home) continue;
      const chunks = chunksOf(entry.size);
      if (
        some.size > 0 &&
        (some.size === STEP.contents || mutations + chunks > STEP.mutations / 2)
      ) break;
      if (some.has(entry.number)) continue;
      some.set(entry.number, entry);
      mutations += chunks + 1;
    }
    const dead: number[] = [];
    const down = new Map([...some.keys()].map((number) => [
      number,
      (count: number | undefined) => {
        if (count === undefined) dead.push(number);
        return count === undefined || count === 1 ? undefined : count - 1;
      },
    ]));
    const done: Pages = { writes: [], numbers: new Set(), once: true };
    await gather(done, changePages(reader, COUNTS, home, down));
    const gone = dead.filter((number) => done.numbers.has(number));
    for (const number of gone) done.numbers.delete(number);
    const out = new Map(gone.map((number) => [number, () => undefined]));
    await gather(done, changePages(reader, SUMMARIES, home, out));
    const removed = gone.filter((number) => done.numbers.has(number));
    await this.#removeBodies(done, removed.map((number) => some.get(number)!));
    await this.#removeSingles(done, home, removed);
    return done;
  }

  /** Bodies in files go before the commit: a crash between the two leaves what the next step does again. */
  async #removeBodies(
    done: Pages,
    entries: readonly ContentEntry[],
  ): Promise<void> {
    const { files } = this.#db;
    const maybe = entries.filter(({ size }) => files?.mayHave(size));
    // Where another process has had the turn meanwhile, nothing that has been read counts.
    if (maybe.length > 0) await this.commit([]);
    const inFiles = maybe.length > 0 ? await files!.remove(maybe) : undefined;
    for (const entry of maybe) done.writes.push([bodyFileKey(entry), null]);
    for (const entry of entries) {
      if (!inFiles?.has(entry.number)) await this.#removeChunks(done, entry);
    }
  }

  /** The chunks of a body; those of one too large for a commit go before, by themselves. */
  async #removeChunks(
    done: Pages,
    { home, number, size }: ContentEntry,
  ): Promise<void> {
    let chunk = chunksOf(size);
    while (chunk > STEP.mutations / 2) {
      const writes: Write[] = [];
      while (chunk > 0 && writes.length < STEP.mutations / 2) {
        writes.push([bodyKey(home, number, --chunk), null]);
      }
      await this.commit(writes);
    }
    while (chunk > 0) done.writes.push([bodyKey(home, number, --chunk), null]);
  }

  async #removeSingles(
    done: Pages,
    home: number,
    numbers: readonly number[],
  ): Promise<void> {
    if (numbers.length === 0) return;
    const removed = new Set(numbers);
    for (const number of numbers) {
      done.writes.push([summaryKey(home, number, 0), null]);
    }
    const sorted = numbers.toSorted((a, b) => a - b);
    const singles = this.#db.reader.list<Uint8Array>({
      start: summaryKey(home, sorted[0]!, 0),
      end: summaryKey(home, sorted.at(-1)! + 1, 0),
    }, { batchSize: 50 });
    // Further parts of large summaries go before, however many there are.
    let parts: Write[] = [];
    for await (const { key } of singles) {
      if (key[3] === 0 || !removed.has(key[2] as number)) continue;
      parts.push([key, null]);
      if (parts.length < STEP.mutations) continue;
      await this.commit(parts);
      parts = [];
    }
    if (parts.length > 0) await this.commit(parts);
  }

  /** One step through some records: does what it can, and writes down what remains. */
  async #work(
    records: readonly { key: Deno.KvKey; value: Uint8Array }[],
    step: (entries: readonly ContentEntry[]) => Promise<Pages>,
  ): Promise<void> {
    const lists: { key: Deno.KvKey; list: ContentList }[] = [];
    let size = 0;
    for (const { key, value } of records) {
      const list = decodeContents(value);
      size += list.entries.length;
      if (lists.length > 0 && size > CONTENTS_A_LIST) break;
      lists.push({ key, list });
    }
    const done = await step(lists.flatMap(({ list }) => list.entries));
    const seen = new Set<number>();
    const rest = lists.flatMap(({ key, list: { time, entries } }): Write[] => {
      const left = entries.filter(({ number }) => {
        if (!done.numbers.has(number)) return true;
        if (!done.once) return false;
        // What stands there twice is done in two steps.
        return seen.size === seen.add(number).size;
      });
      if (left.length === entries.length) return [];
      return [[key, left.length === 0 ? null : encodeContents(time, left)]];
    });
    await this.commit([...done.writes, ...rest]);
  }

  /**
   * Moves summaries that arrived at a home into pages.
   */
  async pack(home: number): Promise<void> {
    const { reader } = this.#db;
    // Those written ahead of their commit may come later than their numbers say.
    let start = Math.max(0, (this.#packed.get(home) ?? 0) - LATE);
    let more = true;
    while (more && !this.#stopped) {
      const singles = reader.list<Uint8Array>({
        start: summaryKey(home, start, 0),
        end: summaryKey(home, Number.MAX_SAFE_INTEGER, 0),
      }, { batchSize: PACKED, limit: PACKED });
      const changes = new Map<number, () => Uint8Array>();
      let seen = 0;
      let bytes = 0;
      for await (const { key, value } of singles) {
        const [, , number, part] = key as [string, number, number, number];
        seen++;
        start = number + 1;
        if (part !== 0) continue;
        const { length, start: summary } = decodeSummary(value);
        if (length > MAX_PACKED) continue;
        changes.set(number, () => summary);
        bytes += length;
        if (bytes > STEP.bytes / 2) break;
      }
      // What has come since is left for the next time, rather than run after.
      more = seen === PACKED || bytes > STEP.bytes / 2;
      this.#packed.set(home, start);
      if (changes.size === 0) continue;
      const done: Pages = { writes: [], numbers: new Set() };
      more =
        !await gather(done, changePages(reader, SUMMARIES, home, changes)) ||
        more;
      for (const number of done.numbers) {
        done.writes.push([summaryKey(home, number, 0), null]);
      }
      const left = [...changes.keys()].filter((n) => !done.numbers.has(n));
      start = Math.min(start, ...left);
      await this.commit(done.writes);
    }
  }

  /** Commits a step. @throws {CollectorBusy} when another process has the turn */
  async commit(writes: readonly Write[]): Promise<void> {
    const check = { key: COLLECTOR, versionstamp: this.#versionstamp };
    const turn = new ByteWriter(9).u8(1).f64(this.#db.settings.now()).bytes();
    const result = await this.#db.committer.write([...writes, [
      COLLECTOR,
      turn,
    ]], [check]);
    if (!result.ok) throw new CollectorBusy("Another process collects");
    this.#versionstamp = result.versionstamp;
  }
}

/** What a step writes, and which numbers that does. */
interface Pages {
  readonly writes: Write[];
  readonly numbers: Set<number>;
  /** Whether of a number that stands in a record twice only one is done. */
  readonly once?: boolean;
}

/** Takes changed pages up to what a commit holds; false when there were more. */
async function gather(
  done: Pages,
  pages: AsyncIterable<
    { numbers: readonly number[]; writes: readonly Write[] }
  >,
): Promise<boolean> {
  let bytes = 0;
  for await (const { numbers, writes } of pages) {
    for (const write of writes) {
      done.writes.push(write);
      bytes += write[1]?.length ?? 0;
    }
    for (const number of numbers) done.numbers.add(number);
    if (bytes > STEP.bytes / 2) return false;
  }
  return true;
}

/** How often each content stands in a record, by home. */
function countsOf(
  entries: readonly ContentEntry[],
): Map<number, Map<number, number>> {
  const homes = new Map<number, Map<number, number>>();
  for (const { home, number } of entries) {
    let counts = homes.get(home);
    if (counts === undefined) homes.set(home, counts = new Map());
    counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return homes;
}
