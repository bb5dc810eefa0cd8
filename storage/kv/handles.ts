/**
 * The handles by which a storage reads and writes its database, alone or beside others.
 *
 * @module
 */

import { ALONE, AMONG_OTHERS, type Freshness } from "./freshness.ts";
import { JournaledKv } from "./journal/journaled_kv.ts";
import { Mirror } from "./journal/mirror.ts";
import type { Pending } from "./journal/pending.ts";
import { pendingKv } from "./journal/pending_kv.ts";
import { Ring } from "./journal/ring.ts";
import { type Locks, NO_LOCKS } from "./locks.ts";
import type { KvStorageOptions } from "./mod.ts";
import {
  isFile,
  isRemote,
  journalPath,
  type KvProvider,
  openHandle,
  openKv,
} from "./open.ts";
import { type Link, PortLink } from "./relay/link.ts";
import { Marks } from "./relay/marks.ts";
import { SharedLocks } from "./relay/shared_locks.ts";
import { SharedSlots } from "./relay/slots.ts";
import { relayedKv } from "./relay/relayed_kv.ts";
import { Writer } from "./relay/writer.ts";

/** A database file that another thread of the process writes: what a thread needs to work on it as well. */
export interface KvShare {
  /** The file. */
  readonly path: string;
  /** The way to the thread that writes. It can be handed to one thread, which has to be given it by transfer. */
  readonly port: MessagePort;
  /** By which all threads know what has been written, and take turns. */
  readonly memory: SharedArrayBuffer;
  /** What is in the journal alone, where there is a journal. */
  readonly journal?: SharedArrayBuffer;
  /** Which of the threads it is. */
  readonly thread: number;
}

/** See the module's text. */
export interface Handles {
  /** For writing. */
  readonly kv: Deno.Kv;
  /** For reading. Reads on a handle of their own do not wait behind commits. */
  readonly reader: Deno.Kv;
  /** What opened the database; undefined when it was open before. */
  readonly provider: KvProvider | undefined;
  /** Whether the database is known to be a file or memory of this process. */
  readonly local: boolean;
  /** Whether others write to it too. */
  readonly shared: boolean;
  /** Whether nobody else can be on it while it is opened: what is not at its end will not go on. */
  readonly sole: boolean;
  /** What in memory is still what is in the database. */
  readonly freshness: Freshness;
  /** Turns at what is changed. */
  readonly locks: Locks;
  /** What commits go to before the database has them, where that is so. */
  readonly journal?: JournaledKv;
  /** What is in the journal alone, this thread's or another's, where there is one. */
  readonly pending?: () => Pending;
  /** The way to the thread that writes, where several threads are on the database. */
  readonly link?: Link;
  /** Lets another thread work on the database; undefined where that cannot be. */
  readonly share?: () => KvShare;
  /** Ends that, however far the other thread has come. */
  readonly unshare?: (share: Pick<KvShare, "thread">) => void;
  /** Closes what was opened here. */
  close(): void | Promise<void>;
}

/** Opens what the options name. @throws {Error} when the database cannot be opened */
export async function openHandles(options: KvStorageOptions): Promise<Handles> {
  const { kv, share, path = ":memory:" } = options;
  if (share !== undefined) return await handlesOfShare(share);
  if (kv !== undefined) return handlesOf(kv, options.shared ?? false);
  if (options.threads) return await handlesForThreads(path, options);
  const opened = await openKv(path);
  const own = isFile(path) ? (await openHandle(path)).kv : undefined;
  const close = () => {
    own?.close();
    opened.kv.close();
  };
  const remote = isRemote(path);
  const handles: Handles = {
    kv: opened.kv,
    reader: own ?? opened.kv,
    provider: opened.provider,
    local: !remote,
    ...inOneThread(options.shared ?? remote),
    close,
  };
  if (handles.shared) return handles;
  const journal = await journalOf(path, handles, options);
  if (journal === undefined) return handles;
  const journaled = journal.kv();
  return {
    ...handles,
    kv: journaled,
    reader: journaled,
    journal,
    pending: () => journal.pending,
    close: () => journal.close().finally(close),
  };
}

/**
 * Begins a journal; undefined where none is wanted, there is no place for one, or none is left on the disk.
 * @param ring by which other threads follow
 * @throws {Deno.errors.Busy} when another process has one; the handles are closed then
 */
async function journalOf(
  path: string,
  { kv, reader, close }: Pick<Handles, "kv" | "reader" | "close">,
  options: KvStorageOptions,
  ring?: Ring,
): Promise<JournaledKv | undefined> {
  const { onFault = console.error } = options;
  try {
    const journal = options.journal ? await journalPath(path) : undefined;
    if (journal === undefined) return undefined;
    return await JournaledKv.begin(journal, kv, reader, onFault, ring)
      .catch((error) => {
        if (error instanceof Deno.errors.Busy) throw error;
        onFault(error);
        return undefined;
      });
  } catch (error) {
    await close();
    throw error;
  }
}

/** One that was open before may be anywhere, and stays open. */
function handlesOf(kv: Deno.Kv, shared: boolean): Handles {
  return {
    kv,
    reader: kv,
    provider: undefined,
    local: false,
    ...inOneThread(shared),
    close() {},
  };
}

/** Alone on the database, or among other processes. */
function inOneThread(
  shared: boolean,
): Pick<Handles, "shared" | "sole" | "freshness" | "locks"> {
  return {
    shared,
    sole: !shared,
    freshness: shared ? AMONG_OTHERS : ALONE,
    locks: NO_LOCKS,
  };
}

/** Of the thread that writes. */
async function handlesForThreads(
  path: string,
  options: KvStorageOptions,
): Promise<Handles> {
  if (!isFile(path)) {
    throw new TypeError("Threads can work on a database in a file alone");
  }
  const { kv: written, provider } = await openKv(path);
  const reader = (await openHandle(path)).kv;
  const close = () => {
    reader.close();
    written.close();
  };
  const ring = options.journal ? new Ring() : undefined;
  const journal = await journalOf(
    path,
    { kv: written, reader, close },
    options,
    ring,
  );
  const journaled = journal?.kv();
  const slots = new SharedSlots();
  const marks = new Marks(slots);
  const writer = new Writer(journaled ?? written, marks);
  const kv = relayedKv(journaled ?? reader, writer);
  const locks = new SharedLocks(slots);
  const shares = new Map<number, () => void>();
  return {
    kv,
    reader: kv,
    provider,
    local: true,
    shared: true,
    sole: true,
    freshness: marks,
    locks,
    link: writer,
    ...journal && { journal, pending: () => journal.pending },
    share() {
      const thread = slots.addThread();
      const { port1, port2 } = new MessageChannel();
      shares.set(thread, writer.serve(port1));
      return {
        path,
        port: port2,
        memory: slots.memory,
        ...journal && ring && { journal: ring.memory },
        thread,
      };
    },
    unshare({ thread }) {
      shares.get(thread)?.();
      if (shares.delete(thread)) locks.free(thread);
    },
    async close() {
      writer.close();
      try {
        await journal?.close();
      } finally {
        close();
      }
    },
  };
}

/** Of any other thread. */
async function handlesOfShare(share: KvShare): Promise<Handles> {
  const { kv: own, provider } = await openHandle(share.path);
  const mirror = share.journal && new Mirror(new Ring(share.journal));
  const pending = mirror && (() => mirror.now());
  const link = new PortLink(share.port);
  const kv = relayedKv(pending ? pendingKv(own, pending) : own, link);
  const slots = new SharedSlots(share.memory, share.thread);
  return {
    kv,
    reader: kv,
    provider,
    local: true,
    shared: true,
    sole: false,
    freshness: new Marks(slots),
    locks: new SharedLocks(slots),
    link,
    ...pending && { pending },
    close() {
      link.close();
      own.close();
    },
  };
}
