/**
 * A database that nobody else writes to, with a journal before it: a commit is done when its record is on the disk, one
 * short write, and goes into the database later, together with others. Reads see it in between (pending.ts).
 *
 * What was read or written under a versionstamp of the journal (stamps.ts) can be checked by it for as long as nobody has
 * written to it since, as with those of Deno KV.
 *
 * Commits of values that are no bytes, those of users, go to the database at once.
 *
 * @module
 */

import { nameOf } from "../key_bytes.ts";
import { Operation } from "../operation.ts";
import type { AnyWrite, CommitResult } from "../relay/link.ts";
import { JournalFile } from "./journal_file.ts";
import { Pending, type PendingValue } from "./pending.ts";
import { pendingKv, stampOfValue } from "./pending_kv.ts";
import {
  draftRecord,
  type JournalRecord,
  type NamedWrite,
  numberRecord,
} from "./record.ts";
import { MOST_BYTES, type Ring } from "./ring.ts";
import { stampOf, Stamps } from "./stamps.ts";
import {
  type Applied,
  apply,
  beginApplied,
  gather,
  readApplied,
} from "./write_behind.ts";

/** How long a record may be in the journal alone, in milliseconds, and how many bytes may be. */
const FLUSH = { delay: 250, bytes: 524_288 };
/** How long to wait before a database is tried again that has taken nothing: longer each time; milliseconds. */
const RETRY = { first: 250, longest: 10_000 };
/** What Deno KV takes in one commit, less what notes how far the database is; bytes. */
const LIMITS = {
  key: 2_048,
  value: 65_536,
  writes: 999,
  keys: 81_900,
  bytes: 819_100,
};
/** Keys that one read of Deno KV takes. */
const KEYS_A_READ = 10;

/** See the module's text. */
export class JournaledKv {
  readonly #base: Deno.Kv;
  readonly #reader: Deno.Kv;
  readonly #onFault: (error: unknown) => void;
  readonly #ring: Ring | undefined;
  readonly #pending = new Pending();
  /** Whose record is on its way to the disk. */
  readonly #inFlight = new Map<string, PendingValue>();
  readonly #stamps: Stamps;
  /** Counts what has gone to the database. */
  #written = 0;
  readonly #path: string;
  /** Undefined where one is to be begun. */
  #file: JournalFile | undefined;
  #renewing: Promise<void> | undefined;
  #applied: Applied;
  /** The last record that was begun, and the last that is on the disk. */
  #begun: number;
  #durable: number;
  /** Those on the disk that the database does not have. */
  #records: JournalRecord[] = [];
  #bytes = 0;
  /** Of those on their way to the disk. */
  #bytesInFlight = 0;
  /** Settles when the last record that was begun is on the disk, or has failed. */
  #lastWrite: Promise<void> = Promise.resolve();
  /** What those wait for who find no room. */
  #room: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushing: Promise<void> | undefined;
  /** How often in a row the database has taken nothing. */
  #failures = 0;
  /** How many records a commit had that is said to have failed: the next try has as many. */
  #tried = Infinity;
  /** Commits that go to the database at once, one after the other. */
  #direct: Promise<unknown> | undefined;
  #closed = false;

  private constructor(
    path: string,
    base: Deno.Kv,
    reader: Deno.Kv,
    applied: Applied,
    onFault: (error: unknown) => void,
    ring: Ring | undefined,
  ) {
    this.#path = path;
    this.#base = base;
    this.#reader = reader;
    this.#applied = applied;
    this.#begun = this.#durable = applied.number;
    this.#stamps = new Stamps(applied.number);
    this.#onFault = onFault;
    this.#ring = ring;
  }

  /**
   * Begins a journal; what an earlier one has left is in the database (replay.ts).
   * @param path of the journal
   * @param base for writing
   * @param reader for reading
   * @param onFault told when the database does not take what is in the journal
   * @param ring by which other threads follow, where there may be any
   */
  static async begin(
    path: string,
    base: Deno.Kv,
    reader: Deno.Kv,
    onFault: (error: unknown) => void,
    ring?: Ring,
  ): Promise<JournaledKv> {
    const before = await readApplied(base);
    const applied = await beginApplied(base, before?.number ?? 0);
    const journaled = new JournaledKv(
      path,
      base,
      reader,
      applied,
      onFault,
      ring,
    );
    await journaled.#open();
    return journaled;
  }

  async #open(): Promise<void> {
    this.#file = await JournalFile.create(
      this.#path,
      this.#applied.identity,
      (number) => this.#settled(number),
    );
  }

  /** Begins anew with another file, after a write has failed: nobody knows what is in the old one. */
  async #renew(): Promise<void> {
    await this.#file?.idle();
    this.#inFlight.clear();
    this.#bytesInFlight = 0;
    this.#begun = this.#durable;
    await this.drain();
    await this.#file?.remove();
    this.#file = undefined;
    this.#applied = await beginApplied(this.#base, this.#durable);
    await this.#open();
  }

  /** What is in the journal alone. */
  get pending(): Pending {
    return this.#pending;
  }

  /** The database as the storage sees it. */
  kv(): Deno.Kv {
    const kv: Partial<Record<keyof Deno.Kv, unknown>> = {
      // Entries of the database have the stamps that they had in the journal, while those are their last ones.
      ...pendingKv(
        this.#reader,
        () => this.#pending,
        (name, own) => this.#stamps.given(name, own),
      ),
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
    this.#closed = true;
    while (this.#direct !== undefined) await this.#direct;
    await this.#renewing?.catch(() => {});
    const file = this.#file;
    await file?.idle();
    try {
      await this.drain();
    } catch (error) {
      this.#onFault(error);
      file?.close();
      return;
    } finally {
      clearTimeout(this.#timer);
    }
    await file?.remove();
  }

  async #commit(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ): Promise<CommitResult> {
    const named = namedWrites(writes);
    if (named === undefined) return await this.#commitAtOnce(checks, writes);
    // Callers may do as they like with their values while this waits.
    const draft = draftRecord(named);
    const { length } = draft.bytes;
    for (;;) {
      while (this.#direct !== undefined) await this.#direct;
      this.#checkOpen();
      if (this.#file === undefined || this.#file.failed) {
        this.#renewing ??= this.#renew().finally(() =>
          this.#renewing = undefined
        );
        await this.#renewing;
        continue;
      }
      if (this.#bytes + this.#bytesInFlight > MOST_BYTES - length) {
        await this.#makeRoom(this.#file);
        continue;
      }
      const verdict = this.#judge(checks);
      if (verdict === true) break;
      if (verdict === false) {
        // Whoever reads again is to find what this has lost against.
        await this.#lastWrite;
        return { ok: false };
      }
      await this.#learn(verdict);
    }
    const number = ++this.#begun;
    const record = numberRecord(draft, number);
    for (const { name, value } of record.writes) {
      this.#inFlight.set(name, { value, number });
    }
    this.#bytesInFlight += length;
    const written = this.#file.write(record, () => this.#add(record, checks));
    this.#lastWrite = written.catch(() => {});
    await written;
    return { ok: true, versionstamp: stampOf(number) };
  }

  /** Waits until less is in the journal alone: one wait for all, so that they go on in their order. */
  #makeRoom(file: JournalFile): Promise<void> {
    const made = () => this.#records.length > 0 ? this.#flush() : file.idle();
    this.#room ??= made().finally(() => this.#room = undefined);
    return this.#room;
  }

  #checkOpen(): void {
    if (this.#closed) throw new Error("The database is closed");
  }

  /** A record is on the disk. */
  #add(record: JournalRecord, checks: readonly Deno.AtomicCheck[]): void {
    const { number, writes, bytes } = record;
    this.#ring?.add(number, bytes);
    this.#durable = number;
    this.#pending.add(record);
    this.#records.push(record);
    this.#bytes += bytes.length;
    this.#bytesInFlight -= bytes.length;
    for (const { name } of writes) {
      if (this.#inFlight.get(name)?.number === number) {
        this.#inFlight.delete(name);
      }
    }
    // Who has checked a key will check it again; and who has written one alone will check it by what was returned.
    for (const { key } of checks) this.#stamps.remember(nameOf(key));
    if (checks.length === 0 && writes.length === 1) {
      this.#stamps.remember(writes[0]!.name);
    }
    this.#schedule();
  }

  /** Whether checks hold, or which keys have to be read to know. */
  #judge(checks: readonly Deno.AtomicCheck[]): boolean | Deno.KvKey[] {
    const open: Deno.KvKey[] = [];
    for (const { key, versionstamp } of checks) {
      const name = nameOf(key);
      const last = this.#inFlight.get(name) ?? this.#pending.get(name);
      const holds = last === undefined
        ? this.#stamps.holds(name, versionstamp)
        : stampOfValue(last) === versionstamp;
      if (holds === false) return false;
      if (holds === undefined) open.push(key);
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
        this.#stamps.learn(nameOf(key), versionstamp);
      }
    }
  }

  /** A commit past the journal: behind all in it that is about the same keys. */
  async #commitAtOnce(
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ): Promise<CommitResult> {
    while (this.#direct !== undefined) await this.#direct;
    this.#checkOpen();
    const done = Promise.withResolvers<void>();
    this.#direct = done.promise;
    let written = true;
    try {
      await this.#file?.idle();
      await this.drain();
      const open = checks.filter(({ key, versionstamp }) =>
        this.#stamps.holds(nameOf(key), versionstamp) === undefined
      );
      await this.#learn(open.map(({ key }) => key));
      const operation = this.#base.atomic();
      for (const { key, versionstamp } of checks) {
        const own = this.#stamps.own(nameOf(key), versionstamp);
        operation.check({ key, versionstamp: own });
      }
      for (const [key, value, options] of writes) {
        if (value === null) operation.delete(key);
        else operation.set(key, value, options);
      }
      const result = await operation.commit();
      written = result.ok;
      return result;
    } finally {
      if (written) {
        this.#written++;
        for (const [key] of writes) this.#stamps.forget(nameOf(key));
      }
      this.#direct = undefined;
      done.resolve();
    }
  }

  /** Settles when the database has all up to a record. */
  async #settled(number: number): Promise<void> {
    while (this.#applied.number < number) {
      if (this.#flushing !== undefined) {
        // It may have brought in all that it will.
        await this.#flushing;
        continue;
      }
      const before = this.#applied.number;
      await this.#flush();
      if (this.#applied.number === before) {
        throw new Error("The journal waits for what is not in it");
      }
    }
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
    const { count, values, repeated } = gather(
      this.#records.slice(0, this.#tried),
    );
    if (count === 0) return;
    const upTo = this.#records[count - 1]!.number;
    try {
      this.#applied = await apply(this.#base, this.#applied, values, upTo);
      this.#failures = 0;
      this.#tried = Infinity;
    } catch (error) {
      this.#failures++;
      this.#tried = count;
      this.#onFault(error);
      throw error;
    }
    this.#written++;
    this.#ring?.applied(upTo);
    this.#stamps.committed(upTo, this.#applied.versionstamp);
    for (const name of values.keys()) {
      const { number, value } = this.#pending.get(name)!;
      let last: number | null | undefined;
      if (number <= upTo) {
        last = value === null ? null : number;
        this.#pending.delete(name);
      }
      this.#stamps.settle(name, last, repeated.has(name));
    }
    for (const { bytes } of this.#records.splice(0, count)) {
      this.#bytes -= bytes.length;
    }
  }
}

/**
 * Writes as a record has them; undefined where it cannot.
 * @throws {TypeError} when Deno KV would not take them
 */
function namedWrites(writes: readonly AnyWrite[]): NamedWrite[] | undefined {
  const named: NamedWrite[] = [];
  let [keys, bytes] = [0, 0];
  for (const [key, value, options] of writes) {
    const isBytes = value === null || value instanceof Uint8Array;
    if (!isBytes || options !== undefined) return undefined;
    const name = nameOf(key);
    const size = value?.length ?? 0;
    if (name.length > LIMITS.key || size > LIMITS.value) {
      throw new TypeError("A key or a value is too large for Deno KV");
    }
    keys += name.length;
    bytes += name.length + size;
    named.push({ name, value });
  }
  if (
    named.length > LIMITS.writes || keys > LIMITS.keys || bytes > LIMITS.bytes
  ) throw new TypeError("A commit is too large for Deno KV");
  return named;
}
