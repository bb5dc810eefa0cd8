/**
 * Brings one mailbox up to what it is at the source: new messages, changes of flags, and, where that is
 * asked for, what has gone.
 *
 * A message is put in before it stands in the state, so that none can be missing. What a killed run has put
 * in without noting it is found again by its bytes (see {@linkcode Leftovers}). The same way finds what is
 * there already when a mailbox is migrated for the first time, or when UIDVALIDITY has changed at the source:
 * all that is in the mailbox then counts as left over.
 *
 * @module
 */

import type { Mailbox } from "../../storage/storage.ts";
import { Appender, type Placed } from "../import/appender.ts";
import type { Failures } from "../import/failures.ts";
import { FlagFilter } from "../import/flag_filter.ts";
import { Leftovers } from "../import/leftovers.ts";
import { TOO_LARGE } from "../import/source.ts";
import type { ByteBudget } from "./byte_budget.ts";
import {
  type FetchedMessage,
  fetchInOrder,
  refused,
} from "./fetch_messages.ts";
import { hashFlags, plainFlags } from "./flag_hash.ts";
import { type Listing, listMailbox } from "./listing.ts";
import type { SourcePool } from "./source_pool.ts";
import type { MigrationState } from "./state_file.ts";

/** What was done with a mailbox. */
export interface MailboxResult {
  /** Messages put in now. */
  copied: number;
  /** Their size in bytes. */
  bytes: number;
  /** Messages that were there already. */
  alreadyThere: number;
  /** Messages whose flags were changed. */
  flagsChanged: number;
  /** Messages that have gone at the source and were removed here. */
  deleted: number;
  /** Messages that could not be had, or cannot be kept. */
  refused: number;
  /** Keywords that the mailbox has no room for, or that IMAP cannot name. */
  keywordsLeftOut: readonly string[];
}

/** How a mailbox is migrated. */
export interface MailboxMigrationOptions {
  /** The connections to the source. */
  readonly pool: SourcePool;
  /** How many batches of messages may be under way. */
  readonly parallel: number;
  /** Room for messages. */
  readonly budget: ByteBudget;
  /** The mailbox at the source. */
  readonly path: string;
  /** What is known of it. */
  readonly state: MigrationState;
  /** The largest message, in bytes. */
  readonly maxMessageSize: number;
  /** Whether to remove what has gone at the source. */
  readonly remove: boolean;
  /** Takes what could not be done. */
  readonly failures: Failures;
  /** Told of so many messages that are done with. */
  readonly onProgress: (messages: number) => void;
}

/** The mailbox here. */
export type LocalMailbox =
  /** Opens it. */
  | (() => Promise<Mailbox>)
  /** For a dry run, which changes nothing: its UIDVALIDITY, where it is there. */
  | { readonly uidValidity: number | undefined };

/**
 * Migrates a mailbox.
 * @throws {SourceGone} when the server is not there any more
 * @throws {SourceRefusal} when it does not give the mailbox
 */
export async function migrateMailbox(
  options: MailboxMigrationOptions,
  local: LocalMailbox,
): Promise<MailboxResult> {
  return await new MailboxMigration(options).run(local);
}

/** What a result is counted up from. */
export function emptyResult(): MailboxResult {
  return {
    copied: 0,
    bytes: 0,
    alreadyThere: 0,
    flagsChanged: 0,
    deleted: 0,
    refused: 0,
    keywordsLeftOut: [],
  };
}

class MailboxMigration {
  readonly #options: MailboxMigrationOptions;
  readonly #result = emptyResult();

  constructor(options: MailboxMigrationOptions) {
    this.#options = options;
  }

  async run(local: LocalMailbox): Promise<MailboxResult> {
    const { pool, path, state } = this.#options;
    const { head } = state;
    const isKnown = (uidValidity: number, ownUidValidity?: number) =>
      head?.sourceUidValidity === uidValidity &&
      head.uidValidity === ownUidValidity;
    const list = (own?: number) =>
      listMailbox(pool, path, state, (theirs) => isKnown(theirs, own));
    if (typeof local !== "function") {
      const { uidValidity } = local;
      const listing = await list(uidValidity);
      this.#foretell(listing, isKnown(listing.uidValidity, uidValidity));
      return this.#result;
    }
    const mailbox = await local();
    try {
      using _ = state;
      const { uidValidity } = mailbox.state;
      const listing = await list(uidValidity);
      const known = isKnown(listing.uidValidity, uidValidity);
      if (!known) state.clear();
      await this.#bringUp(mailbox, listing, known);
      return this.#result;
    } finally {
      mailbox.close();
    }
  }

  /** What a run would do. */
  #foretell({ fresh, changed, gone }: Listing, known: boolean): void {
    const { state, maxMessageSize, remove } = this.#options;
    for (const { uid, size } of fresh) {
      if (size > maxMessageSize) this.#refuse(refused(uid, TOO_LARGE));
      else {
        this.#result.copied++;
        this.#result.bytes += size;
      }
    }
    const there = known ? state.length - (gone?.size ?? 0) : 0;
    this.#result.alreadyThere = there;
    for (const { indexes } of changed) {
      this.#result.flagsChanged += indexes.length;
    }
    if (remove) this.#result.deleted = gone?.size ?? 0;
    this.#options.onProgress(this.#result.copied + there);
  }

  async #bringUp(
    mailbox: Mailbox,
    listing: Listing,
    known: boolean,
  ): Promise<void> {
    const { path, state, remove, onProgress } = this.#options;
    const { head } = state;
    const { fresh, changed } = listing;
    const gone = remove ? this.#certainlyGone(listing) : new Set<number>();
    this.#result.alreadyThere = state.length - (listing.gone?.size ?? 0);
    onProgress(this.#result.alreadyThere);
    const nothing = known && head?.base === 0 && fresh.length === 0 &&
      changed.length === 0 && gone.size === 0;
    if (nothing) return;
    const { uidValidity, uidNext } = mailbox.state;
    // What a killed run has put in is not to be taken for somebody else's.
    const base = !known ? 1 : head?.base || uidNext;
    await state.begin({
      path,
      sourceUidValidity: listing.uidValidity,
      uidValidity,
      base,
    });
    const filter = new FlagFilter(mailbox.state);
    await this.#copy(mailbox, listing, base, filter);
    await this.#changeFlags(mailbox, listing, filter);
    await this.#remove(mailbox, gone);
    await state.finish(gone);
    this.#result.keywordsLeftOut = filter.leftOut;
  }

  async #copy(
    mailbox: Mailbox,
    { uidValidity, fresh }: Listing,
    base: number,
    filter: FlagFilter,
  ): Promise<void> {
    const { state, maxMessageSize } = this.#options;
    const messages = fresh.filter(({ uid, size }) => {
      if (size <= maxMessageSize) return true;
      this.#refuse(refused(uid, TOO_LARGE));
      return false;
    });
    if (messages.length === 0) return;
    const ours = state.locals();
    const leftovers = await Leftovers.read(
      mailbox,
      mailbox.state.allUids().filter((uid) => uid >= base && !ours.has(uid)),
    );
    const appender = new Appender<FetchedMessage>(mailbox, {
      leftovers,
      onPlaced: (placed) => this.#placed(mailbox, placed, filter),
    });
    try {
      const fetched = fetchInOrder({ ...this.#options, uidValidity, messages });
      for await (const batch of fetched) {
        for (const message of batch) {
          const { source } = message;
          if (source === undefined) this.#refuse(message);
          else if (source.length > maxMessageSize) {
            this.#refuse({ ...message, refusal: TOO_LARGE });
          } else {
            const flags = filter.fit(message.flags);
            const { internalDate } = message;
            const { source: _, ...facts } = message;
            await appender.add({ source, flags, internalDate }, facts);
          }
        }
      }
      await appender.finish();
    } finally {
      await appender.abandon();
    }
  }

  /** Notes messages that are durable. */
  async #placed(
    mailbox: Mailbox,
    placed: readonly Placed<FetchedMessage>[],
    filter: FlagFilter,
  ): Promise<void> {
    for (const { item, uid, size, isNew } of placed) {
      if (isNew) {
        this.#result.copied++;
        this.#result.bytes += size;
        continue;
      }
      this.#result.alreadyThere++;
      const index = mailbox.state.indexOf(uid);
      const there = index < 0 ? [] : mailbox.state.flagsAt(index).flags;
      const flags = plainFlags(filter.fit(item.flags));
      if (hashFlags(plainFlags(there)) === hashFlags(flags)) continue;
      this.#result.flagsChanged++;
      await mailbox.storeFlags(Uint32Array.of(uid), { mode: "replace", flags });
    }
    this.#options.state.add(
      placed.map(({ item, uid }) => ({
        source: item.uid,
        local: uid,
        flags: item.flagHash,
      })),
    );
    this.#options.onProgress(placed.length);
  }

  async #changeFlags(
    mailbox: Mailbox,
    { changed }: Listing,
    filter: FlagFilter,
  ): Promise<void> {
    const { state } = this.#options;
    for (const { flags, hash, indexes } of changed) {
      const uids = Uint32Array.from(indexes, (index) => state.at(index).local)
        .sort();
      const stored = await mailbox.storeFlags(uids, {
        mode: "replace",
        flags: filter.fit(flags),
      });
      this.#result.flagsChanged += stored.changed.length;
      for (const index of indexes) state.setFlags(index, hash);
    }
  }

  async #remove(mailbox: Mailbox, gone: ReadonlySet<number>): Promise<void> {
    if (gone.size === 0) return;
    const { state } = this.#options;
    const uids = Uint32Array.from(gone, (index) => state.at(index).local)
      .sort();
    const { uids: removed } = await mailbox.expunge(uids);
    this.#result.deleted = removed.length;
  }

  #certainlyGone({ gone }: Listing): ReadonlySet<number> {
    if (gone !== undefined) return gone;
    this.#options.failures.add(
      this.#options.path,
      "the server lists fewer messages than it says it has: nothing is removed",
    );
    return new Set();
  }

  #refuse({ uid, refusal = "" }: FetchedMessage): void {
    this.#result.refused++;
    this.#options.failures.add(`UID ${uid} of ${this.#options.path}`, refusal);
    this.#options.onProgress(1);
  }
}
