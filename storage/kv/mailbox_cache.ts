/**
 * The mailboxes that are in memory: those open, and those closed last, as far as there is room.
 *
 * @module
 */

import { type MailboxId, StorageError } from "../model.ts";
import type { Database } from "./database.ts";
import { MailboxEntry } from "./mailbox_entry.ts";

/** See the module's text. */
export class MailboxCache {
  readonly #db: Database;
  /** Least recently used first. */
  readonly #entries = new Map<MailboxId, MailboxEntry>();
  /** How many have been given back since the last look at all. */
  #unpinned = 0;

  /** Nothing in memory. */
  constructor(db: Database) {
    this.#db = db;
  }

  /** All that are in memory. */
  get entries(): Iterable<MailboxEntry> {
    return this.#entries.values();
  }

  /** A mailbox that is in memory already. */
  peek(id: MailboxId): MailboxEntry | undefined {
    return this.#entries.get(id);
  }

  /** A mailbox, pinned: {@linkcode unpin} gives it back. */
  pin(id: MailboxId): MailboxEntry {
    let entry = this.#entries.get(id);
    if (entry === undefined) entry = new MailboxEntry(this.#db, id);
    else this.#entries.delete(id);
    this.#entries.set(id, entry);
    entry.pins++;
    return entry;
  }

  /**
   * A mailbox, pinned, its messages loaded and as new as those in the database.
   * @throws {StorageError} NONEXISTENT
   */
  async open(id: MailboxId): Promise<MailboxEntry> {
    const entry = this.pin(id);
    try {
      const loaded = entry.loaded;
      await entry.load();
      const { committer, freshness } = this.#db;
      if (loaded && !freshness.holds(entry)) await committer.refresh(entry);
      if (entry.gone) {
        throw new StorageError("NONEXISTENT", "There is no such mailbox");
      }
      return entry;
    } catch (error) {
      this.unpin(entry);
      throw error;
    }
  }

  /** Gives a mailbox back; it stays in memory while there is room. */
  unpin(entry: MailboxEntry): void {
    entry.pins--;
    // Walking through all of them is for now and then, the more of them the rarer.
    if (++this.#unpinned * 16 >= this.#entries.size) this.trim();
  }

  /** Lets those go that have been closed for longest, as many as it takes. */
  trim(): void {
    this.#unpinned = 0;
    let messages = 0;
    const closed: MailboxEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.pins > 0) continue;
      if (entry.gone || !entry.loaded) this.#entries.delete(entry.id);
      else {
        closed.push(entry);
        messages += weightOf(entry);
      }
    }
    for (const entry of closed) {
      if (messages <= this.#db.settings.maxCachedMessages) break;
      messages -= weightOf(entry);
      this.#entries.delete(entry.id);
    }
  }
}

/** What a mailbox takes, in messages: those that are gone and remembered count, and an empty one takes room, too. */
function weightOf({ state }: MailboxEntry): number {
  return state.length + state.expungedHistory.size + 50;
}
