/**
 * A database that nobody else writes to, with a journal before it: a commit is done when its record is on the disk, one
 * short write, and goes into the database later, together with others. Reads see it in between (pending.ts).
 *
 * Versionstamps of what came through the journal are its own: an `f` and the record's number. What was read or written
 * under such a stamp can be checked by it for as long as nobody has written to it since, as with those of Deno KV.
 * Where it is forgotten which one a key has, a check fails that could have held, and whoever made it reads again.
 *
 * Commits of values that are no bytes, those of users, go to the database at once.
 *
 * @module
 */

import { nameOf } from "../key_bytes.ts";
import { Operation } from "../operation.ts";
import type { AnyWrite, CommitResult } from "../relay/link.ts";
import { JournalFile } from "./journal_file.ts";
import { Pending, type PendingValue, type Range } from "./pending.ts";
import { type JournalRecord, makeRecord, type NamedWrite } from "./record.ts";
import {
  type Applied,
  apply,
  beginApplied,
  gather,
  readApplied,
} from "./write_behind.ts";

/** How long a record may be in the journal alone, in milliseconds, and how many bytes may be. */
const FLUSH = { delay: 250, bytes: 524_288 };
/** So many bytes in the journal alone, and commits wait. */
const MOST_BYTES = 2_097_152;
/** How long to wait before a database is tried again that has taken nothing: longer each time; milliseconds. */
const RETRY = { first: 250, longest: 10_000 };
/** Of so many keys the versionstamps are known. */
const MAX_STAMPS = 100_000;
/** Keys that one read of Deno KV takes. */
const KEYS_A_READ = 10;

/** By which versionstamps a key can be checked that is in the database alone; undefined where that is not known. */
interface Stamps {
  /** That of the journal. */
  readonly journal: string | null | undefined;
  /** That of Deno KV; where it is not known the other is not either. */
  readonly own: string | null | undefined;
}

/** See the module's text. */
export class JournaledKv {
  readonly #base: Deno.Kv;
  readonly #reader: Deno.Kv;
  readonly #onFault: (error: unknown) => void;
  readonly #pending = new Pending();
  /** Whose record is on its way to the disk. */
  readonly #inFlight = new Map<string, PendingValue>();
  /** Keys that commits have checked: those in memory have them, and will check them again. */
  readonly #stamps = new Map<string, Stamps>();
  /** Counts what has gone to the database. */
  #written = 0;
  #file: JournalFile | undefined;
  #applied: Applied;
  /** The last record that was begun, and the last that is on the disk. */
  #begun: number;
  #durable: number;
  /** Those on the disk that the database does not have. */
  #records: JournalRecord[] = [];
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | undefined;
  /** How often in a row the database has taken nothing. */
  #failures = 0;
  /** Commits that go to the database at once, one after the other. */
  #direct: Promise<unknown> | undefined;

  private constructor(
    base: Deno.Kv,
    reader: Deno.Kv,
    applied: Applied,
    onFault: (error: unknown) => void,
  ) {
    this.#base = base;
    this.#reader = reader;
    this.#applied = applied;
    this.#begun = this.#durable = applied.number;
    this.#onFault = onFault;
  }

  /**
   * Begins a journal; what an earlier one has left is in the database (replay.ts).
   * @param path of the journal
   * @param base for writing
   * @param reader for reading
   * @param onFault told when the database does not take what is in the journal
   */
  static async begin(
    path: string,
    base: Deno.Kv,
    reader: Deno.Kv,
    onFault: (error: unknown) => void,
  ): Promise<JournaledKv> {
    const applied = await readApplied(base) ?? await beginApplied(base);
    const journaled = new JournaledKv(base, reader, applied, onFault);
    journaled.#file = await JournalFile.create(
      path,
      applied.identity,
      (number) => journaled.#settled(number),
    );
    return journaled;
  }

  /** What is in the journal alone. */
  get pending(): Pending {
    return this.#pending;
  }

  /** The database as the storage sees it. */
  kv(): Deno.Kv {
    const kv: Partial<Record<keyof Deno.Kv, unknown>> = {
      get: async (key: Deno.KvKey) => (await this.#getMany([key]))[0],
      getMany: (keys: readonly Deno.KvKey[]) => this.#getMany(keys),
      list: (selector: Deno.KvListSelector, options?: Deno.KvListOptions) =>
        this.#list(selector, options),
      set: (...write: Parameters<Deno.Kv["set"]>) => this.#commit([], [write]),
      delete: async (key: Deno.KvKey) => {
        await this.#commit([], [[key, null]]);
      },
      atomic: () =>
        new Operation((checks, writes) => this.#commit(checks, writes)),
      watch: this.#reader.watch.bind(this.#reader),
      close() {},
    };
    return kv as unknown as Deno.Kv;
  }

  /** Brings all that is in the journal into the database. @throws what the database says */
  async drain(): Promise<void> {
    await this.#settled(this.#durable);
  }

  /** Brings everything into the database, and removes the journal; if that cannot be, it stays. */
  async close(): Promise<void> {
    const file = this.#file!;
    try {
      await this.drain();
    } catch (error) {
      this.#onFault(error);
      file.close();
      return;
    } finally {
      clearTimeout(this.#timer);
    }
    await file.remove();
  }

  async #getMany(
    keys: readonly Deno.KvKey[],
  ): Promise<Deno.KvEntryMaybe<unknown>[]> {
    const pending = keys.map((key) => this.#pending.get(nameOf(key)));
    if (pending.every((one) => one !== undefined)) {
      return keys.map((key, index) => entryOf(key, pending[index]!));
    }
    const read = await this.#reader.getMany<unknown[]>(keys);
    return read.map((entry, index) =>
      pending[index] === undefined
        ? this.#stamped(entry)
        : entryOf(entry.key, pending[index])
    );
  }

  #list(
    selector: Deno.KvListSelector,
    options: Deno.KvListOptions = {},
  ): AsyncIterable<Deno.KvEntry<unknown>> {
    if (this.#pending.size === 0) {
      return this.#reader.list<unknown>(selector, options);
    }
    return this.#pending.merge<Deno.KvEntry<unknown>>(
      rangeOf(selector),
      options,
      (limit) => {
        const { limit: _, ...rest } = options;
        return this.#reader.list<unknown>(
          selector,
          limit === undefined ? rest : { ...rest, limit },
        );
      },
      (key, pending) => entryOf(key, pending) as Deno.KvEntry<unknown>,
    );
  }

  /** An entry of the database under the stamp that it had in the journal, while that is its last one. */
  #stamped(entry: Deno.KvEntryMaybe<unknown>): Deno.KvEntryMaybe<unknown> {
    const stamps = this.#stamps.get(nameOf(entry.key));
    return stamps?.journal === undefined || stamps.own !== entry.versionstamp
      ? entry
      : { ...entry, versionstamp: stamps.journal } as typeof entry;
  }

  async #commit(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ): Promise<CommitResult> {
    const named = namedWrites(writes);
    if (named === undefined) return await this.#commitAtOnce(checks, writes);
    for (;;) {
      while (this.#direct !== undefined) await this.#direct;
      if (this.#bytes > MOST_BYTES) {
        await this.#flush();
        continue;
      }
      const verdict = this.#judge(checks);
      if (verdict === false) return { ok: false };
      if (verdict === true) break;
      await this.#learn(verdict);
    }
    const number = ++this.#begun;
    const record = makeRecord(number, named);
    for (const { name, value } of record.writes) {
      this.#inFlight.set(name, { value, number });
    }
    try {
      await this.#file!.write(record);
    } catch (error) {
      // Those behind it fail as well, and the next has its number.
      this.#inFlight.clear();
      this.#begun = this.#durable;
      throw error;
    }
    this.#add(record, checks);
    return { ok: true, versionstamp: journalStamp(number) };
  }

  /** A record is on the disk. */
  #add(record: JournalRecord, checks: readonly Deno.AtomicCheck[]): void {
    const { number, writes, bytes } = record;
    this.#durable = number;
    this.#pending.add(record);
    this.#records.push(record);
    this.#bytes += bytes.length;
    for (const { name } of writes) {
      if (this.#inFlight.get(name)?.number === number) {
        this.#inFlight.delete(name);
      }
    }
    this.#remember(checks);
    this.#schedule();
  }

  /** Whatever stamps these keys will get in the database is to be known then. */
  #remember(checks: readonly Deno.AtomicCheck[]): void {
    if (this.#stamps.size > MAX_STAMPS) this.#stamps.clear();
    for (const { key } of checks) {
      const name = nameOf(key);
      if (!this.#stamps.has(name)) this.#stamps.set(name, UNKNOWN);
    }
  }

  /** Whether checks hold, or which keys have to be read to know. */
  #judge(checks: readonly Deno.AtomicCheck[]): boolean | Deno.KvKey[] {
    const open: Deno.KvKey[] = [];
    for (const { key, versionstamp } of checks) {
      const name = nameOf(key);
      const last = this.#inFlight.get(name) ?? this.#pending.get(name);
      if (last !== undefined) {
        if (stampOf(last) !== versionstamp) return false;
        continue;
      }
      const { journal, own } = this.#stamps.get(name) ?? UNKNOWN;
      if (journal === versionstamp || own === versionstamp) continue;
      if (own !== undefined || isOfJournal(versionstamp)) return false;
      open.push(key);
    }
    return open.length === 0 || open;
  }

  /** Reads under which versionstamps the database has some keys. */
  async #learn(keys: readonly Deno.KvKey[]): Promise<void> {
    const written = this.#written;
    for (let from = 0; from < keys.length; from += KEYS_A_READ) {
      const some = keys.slice(from, from + KEYS_A_READ);
      const entries = await this.#base.getMany<unknown[]>(some);
      // What has been written meanwhile may be what has been read, or not.
      if (this.#written !== written) return;
      for (const { key, versionstamp } of entries) {
        this.#stamps.set(nameOf(key), {
          journal: undefined,
          own: versionstamp,
        });
      }
    }
  }

  /** A commit past the journal: behind all in it that is about the same keys. */
  async #commitAtOnce(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ): Promise<CommitResult> {
    while (this.#direct !== undefined) await this.#direct;
    const done = Promise.withResolvers<void>();
    this.#direct = done.promise;
    try {
      await this.#file!.idle();
      this.#remember(checks);
      await this.drain();
      const operation = this.#base.atomic();
      for (const { key, versionstamp } of checks) {
        const { journal, own } = this.#stamps.get(nameOf(key)) ?? UNKNOWN;
        operation.check({
          key,
          versionstamp: own !== undefined && journal === versionstamp
            ? own
            : versionstamp,
        });
      }
      for (const [key, value, options] of writes) {
        if (value === null) operation.delete(key);
        else operation.set(key, value, options);
      }
      return await operation.commit();
    } finally {
      this.#written++;
      for (const [key] of writes) this.#stamps.delete(nameOf(key));
      this.#direct = undefined;
      done.resolve();
    }
  }

  /** Settles when the database has all up to a record. */
  async #settled(number: number): Promise<void> {
    while (this.#applied.number < number) await this.#flush();
  }

  #schedule(): void {
    if (this.#records.length === 0 || this.#flushing !== undefined) return;
    if (this.#failures === 0 && this.#bytes >= FLUSH.bytes) {
      this.#flush().catch(() => {});
      return;
    }
    const { first, longest } = RETRY;
    this.#timer ??= setTimeout(
      () => this.#flush().catch(() => {}),
      this.#failures === 0
        ? FLUSH.delay
        : Math.min(longest, first * 2 ** this.#failures),
    );
  }

  /** Brings as much into the database as goes into one commit. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#flushOnce().finally(() => {
      this.#flushing = undefined;
      this.#schedule();
    });
    return this.#flushing;
  }

  async #flushOnce(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { count, values } = gather(this.#records);
    if (count === 0) return;
    const upTo = this.#records[count - 1]!.number;
    try {
      const applied = await apply(this.#base, this.#applied, values, upTo);
      if (applied === undefined) {
        throw new Error("Somebody else has written to the database");
      }
      this.#applied = applied;
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      this.#onFault(error);
      throw error;
    }
    this.#written++;
    for (const name of values.keys()) this.#settle(name, upTo);
    for (const { bytes } of this.#records.splice(0, count)) {
      this.#bytes -= bytes.length;
    }
  }

  /** The database has what a key was set to up to a record. */
  #settle(name: string, upTo: number): void {
    const last = this.#pending.get(name)!;
    const known = last.number <= upTo;
    if (this.#stamps.has(name)) {
      const own = last.value === null ? null : this.#applied.versionstamp;
      this.#stamps.set(
        name,
        known ? { journal: stampOf(last), own } : UNKNOWN,
      );
    }
    if (known) this.#pending.delete(name);
  }
}

const UNKNOWN: Stamps = { journal: undefined, own: undefined };

/** The versionstamp of what a record has written. */
function journalStamp(number: number): string {
  return `f${number.toString(16).padStart(19, "0")}`;
}

function stampOf({ value, number }: PendingValue): string | null {
  return value === null ? null : journalStamp(number);
}

/** Whether a versionstamp is one of a journal; those of Deno KV count from 0. */
function isOfJournal(versionstamp: string | null): boolean {
  return versionstamp?.startsWith("f") ?? false;
}

function entryOf(
  key: Deno.KvKey,
  pending: PendingValue,
): Deno.KvEntryMaybe<unknown> {
  const { value } = pending;
  const versionstamp = stampOf(pending);
  return { key, value, versionstamp } as Deno.KvEntryMaybe<unknown>;
}

/** Writes as a record has them; undefined where it cannot. */
function namedWrites(writes: readonly AnyWrite[]): NamedWrite[] | undefined {
  const named: NamedWrite[] = [];
  for (const [key, value, options] of writes) {
    const fits = value === null || value instanceof Uint8Array;
    if (!fits || options !== undefined) return undefined;
    named.push({ name: nameOf(key), value });
  }
  return named;
}

/** Which names a selector selects. */
function rangeOf(selector: Deno.KvListSelector): Range {
  const { prefix, start, end } = selector as {
    prefix?: Deno.KvKey;
    start?: Deno.KvKey;
    end?: Deno.KvKey;
  };
  const under = prefix === undefined ? "" : nameOf(prefix);
  return [
    start === undefined ? `${under}\0` : nameOf(start),
    end === undefined ? `${under}\xff` : nameOf(end),
  ];
}
