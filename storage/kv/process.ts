/**
 * A storage's part in this process: the database, what is in memory, and what is done in the background.
 *
 * @module
 */

import type { Database } from "./database.ts";
import { recentChange } from "./changes.ts";
import { MailboxCache } from "./mailbox_cache.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import { Maintenance } from "./maintenance.ts";

/** See the module's text. */
export class Process {
  /** The database. */
  readonly db: Database;
  /** The mailboxes in memory. */
  readonly cache: MailboxCache;
  /** Folding and collecting. */
  readonly maintenance: Maintenance;
  /** Whether the heads of mailboxes that somebody listens to are watched. */
  readonly watching: boolean;
  #background = new Set<Promise<void>>();

  /** Nothing in memory, nothing under way. */
  constructor(db: Database, watching: boolean) {
    this.db = db;
    this.watching = watching;
    this.cache = new MailboxCache(db);
    this.maintenance = new Maintenance(db);
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

  /** Writes down all that has been claimed and waits for everything under way. */
  async close(): Promise<void> {
    for (const entry of [...this.cache.entries]) {
      entry.pins++;
      this.release(entry);
    }
    await Promise.all(this.#background);
    await this.maintenance.close();
    await this.db.committer.idle();
  }
}
