/**
 * A mailbox in this process: its head, its messages once they are loaded, and who listens.
 *
 * @module
 */

import { Listeners } from "../listeners.ts";
import type { MailboxState } from "../mailbox_state.ts";
import {
  type MailboxChange,
  type MailboxId,
  type MailboxStatus,
  type Modseq,
  StorageError,
  type Uid,
} from "../model.ts";
import { lowerBound } from "../uid_list.ts";
import type { AccountEntry } from "./account_entry.ts";
import type { Subject } from "./batch.ts";
import { applyLog, followLog } from "./catch_up.ts";
import type { Database } from "./database.ts";
import { decodeHead, encodeHead, type Head, statusOf } from "./head.ts";
import { areAlike } from "./journal/stamps.ts";
import { headKey } from "./keys.ts";
import {
  decodeLogEntries,
  loadMailbox,
  type LogEntry,
  type PageMap,
} from "./load.ts";
import type { News } from "./relay/news.ts";
import type { ThreadOwner } from "./threads.ts";

const MAX_ATTEMPTS = 20;

/** See the module's text. */
export class MailboxEntry implements Subject<Head> {
  /** The mailbox. */
  readonly id: MailboxId;
  /** See {@linkcode Subject.key}. */
  readonly key: Deno.KvKey;
  /** Who hears of changes. */
  readonly listeners: Listeners<MailboxChange> = new Listeners();
  /** See {@linkcode Subject.versionstamp}. */
  versionstamp: string | null = null;
  /** See {@linkcode Subject.stale}. */
  stale = true;
  /** Whether the mailbox has been deleted. */
  gone = false;
  /** Open handles, and work under way. */
  pins = 0;
  /** Whose it is, as far as that is known: once it has been opened. */
  account: AccountEntry | undefined;
  /** The account that it belongs to; known once it has been opened. */
  owner: ThreadOwner = { user: "", inbox: 0 };
  /** The pages in the database; undefined when they have to be looked at before the next fold. */
  pages: PageMap | undefined;
  /** Whether a fold is under way. */
  folding = false;
  readonly #db: Database;
  #log: LogEntry[] = [];
  #logBytes = 0;
  #head: Head | undefined;
  #state: MailboxState | undefined;
  #loading: Promise<void> | undefined;
  /** Whether it is being caught up with. */
  #reading = false;

  /** Settles when the append before the next one has been handed over. */
  #turn: Promise<void> = Promise.resolve();

  /** Nothing is known yet. */
  constructor(db: Database, id: MailboxId) {
    this.#db = db;
    this.id = id;
    this.key = headKey(id);
  }

  /** Queues up with the other appends: `come` settles at one's turn, `pass` lets the next one go. */
  takeTurn(): { come: Promise<void>; pass: () => void } {
    const come = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    return { come, pass: resolve };
  }

  /** The head as it is in the database. */
  get head(): Head {
    if (this.gone || this.#head === undefined) {
      throw new StorageError("NONEXISTENT", "The mailbox is gone");
    }
    return this.#head;
  }

  /** The messages; only where they are loaded. */
  get state(): MailboxState {
    if (this.#state === undefined) throw new Error("A mailbox is not loaded");
    return this.#state;
  }

  /** Whether the messages are in memory. */
  get loaded(): boolean {
    return this.#state !== undefined;
  }

  /** The log in the database. */
  get log(): readonly LogEntry[] {
    return this.#log;
  }

  set log(log: readonly LogEntry[]) {
    this.#log = [...log];
    this.#logBytes = log.reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** How many bytes the log has. */
  get logBytes(): number {
    return this.#logBytes;
  }

  /** The counts, what has been claimed and not written yet included; undefined when it is gone. */
  get status(): MailboxStatus | undefined {
    if (this.gone || this.#head === undefined) return undefined;
    const state = this.#state;
    const status = statusOf(this.#head);
    return state === undefined
      ? status
      : { ...status, recent: recentOf(state) };
  }

  /** See {@linkcode Subject.invalidate}. */
  invalidate(): void {
    this.stale = true;
  }

  /** Loads the messages unless they are there. */
  async load(): Promise<void> {
    if (this.#state !== undefined || this.gone) return;
    this.#loading ??= this.#load().finally(() => this.#loading = undefined);
    await this.#loading;
  }

  async #load(): Promise<void> {
    const { reader, freshness, settings: { limits } } = this.#db;
    const { id, key } = this;
    const read = freshness.reading(this);
    const loaded = await loadMailbox(reader, id, key, limits.maxExpunged);
    if (loaded === undefined || this.gone) {
      this.#vanish();
      return;
    }
    this.#head = loaded.head;
    this.versionstamp = loaded.versionstamp;
    this.#state = loaded.state;
    this.log = loaded.log;
    this.pages = loaded.pages;
    this.stale = false;
    read();
  }

  /** See {@linkcode Subject.catchUp}. */
  async catchUp(): Promise<void> {
    this.#reading = true;
    try {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (this.gone || await this.#catchUpOnce()) {
          this.stale = false;
          return;
        }
      }
    } finally {
      this.#reading = false;
    }
    throw new Error(
      `Mailbox ${this.id} lacks changes, or others change it too fast`,
    );
  }

  /**
   * Follows a commit of another thread by what it has written.
   * @returns false when it cannot, and has to be read
   */
  hear({ versionstamp, value, log }: News): boolean {
    const state = this.#state;
    if (state === undefined || this.stale || this.#reading) return false;
    if (!areAlike(versionstamp, this.versionstamp!)) return false;
    // Versionstamps rise: this one is known.
    if (versionstamp <= this.versionstamp!) return true;
    if (value === null) return false;
    const head = decodeHead(value);
    if (!applyLog(this, state, head, decodeLogEntries(log))) return false;
    if (head.foldCount !== this.head.foldCount) this.pages = undefined;
    this.log = this.log.filter(({ modseq }) => modseq > head.logStart);
    this.#adoptRecent(state, head);
    this.#head = head;
    this.versionstamp = versionstamp;
    return true;
  }

  /** Reads the head and follows it; false when it has moved on meanwhile. */
  async #catchUpOnce(): Promise<boolean> {
    const { reader } = this.#db;
    const entry = await reader.get<Uint8Array>(this.key);
    if (entry.value === null) {
      this.#vanish();
      return true;
    }
    if (entry.versionstamp === this.versionstamp) return true;
    const head = decodeHead(entry.value);
    const state = this.#state;
    if (state !== undefined) {
      const followed = await followLog(reader, this, state, head);
      if (followed === "again") return false;
      if (followed === "gone") {
        this.#vanish();
        return true;
      }
      this.#adoptRecent(state, head);
    }
    this.#head = head;
    this.versionstamp = entry.versionstamp;
    return true;
  }

  #adoptRecent(state: MailboxState, head: Head): void {
    state.uidNext = Math.max(state.uidNext, head.uidNext) as Uid;
    state.firstRecent = Math.max(state.firstRecent, head.firstRecent) as Uid;
  }

  /** See {@linkcode Subject.encode}. */
  encode(draft: Head): Uint8Array {
    return encodeHead(draft);
  }

  /** See {@linkcode Subject.committed}. */
  committed(draft: Head, versionstamp: string): void {
    this.#head = draft;
    this.versionstamp = versionstamp;
  }

  /** The deletion of the mailbox has been committed, by us or by others. */
  vanished(): void {
    this.#vanish();
  }

  #vanish(): void {
    this.stale = false;
    if (this.gone) return;
    this.gone = true;
    if (this.#state === undefined) return;
    this.#state.deleted = true;
    this.listeners.notify({ type: "delete" });
  }

  /** Tells of a change that has been applied, and notes where the log has it. */
  applied(change: MailboxChange, entry: LogEntry): void {
    this.#log.push(entry);
    this.#logBytes += entry.bytes;
    this.tell(change);
  }

  /** Tells of a change that has been applied. */
  tell(change: MailboxChange): void {
    this.listeners.notify(change);
    if (change.type === "delete") return;
    const { type, uids } = change;
    this.account?.messagesChanged(this.id, { type, count: uids.length });
  }

  /** The next change's modseq, and what the head becomes by it before its counts change. */
  advance(head: Head): { modseq: Modseq; head: Head } {
    const modseq = head.highestModseq + 1 as Modseq;
    const { firstRecent } = this.state;
    const recent = firstRecent > head.firstRecent
      ? countFrom(this.state, firstRecent) + head.uidNext - this.head.uidNext
      : head.recent;
    return {
      modseq,
      head: { ...head, highestModseq: modseq, firstRecent, recent },
    };
  }
}

/** How many messages no session has been told of. */
export function recentOf(state: MailboxState): number {
  return countFrom(state, state.firstRecent);
}

function countFrom(state: MailboxState, uid: number): number {
  return state.length - lowerBound(state.uids, state.length, uid);
}
