/**
 * What other processes do to the messages of an account, for those who have none of its mailboxes open: told from the
 * heads alone, so that nothing is loaded.
 *
 * @module
 */

import type { MailboxId } from "../model.ts";
import type { MessagesChange } from "../storage.ts";
import type { AccountEntry } from "./account_entry.ts";
import { decodeHead, type Head, newHead } from "./head.ts";
import { headKey } from "./keys.ts";
import type { Process } from "./process.ts";
import { watchKeys } from "./watch.ts";

/** Keys in one watch: Deno KV takes no more. */
const KEYS_A_WATCH = 10;
/** Mailboxes of one account that are watched; what others do to those behind them in the list is not told. */
const MAX_MAILBOXES = 100;

/** See the module's text. */
export class HeadWatch {
  readonly #process: Process;
  readonly #account: AccountEntry;
  readonly #heads = new Map<MailboxId, Head | undefined>();
  readonly #stops: (() => void)[] = [];
  readonly #unlisten: () => void;
  /** Settles when whatever happens from then on is told. */
  ready: Promise<unknown>;

  /** Begins to watch. */
  constructor(process: Process, account: AccountEntry) {
    this.#process = process;
    this.#account = account;
    const unwatch = process.watch(account);
    const unlisten = account.listeners.add(({ type }) => {
      if (type !== "update") this.#begin(true);
    });
    this.#unlisten = () => {
      unlisten();
      unwatch();
    };
    this.ready = this.#begin(false);
  }

  /** Watches no more. */
  close(): void {
    this.#unlisten();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Watches the mailboxes that there are now; of a new one all is told, where that is not the beginning. */
  #begin(later: boolean): Promise<unknown> {
    for (const stop of this.#stops.splice(0)) stop();
    const ids = [...this.#account.tree.nodes]
      .filter(({ mailbox }) => mailbox !== 0)
      .map(({ mailbox }) => mailbox as MailboxId)
      .slice(0, MAX_MAILBOXES);
    for (const id of this.#heads.keys()) {
      if (!ids.includes(id)) this.#heads.delete(id);
    }
    for (const id of ids) {
      if (!this.#heads.has(id)) {
        this.#heads.set(id, later ? newHead(0) : undefined);
      }
    }
    const first: Promise<void>[] = [];
    for (let at = 0; at < ids.length; at += KEYS_A_WATCH) {
      first.push(this.#watch(ids.slice(at, at + KEYS_A_WATCH)));
    }
    return Promise.all(first);
  }

  /** Settles when the heads have been seen once. */
  #watch(ids: readonly MailboxId[]): Promise<void> {
    const { reader, settings } = this.#process.db;
    return new Promise((seen) => {
      const stop = watchKeys(reader, ids.map(headKey), (entries) => {
        for (const [at, { value }] of entries.entries()) {
          if (value !== null) {
            this.#see(ids[at]!, decodeHead(value as Uint8Array));
          }
        }
        seen();
        return Promise.resolve();
      }, settings.onFault);
      this.#stops.push(() => {
        stop();
        seen();
      });
    });
  }

  #see(id: MailboxId, head: Head): void {
    const before = this.#heads.get(id);
    if (!this.#heads.has(id)) return;
    this.#heads.set(id, head);
    if (before === undefined || head.highestModseq <= before.highestModseq) {
      return;
    }
    const known = this.#process.cache.peek(id);
    if (known?.loaded && !known.gone) {
      // What this process does or follows is told by it. What is news to it may be its own commit, under way still:
      // it is followed once that is done.
      if (known.head.highestModseq < head.highestModseq) {
        const { committer, settings } = this.#process.db;
        committer.refresh(known).catch(settings.onFault);
      }
      return;
    }
    for (const change of differences(before, head)) {
      this.#account.messagesChanged(id, change);
    }
  }
}

/** What must have happened between two heads of a mailbox. */
function differences(
  before: Head,
  after: Head,
): Omit<MessagesChange, "mailbox">[] {
  const changes: Omit<MessagesChange, "mailbox">[] = [];
  const came = Math.max(0, after.uidNext - before.uidNext);
  const went = Math.max(0, before.messages + came - after.messages);
  if (came > 0) changes.push({ type: "append", count: came });
  if (went > 0) changes.push({ type: "expunge", count: went });
  // Each change has a modseq: if there were more of them, flags may have changed too.
  if (after.highestModseq - before.highestModseq > changes.length) {
    changes.push({ type: "flags", count: 1 });
  }
  return changes;
}
