/**
 * A database behind a journal, for tests.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openHandle, openKv } from "../open.ts";
import type { ValueReader } from "../value_reader.ts";
import { JournaledKv } from "./journaled_kv.ts";
import {
  draftRecord,
  type JournalRecord,
  type NamedWrite,
  numberRecord,
} from "./record.ts";
import { Mirror } from "./mirror.ts";
import { PendingReader } from "./pending.ts";
import { pendingKv } from "./pending_kv.ts";
import { Ring } from "./ring.ts";

/** A database with a journal in a folder of its own. */
export class Opened implements AsyncDisposable {
  /** Where it is. */
  readonly folder: string;
  /** The database without its journal. */
  readonly base: Deno.Kv;
  /** The journal. */
  readonly journal: JournaledKv;
  /** The database with its journal. */
  readonly kv: Deno.Kv;
  /** What the database has refused; nothing, in the end. */
  readonly faults: unknown[];
  /** By which other threads follow. */
  readonly ring: Ring;
  readonly #gate: Gate;

  private constructor(
    folder: string,
    base: Deno.Kv,
    journal: JournaledKv,
    faults: unknown[],
    ring: Ring,
    gate: Gate,
  ) {
    this.folder = folder;
    this.base = base;
    this.journal = journal;
    this.kv = journal.kv();
    this.faults = faults;
    this.ring = ring;
    this.#gate = gate;
  }

  /**
   * Opens one.
   * @param folder where it is; a new one by default
   * @param isFull whether the database takes nothing now
   * @param committed what a commit of the database waits for when it is done
   */
  static async in(
    folder?: string,
    isFull: () => boolean = () => false,
    committed: () => Promise<void> = () => Promise.resolve(),
  ): Promise<Opened> {
    folder ??= await Deno.makeTempDir();
    const path = join(folder, "test.kv");
    const { kv } = await openKv(path);
    const faults: unknown[] = [];
    const ring = new Ring();
    const gate = new Gate();
    const journal = await JournaledKv.begin(
      `${path}.journal`,
      hindered(kv, gate, isFull, committed),
      kv,
      (error) => faults.push(error),
      ring,
    );
    return new Opened(folder, kv, journal, faults, ring, gate);
  }

  /** As another thread sees it that begins now. */
  async thread(): Promise<Thread> {
    const { kv } = await openHandle(join(this.folder, "test.kv"));
    return new Thread(kv, new Ring(this.ring.memory));
  }

  /** Leaves what comes in the journal alone, until it is disposed of. */
  hold(): Promise<Disposable> {
    return this.#gate.hold();
  }

  /** What would be found after a crash now, in a folder of its own. */
  async crash(): Promise<string> {
    using _ = await this.hold();
    const folder = await Deno.makeTempDir();
    for (const { name } of await Array.fromAsync(Deno.readDir(this.folder))) {
      if (name.endsWith("-shm")) continue;
      await Deno.copyFile(join(this.folder, name), join(folder, name));
    }
    return folder;
  }

  /** Closes and removes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.journal.close();
    this.base.close();
    await Deno.remove(this.folder, { recursive: true });
    assertEquals(this.faults, []);
  }
}

/** A thread that reads a database behind a journal of another thread. */
export class Thread implements Disposable {
  /** The database. */
  readonly kv: Deno.Kv;
  readonly #base: Deno.Kv;
  readonly #mirror: Mirror;

  /** With a handle of its own, which it closes. */
  constructor(base: Deno.Kv, ring: Ring) {
    this.#base = base;
    this.#mirror = new Mirror(ring);
    this.kv = pendingKv(base, () => this.#mirror.now());
  }

  /** How many keys it knows to be in the journal alone. */
  get pending(): number {
    return this.#mirror.now().size;
  }

  /** What it reads sources with. */
  values(reader: ValueReader): ValueReader {
    return new PendingReader(() => this.#mirror.now(), reader);
  }

  /** Closes its handle. */
  [Symbol.dispose](): void {
    this.#base.close();
  }
}

/** What commits of a database wait for. */
class Gate {
  #holds = 0;
  #opened = Promise.withResolvers<void>();
  #running: Promise<unknown> = Promise.resolve();

  /** Lets nothing pass until it is disposed of; returns when all that has passed is done. */
  async hold(): Promise<Disposable> {
    if (this.#holds++ === 0) this.#opened = Promise.withResolvers();
    await this.#running.catch(() => {});
    return {
      [Symbol.dispose]: () => {
        if (--this.#holds === 0) this.#opened.resolve();
      },
    };
  }

  /** Does something that follows what has passed before. */
  async pass<T>(action: () => Promise<T>): Promise<T> {
    while (this.#holds > 0) await this.#opened.promise;
    const running = action();
    this.#running = running;
    return await running;
  }
}

/** A database whose commits wait at a gate, fail while it is full, and are answered when somebody says so. */
function hindered(
  kv: Deno.Kv,
  gate: Gate,
  isFull: () => boolean,
  committed: () => Promise<void>,
): Deno.Kv {
  return new Proxy(kv, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "atomic") return value.bind(target);
      return () => {
        if (isFull()) throw new Error("full");
        const operation = target.atomic();
        const commit = operation.commit.bind(operation);
        operation.commit = () =>
          gate.pass(async () => {
            const result = await commit();
            await committed();
            return result;
          });
        return operation;
      };
    },
  });
}

/** Does something while nothing gets to the disk. */
export async function whileBroken(
  action: () => Promise<unknown>,
): Promise<void> {
  const { syncData, syncDataSync } = Deno.FsFile.prototype;
  const broken = new Error("broken");
  Deno.FsFile.prototype.syncData = () => Promise.reject(broken);
  Deno.FsFile.prototype.syncDataSync = () => {
    throw broken;
  };
  try {
    await action();
  } finally {
    Object.assign(Deno.FsFile.prototype, { syncData, syncDataSync });
  }
}

/** The bytes of a text. */
export const bytes = (text: string): Uint8Array =>
  new TextEncoder().encode(text);

/** All entries below `k`. */
export async function all(kv: Deno.Kv): Promise<[Deno.KvKey, unknown][]> {
  const entries = await Array.fromAsync(kv.list({ prefix: ["k"] }));
  return entries.map(({ key, value }) => [key, value]);
}

/** Makes a record, with its number. */
export function makeRecord(
  number: number,
  writes: readonly NamedWrite[],
): JournalRecord {
  return numberRecord(draftRecord(writes), number);
}
