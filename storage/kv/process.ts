/**
 * A storage's part in this process: the database, what is in memory, and what is done in the background.
 *
 * @module
 */

import type { Change, Subject } from "./batch.ts";
import type { Database } from "./database.ts";
import { recentChange } from "./changes.ts";
import { MailboxCache } from "./mailbox_cache.ts";
import { MailboxEntry } from "./mailbox_entry.ts";
import { Maintenance } from "./maintenance.ts";
import { noteRecent, readRecent } from "./recent.ts";
import { watchKeys } from "./watch.ts";

/** How long a watch outlives those who listened, in milliseconds. */
const LINGER = 5_000;
/** For how long a mailbox that has been loaded at the start may be opened by nobody, in milliseconds. */
const UNUSED = 3_600_000;

interface Watch {
  /** How many listen. */
  listeners: number;
  /** Its end, once nobody does. */
  linger: ReturnType<typeof setTimeout> | undefined;
  stop(): void;
}

/** See the module's text. */
export class Process {
  /** The database. */
  readonly db: Database;
  /** The mailboxes in memory. */
  readonly cache: MailboxCache;
  /** Folding and collecting. */
  readonly maintenance: Maintenance;
  /** Whether to notice what other processes write. */
  readonly watching: boolean;
  #background = new Set<Promise<unknown>>();
  #watches = new Map<Subject<unknown>, Watch>();
  /** Since when what is in memory at the end is to be there after the next start; undefined where it is not. */
  #preloaded: number | undefined;
  #closing = false;

  /**
   * Nothing in memory, nothing under way.
   * @param watching whether to notice by itself what other processes write
   */
  constructor(db: Database, watching: boolean) {
    this.db = db;
    this.watching = watching;
    this.cache = new MailboxCache(db);
    this.maintenance = new Maintenance(db, this.cache);
  }

  /** Does something that closing the storage waits for. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    const running = action();
    const settled = running.catch(() => {});
    this.#background.add(settled);
    try {
      return await running;
    } finally {
      this.#background.delete(settled);
    }
  }

  /** Commits a change to mailboxes; their logs may have grown long by it. */
  async submit<T>(change: Change<T>): Promise<T> {
    const result = await this.db.committer.submit(change);
    for (const { subject } of change.uses) {
      if (subject instanceof MailboxEntry) this.maintenance.changed(subject);
    }
    return result;
  }

  /**
   * Keeps something up to date by itself while there is somebody who listens; in a shared database only,
   * and with one watch however many listen.
   */
  watch(subject: Subject<unknown>): () => void {
    if (!this.watching) return () => {};
    let watch = this.#watches.get(subject);
    if (watch === undefined) {
      watch = { listeners: 0, linger: undefined, stop: this.#follow(subject) };
      this.#watches.set(subject, watch);
    }
    clearTimeout(watch.linger);
    watch.listeners++;
    const watched = watch;
    return () => {
      if (--watched.listeners > 0) return;
      // Whoever selects a mailbox again wants it again.
      watched.linger = setTimeout(() => {
        watched.stop();
        this.#watches.delete(subject);
      }, LINGER);
    };
  }

  /** Begins to follow what others write to something. */
  #follow(subject: Subject<unknown>): () => void {
    const { reader, committer, freshness, link, settings } = this.db;
    if (link !== undefined) {
      return link.watch(subject.key, (told) => {
        if (told === "own" || freshness.holds(subject)) return;
        try {
          if (told !== undefined && subject.hear?.(told)) {
            return freshness.followed(subject, told.mark);
          }
        } catch (error) {
          settings.onFault(error);
          subject.invalidate();
        }
        committer.refresh(subject).catch(settings.onFault);
      });
    }
    return watchKeys(
      reader,
      [subject.key],
      async ([entry]) => {
        const known = !subject.stale &&
          subject.versionstamp === entry!.versionstamp;
        if (!known) await committer.refresh(subject);
      },
      settings.onFault,
    );
  }

  /** Gives a pinned mailbox back; what was claimed in it is written down. */
  release(entry: MailboxEntry): void {
    const due = entry.pins === 1 ? recentChange(entry) : undefined;
    if (due === undefined) {
      this.cache.unpin(entry);
      return;
    }
    const { committer, settings } = this.db;
    const done = committer.submit(due).catch((error) => {
      if (!entry.gone) settings.onFault(error);
    }).finally(() => {
      this.cache.unpin(entry);
      this.#background.delete(done);
    });
    this.#background.add(done);
  }

  /** Writes down what has been claimed in mailboxes that are still open. */
  async writeClaims(): Promise<void> {
    for (const entry of [...this.cache.entries]) {
      const due = recentChange(entry);
      if (due === undefined) continue;
      await this.db.committer.submit(due).catch((error) => {
        if (!entry.gone) throw error;
      });
    }
  }

  /**
   * Loads the large mailboxes that were in memory when the database was closed last, one after the other: those used
   * last at the end, so that they are the last to go.
   */
  async preload(): Promise<void> {
    const { settings } = this.db;
    this.#preloaded = settings.now();
    for (const id of (await readRecent(this.db)).toReversed()) {
      if (this.#closing) return;
      // Whoever was faster has used it since.
      if (this.cache.peek(id) !== undefined) continue;
      const entry = this.cache.pin(id);
      try {
        await entry.load();
      } catch (error) {
        settings.onFault(error);
      } finally {
        this.cache.unpin(entry);
      }
    }
  }

  /** Notes what is to be in memory after the next start; what nobody has opened for long is not. */
  async #note(entries: readonly MailboxEntry[]): Promise<void> {
    if (this.#preloaded === undefined) return;
    const { now, onFault } = this.db.settings;
    const brief = now() - this.#preloaded < UNUSED;
    const used = entries.filter(({ account }) => brief || account);
    await noteRecent(this.db, used).catch(onFault);
  }

  /** Writes down all that has been claimed and waits for everything under way. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const entry of [...this.cache.entries]) {
      entry.pins++;
      this.release(entry);
    }
    for (const { stop, linger } of this.#watches.values()) {
      clearTimeout(linger);
      stop();
    }
    this.#watches.clear();
    while (this.#background.size > 0) await Promise.all(this.#background);
    const entries = [...this.cache.entries];
    await this.maintenance.close(entries);
    await this.#note(entries);
    await this.db.threads.close();
    await this.db.files?.close();
    await this.db.committer.close();
  }
}
