/**
 * What a storage does when it has time: folding logs, packing summaries, collecting garbage. One thing after
 * the other, so that users wait for none of it.
 *
 * @module
 */

import { Collector, CollectorBusy } from "./collect.ts";
import { sweepCopies } from "./copy_underway.ts";
import type { Database } from "./database.ts";
import { foldMailbox } from "./fold.ts";
import type { MailboxCache } from "./mailbox_cache.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import { buryMailboxes, sweepUploads } from "./sweep.ts";

/** After which time to try again when another process collects, or the database failed; milliseconds. */
const RETRY = 10_000;
/** Logs of at least so many records are folded when the storage is closed, for as long as this many milliseconds. */
const LONG_AT_CLOSE = 16;
const TIME_AT_CLOSE = 1_000;

/** See the module's text. */
export class Maintenance {
  readonly #db: Database;
  readonly #cache: MailboxCache;
  readonly #collector: Collector;
  #folds = new Set<MailboxEntry>();
  #collect = false;
  #running: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #closed = false;

  /** Nothing to do yet. */
  constructor(db: Database, cache: MailboxCache) {
    this.#db = db;
    this.#cache = cache;
    this.#collector = new Collector(db);
  }

  /** Clears away what a crash has left. */
  async recover(): Promise<void> {
    await sweepUploads(this.#db);
    await this.#sweepCopies(this.#db.settings.sole);
    await this.#db.files?.sweep();
    this.garbage();
  }

  /** In a shared database it looks again when copies of others may have been cut short. */
  async #sweepCopies(sole: boolean): Promise<void> {
    const next = await sweepCopies(this.#db, this.#cache, sole);
    if (next !== undefined) this.#wake(next);
  }

  /** A mailbox has changed: its log may have grown long. */
  changed(entry: MailboxEntry): void {
    const { foldRecords, foldBytes } = this.#db.settings;
    if (entry.folding || entry.gone) return;
    if (entry.log.length < foldRecords && entry.logBytes < foldBytes) return;
    entry.folding = true;
    entry.pins++;
    this.#folds.add(entry);
    this.#start();
  }

  /** Something has become garbage, or is shared and has to be counted. */
  garbage(): void {
    const { gracePeriod, now } = this.#db.settings;
    if (gracePeriod > 0) this.#wake(now() + gracePeriod);
    else this.#collectNow();
  }

  /** Waits until there is nothing to do at once. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /**
   * Ends after the step under way.
   * @param entries the mailboxes in memory, those used last at the end: their logs are folded as far as there is time,
   * so that whoever loads them next reads pages
   */
  async close(entries: readonly MailboxEntry[]): Promise<void> {
    this.#closed = true;
    this.#collector.stop();
    clearTimeout(this.#timer);
    await this.idle();
    const end = performance.now() + TIME_AT_CLOSE;
    for (const entry of entries.toReversed()) {
      if (!entry.loaded || entry.gone) continue;
      if (entry.log.length < LONG_AT_CLOSE) continue;
      if (performance.now() > end) break;
      await foldMailbox(this.#db, entry).catch(this.#db.settings.onFault);
    }
  }

  #collectNow(): void {
    this.#collect = true;
    this.#start();
  }

  /** Collects at a time, unless that is to happen before anyhow. */
  #wake(time: number): void {
    if (this.#closed || time >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = time;
    const delay = Math.min(
      Math.max(0, time - this.#db.settings.now()),
      3600_000,
    );
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#collectNow();
    }, delay);
    Deno.unrefTimer(this.#timer);
  }

  #start(): void {
    if (this.#closed || this.#running !== undefined) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#folds.size > 0 || this.#collect) this.#start();
    });
  }

  async #run(): Promise<void> {
    while (!this.#closed && (this.#folds.size > 0 || this.#collect)) {
      try {
        const [entry] = this.#folds;
        if (entry !== undefined) await this.#fold(entry);
        else {
          this.#collect = false;
          await this.#collector.begin();
          // Unless others write, too, a copy that is not at its end is one of our own.
          if (this.#db.settings.shared) await this.#sweepCopies(false);
          await buryMailboxes(this.#db, this.#collector);
          const young = await this.#collector.collect();
          if (young !== undefined) {
            this.#wake(young + this.#db.settings.gracePeriod);
          }
        }
      } catch (error) {
        if (!(error instanceof CollectorBusy)) this.#db.settings.onFault(error);
        this.#wake(this.#db.settings.now() + RETRY);
      }
    }
  }

  async #fold(entry: MailboxEntry): Promise<void> {
    this.#folds.delete(entry);
    try {
      await foldMailbox(this.#db, entry);
      if (entry.gone) return;
      await this.#db.threads.save(entry.owner.inbox);
      await this.#collector.begin();
      await this.#collector.pack(entry.id);
    } finally {
      entry.folding = false;
      entry.pins--;
    }
    // It may have grown as fast as it was folded.
    this.changed(entry);
  }
}
