/**
 * A storage on Deno KV: a local file, memory, or a server over KV Connect.
 *
 * A mailbox is a log of its changes with a snapshot of its messages. Where to look:
 *
 * - keys.ts: every key, what is under it, how large it gets
 * - commit.ts, batch.ts: the one write path, a group commit
 * - changes.ts, deliver_change.ts, list_changes.ts: every change, as a plan of what to write
 * - deliver.ts: one message to many mailboxes
 * - journal/: what commits are written to before the database has them
 * - handles.ts, freshness.ts, relay/: alone on the database, among other processes, among threads of this one
 * - copy_underway.ts: copies that take several commits, all or none
 * - load.ts, fold.ts: from the log and the pages to the state, and from the log into the pages
 * - recent.ts: which mailboxes are loaded before anybody asks
 * - metadata.ts: entries that users keep beside their messages
 * - body_files.ts: large sources, in files beside the database
 * - contents.ts, content_reader.ts, read_contents.ts, read_summaries.ts, collect.ts: sources and summaries, from
 *   arrival to end
 * - value_reader.ts: reading these past Deno KV, where that goes
 * - verify.ts: looks for contradictions; check/: the same on a database that may be broken, and repairs
 * - mailbox_entry.ts, account_entry.ts: what is in memory, and until when it is valid
 *
 * @module
 */

import {
  DEFAULT_CACHE_BYTES,
  DEFAULT_STORAGE_LIMITS,
  type StorageLimits,
} from "../limits.ts";
import {
  type AppendResult,
  type MailboxId,
  type NewMessage,
  StorageError,
} from "../model.ts";
import { checkUser, INBOX } from "../names.ts";
import type { Account, Mailbox, Storage } from "../storage.ts";
import { KvAccount } from "./account.ts";
import { AccountEntry, EVERYBODY } from "./account_entry.ts";
import { BodyFiles } from "./body_files.ts";
import { Committer } from "./commit.ts";
import { ContentReader } from "./content_reader.ts";
import { Counter } from "./counter.ts";
import type { Database, Settings } from "./database.ts";
import { deliver } from "./deliver.ts";
import { ACCOUNTS } from "./keys.ts";
import { accountChange, dismantleChange } from "./list_changes.ts";
import { KvMailbox } from "./mailbox.ts";
import { withinRecords } from "./metadata.ts";
import { type Handles, type KvShare, openHandles } from "./handles.ts";
import { PendingReader } from "./journal/pending.ts";
import { bodyFolder, isFile, type KvProvider } from "./open.ts";
import { KvOtpStore } from "./otp.ts";
import { Process } from "./process.ts";
import { secretEntry, secretOf } from "./secret.ts";
import { Threads } from "./threads.ts";
import { KvUsers } from "./users.ts";
import { FileReader } from "./value_reader.ts";
import { verifyDatabase } from "./verify.ts";

export { KvOtpStore } from "./otp.ts";
export { KvUsers, type UserRecord, type UserTokenRecord } from "./users.ts";
export type { KvShare } from "./handles.ts";
export type { KvProvider } from "./open.ts";

/** Options of {@linkcode openKvStorage}. */
export interface KvStorageOptions {
  /** An open database; it stays open when the storage closes. */
  readonly kv?: Deno.Kv;
  /** A file, `:memory:` or a URL, when there is no open database. Default `:memory:`. */
  readonly path?: string;
  /**
   * A folder for large sources. Default: `PATH.bodies` where the path is a file that we may write beside, none
   * otherwise. It belongs to the database: whoever moves the one moves the other.
   */
  readonly bodyFolder?: string;
  /** Sources of so many bytes or more are written to files, where there is a folder; 0 for none. Default 262,144. */
  readonly bodyFilesFrom?: number;
  /**
   * Whether changes go to a journal first, `PATH.journal`, and to the database some time later, many together: who waits
   * for one waits for a short write in place of a commit. For a database that is a file which no other program writes
   * to; {@linkcode threads} of this one may. Closing brings all of it into the database; what a crash leaves, opening
   * the path does. Default false.
   */
  readonly journal?: boolean;
  /** Whether other processes write to the database too. Default: whether the path is a URL. */
  readonly shared?: boolean;
  /**
   * Whether other threads of this process are to work on the database, a file, as well: see
   * {@linkcode KvStorage.share}. Default false.
   */
  readonly threads?: boolean;
  /** What the thread that opened the database has given to this one, in place of a path. */
  readonly share?: KvShare;
  /** Whether to watch, in a shared database, what somebody listens to. Default true. */
  readonly watch?: boolean;
  /** What separates the levels of a mailbox name. Default `/`. */
  readonly hierarchyDelimiter?: string;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<StorageLimits>;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** How many messages closed mailboxes may have in memory, together. Default 1,000,000, about 50 MB. */
  readonly maxCachedMessages?: number;
  /** How many bytes of sources and summaries are kept in memory. Default 96 MiB; 0 for none. */
  readonly cacheBytes?: number;
  /** How long contents outlive their messages for those reading them, in milliseconds. Default 60,000. */
  readonly gracePeriod?: number;
  /** How many changes a mailbox's log has when it is folded. Default 512. */
  readonly foldRecords?: number;
  /** How many bytes a mailbox's log has when it is folded. Default 128,000. */
  readonly foldBytes?: number;
  /** Told of failures that nobody waits for. Default `console.error`. */
  readonly onFault?: (error: unknown) => void;
}

/** What a storage is made of. */
export interface KvStorageParts {
  /** Its part in this process. */
  readonly process: Process;
  /** See {@linkcode KvStorage.users}. */
  readonly users: KvUsers;
  /** See {@linkcode KvStorage.otp}. */
  readonly otp: KvOtpStore;
  /** See {@linkcode Storage.secret}. */
  readonly secret: Uint8Array;
  /** The handles on the database. */
  readonly handles: Handles;
}

/** Checks that a commit takes: of a local database, and of whatever else there is. */
const LOCAL_CHECKS = 80;
const REMOTE_CHECKS = 10;
/** Numbers that are reserved at a time. */
const MAILBOX_NUMBERS = 64;
const CONTENT_NUMBERS = 4_096;
/** What is larger is not written by one commit (contents.ts), so that a file is faster. */
const BODY_FILES_FROM = 262_144;
/** How many accounts that nobody has open stay in memory. */
const MAX_CLOSED_ACCOUNTS = 1_000;

/**
 * Opens a storage on Deno KV.
 *
 * ```ts
 * import { openKvStorage, serve } from "@x/imapd";
 *
 * // A path keeps the mail, such as "./mail/imapd.kv"; one process at a time writes it.
 * await using storage = await openKvStorage({ path: ":memory:" });
 * await using server = serve({ port: 0, users: { alice: "secret" }, storage });
 * console.log(server.addr.port);
 * ```
 *
 * @throws {Error} when the database cannot be opened
 */
export async function openKvStorage(
  options: KvStorageOptions = {},
): Promise<KvStorage> {
  const path = options.share?.path ?? options.path ?? ":memory:";
  const handles = await openHandles(options);
  const { kv, reader, local, freshness } = handles;
  const settings: Settings = {
    hierarchyDelimiter: options.hierarchyDelimiter ?? "/",
    limits: withinRecords({ ...DEFAULT_STORAGE_LIMITS, ...options.limits }),
    now: options.now ?? Date.now,
    shared: handles.shared,
    sole: handles.sole,
    maxCachedMessages: options.maxCachedMessages ?? 1_000_000,
    gracePeriod: options.gracePeriod ?? 60_000,
    foldRecords: options.foldRecords ?? 512,
    foldBytes: options.foldBytes ?? 128_000,
    onFault: options.onFault ??
      ((error) => console.error("A storage failed:", error)),
  };
  const committer = new Committer(kv, {
    maxChecks: local ? LOCAL_CHECKS : REMOTE_CHECKS,
    remote: !local,
    freshness,
    locks: handles.locks,
    onFault: settings.onFault,
  });
  let direct: FileReader | undefined;
  const close = async () => {
    direct?.close();
    await handles.close();
  };
  const closing = async (error: unknown): Promise<never> => {
    await close();
    throw error;
  };
  const folder = options.bodyFolder ??
    (options.kv === undefined ? await bodyFolder(path) : undefined);
  const files = folder === undefined
    ? undefined
    : await BodyFiles.open(reader, committer, {
      folder,
      from: (options.bodyFilesFrom ?? BODY_FILES_FROM) || Infinity,
      sole: settings.sole,
      onFault: settings.onFault,
    }).catch(closing);
  const secret = await secretOf(reader, committer).catch(closing);
  const { journal } = handles;
  if (handles.provider === "deno" && isFile(path)) {
    await journal?.drain().catch(closing);
    direct = await FileReader.open(path, secretEntry(secret));
  }
  const { pending } = handles;
  const values = pending !== undefined && direct !== undefined
    ? new PendingReader(pending, direct)
    : direct ?? reader;
  const cacheBytes = options.cacheBytes ?? DEFAULT_CACHE_BYTES;
  const db: Database = {
    reader,
    contents: new ContentReader(values, files, cacheBytes),
    files,
    committer,
    freshness,
    link: handles.link,
    mailboxNumbers: new Counter(reader, committer, "mailbox", MAILBOX_NUMBERS),
    contentNumbers: new Counter(reader, committer, "content", CONTENT_NUMBERS),
    threads: new Threads(reader, committer, settings),
    settings,
  };
  const process = new Process(db, settings.shared && options.watch !== false);
  try {
    await process.maintenance.recover();
    const users = new KvUsers(kv);
    const otp = new KvOtpStore(kv);
    return new KvStorage({
      process,
      users,
      otp,
      handles: { ...handles, close },
      secret,
    });
  } catch (error) {
    await process.close().finally(close);
    throw error;
  }
}

/**
 * A storage in Deno KV, made by {@linkcode openKvStorage}.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type KvStorage, openKvStorage } from "@x/imapd";
 *
 * await using storage: KvStorage = await openKvStorage({ path: ":memory:" });
 * const account = await storage.openAccount("alice");
 * await account.createMailbox("Archive");
 * assertEquals((await account.mailboxes()).map(({ name }) => name), [
 *   "INBOX",
 *   "Archive",
 * ]);
 * account.close();
 * assertEquals(await storage.verify(), []);
 * ```
 */
export class KvStorage implements Storage {
  /** The users in the same database. */
  readonly users: KvUsers;
  /** Their one-time passwords. */
  readonly otp: KvOtpStore;
  /** What opened the database; undefined when it was open before. */
  readonly provider: KvProvider | undefined;
  /** See {@linkcode Storage.secret}. */
  readonly secret: Uint8Array;
  readonly #process: Process;
  readonly #accounts = new Map<string, AccountEntry>();
  /** What all accounts have together. */
  readonly #common: AccountEntry;
  readonly #handles: Handles;
  #closing: Promise<void> | undefined;

  /** A storage on an open database. */
  constructor(parts: KvStorageParts) {
    const { process } = parts;
    this.#process = process;
    this.#common = new AccountEntry(process.db, EVERYBODY);
    this.users = parts.users;
    this.otp = parts.otp;
    this.provider = parts.handles.provider;
    this.secret = parts.secret;
    this.#handles = parts.handles;
  }

  /** See {@linkcode Storage.hierarchyDelimiter}. */
  get hierarchyDelimiter(): string {
    return this.#process.db.settings.hierarchyDelimiter;
  }

  /** See {@linkcode Storage.openAccount}. */
  async openAccount(user: string): Promise<Account> {
    this.#checkOpen();
    checkUser(user);
    const { db } = this.#process;
    const account = this.#pin(user);
    try {
      if (!db.freshness.holds(account)) await db.committer.refresh(account);
      if (account.tree.find([INBOX]) === undefined) {
        const first = await db.mailboxNumbers.take(2);
        const context = { account, settings: db.settings };
        await db.committer.submit(accountChange(context, [first, first + 1]));
      }
    } catch (error) {
      this.#unpin(account);
      throw error;
    }
    return new KvAccount(
      this.#process,
      account,
      this.#common,
      (entry) => this.#unpin(entry),
    );
  }

  /** See {@linkcode Storage.accounts}. */
  async *accounts(): AsyncGenerator<string, void> {
    this.#checkOpen();
    const { reader } = this.#process.db;
    for await (
      const { key } of reader.list({ prefix: ACCOUNTS }, { batchSize: 500 })
    ) {
      yield key[1] as string;
    }
  }

  /** See {@linkcode Storage.deliver}. */
  async deliver(
    message: NewMessage,
    mailboxes: readonly Mailbox[],
  ): Promise<readonly PromiseSettledResult<AppendResult>[]> {
    this.#checkOpen();
    const entries = mailboxes.map((mailbox) =>
      KvMailbox.entryOf(this.#process, mailbox)
    );
    if (mailboxes.length === 1) {
      return await Promise.allSettled([mailboxes[0]!.append([message])]);
    }
    return await deliver(this.#process, message, entries);
  }

  /** See {@linkcode Storage.deleteAccount}. */
  async deleteAccount(user: string): Promise<void> {
    this.#checkOpen();
    const { db, cache, maintenance } = this.#process;
    const account = this.#pin(user);
    const context = { account, settings: db.settings };
    try {
      await db.committer.refresh(account);
      while (account.exists) {
        // INBOX last: what a crash leaves is still an account.
        const ids = [...account.tree.nodes].filter((node) => node.mailbox !== 0)
          .sort((a, b) => Number(a.leaf === INBOX) - Number(b.leaf === INBOX))
          .map((node) => node.mailbox as MailboxId);
        const mailboxes = account.tree.metadata.together(ids)
          .slice(0, REMOTE_CHECKS - 2).map((id) => cache.pin(id));
        try {
          await db.committer.submit(dismantleChange(context, mailboxes));
        } finally {
          for (const mailbox of mailboxes) cache.unpin(mailbox);
        }
      }
    } finally {
      this.#unpin(account);
    }
    maintenance.garbage();
  }

  /** See {@linkcode Storage.verify}. */
  async verify(): Promise<string[]> {
    this.#checkOpen();
    await this.#process.writeClaims();
    await this.#process.maintenance.idle();
    await this.#process.db.committer.idle();
    await this.#process.db.files?.idle();
    return await verifyDatabase(this.#process);
  }

  /**
   * Loads the large mailboxes that were in memory when the database was closed last, for a server whose clients come back
   * after a restart; nobody need wait for it. From now on those in memory at the end are noted for the next time.
   */
  async preload(): Promise<void> {
    this.#checkOpen();
    await this.#process.run(() => this.#process.preload());
  }

  /** How many bytes are in files beside the database. */
  async filesSize(): Promise<number> {
    let sum = 0;
    for await (const { size } of this.#process.db.files?.list() ?? []) {
      sum += size;
    }
    return sum;
  }

  /**
   * Lets another thread work on the database: `openKvStorage({ share })` there, with the same limits and the same
   * delimiter. Close this storage after those, and say with {@linkcode unshare} when a thread has gone.
   * @throws {TypeError} when it was not opened for `threads`
   */
  share(): KvShare {
    if (this.#handles.share === undefined) {
      throw new TypeError("The storage was not opened for several threads");
    }
    return this.#handles.share();
  }

  /**
   * The thread that was given a share has closed its storage, or has gone without: nobody waits any longer for what it
   * was about to change.
   */
  unshare(share: Pick<KvShare, "thread">): void {
    this.#handles.unshare?.(share);
  }

  /** See {@linkcode Storage.close}. */
  close(): Promise<void> {
    this.#closing ??= this.#process.close()
      .finally(() => this.#handles.close());
    return this.#closing;
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) {
      throw new StorageError("UNAVAILABLE", "The storage is closed");
    }
  }

  #pin(user: string): AccountEntry {
    let account = this.#accounts.get(user);
    if (account === undefined) {
      account = new AccountEntry(this.#process.db, user);
    } else this.#accounts.delete(user);
    // The last in the map is the one used last.
    this.#accounts.set(user, account);
    account.pins++;
    return account;
  }

  #unpin(account: AccountEntry): void {
    account.pins--;
    if (this.#accounts.size <= MAX_CLOSED_ACCOUNTS) return;
    for (const [user, { pins }] of this.#accounts) {
      if (pins === 0) this.#accounts.delete(user);
      if (this.#accounts.size <= MAX_CLOSED_ACCOUNTS) return;
    }
  }
}
