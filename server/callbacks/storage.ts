/**
 * A storage with callbacks in front of it, or with nothing but callbacks.
 *
 * Sessions, the numbering of messages and the timing of what is announced are the protocol's business and
 * know nothing of this: they work on mailboxes and their states, as with any storage.
 *
 * @module
 */

import { DEFAULT_STORAGE_LIMITS } from "../../storage/limits.ts";
import { Listeners } from "../../storage/listeners.ts";
import { checkUser } from "../../storage/names.ts";
import {
  type AppendResult,
  type NewMessage,
  StorageError,
} from "../../storage/model.ts";
import type { Account, Mailbox, Storage } from "../../storage/storage.ts";
import { verifyState } from "../../storage/verify_state.ts";
import { CallbackAccount } from "./account.ts";
import { ByteCache } from "../../storage/byte_cache.ts";
import type { CallbackContext } from "./context.ts";
import { IdleBoxes } from "./idle_boxes.ts";
import { KeptMetadata } from "./kept_metadata.ts";
import { CallbackMailbox } from "./mailbox.ts";
import { SharedAccount } from "./shared_account.ts";
import type { Callbacks } from "./types.ts";
import { UidValidities } from "./uid_validities.ts";

/** Options of {@linkcode withCallbacks}. */
export interface CallbackStorageOptions {
  /** How long a callback may take, in milliseconds. */
  readonly callbackTime: number;
  /** Takes faults that no client has to hear of. */
  readonly report: (error: unknown, about: Record<string, unknown>) => void;
  /** What separates the levels of a mailbox name, where there is no storage below. Default `/`. */
  readonly hierarchyDelimiter?: string;
  /** The largest message, in bytes. Default 256 MiB. */
  readonly maxMessageSize?: number;
  /** How many bytes of sources are kept. Default 64 MiB. */
  readonly sourceBytes?: number;
  /** How many bytes of summaries are kept. Default 16 MiB. */
  readonly summaryBytes?: number;
  /** How many messages virtual mailboxes that nobody has open may have together. Default 1,000,000. */
  readonly idleMessages?: number;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** The callbacks that concern mailboxes. */
const STORAGE_CALLBACKS: readonly (keyof Callbacks)[] = [
  "getMailboxes",
  "createMailbox",
  "deleteMailbox",
  "renameMailbox",
  "updateMailbox",
  "status",
  "getMessages",
  "getMessageSource",
  "appendMessage",
  "updateMessages",
  "deleteMessages",
  "copyMessages",
  "moveMessages",
];

/** Whether any of the callbacks concerns mailboxes, so that a storage has to be behind them. */
export function concernStorage(callbacks: Callbacks): boolean {
  return STORAGE_CALLBACKS.some((name) => callbacks[name] !== undefined);
}

/** Whether the callbacks say what mailboxes and messages there are, so that no storage is needed. */
export function replaceStorage(callbacks: Callbacks): boolean {
  return callbacks.getMailboxes !== undefined &&
    callbacks.getMessages !== undefined;
}

/** Puts callbacks in front of a storage; without one, reads find nothing and changes are refused. */
export function withCallbacks(
  below: Storage | undefined,
  callbacks: Callbacks,
  options: CallbackStorageOptions,
): CallbackStorage {
  return new CallbackStorage(below, callbacks, options);
}

/** See the module's text. */
export class CallbackStorage implements Storage {
  /** See {@linkcode Storage.hierarchyDelimiter}. */
  readonly hierarchyDelimiter: string;
  /** See {@linkcode Storage.secret}. */
  readonly secret?: Uint8Array;
  readonly #below: Storage | undefined;
  readonly #context: CallbackContext;
  readonly #accounts = new Map<string, SharedAccount>();
  #closed = false;

  /** See {@linkcode withCallbacks}. */
  constructor(
    below: Storage | undefined,
    callbacks: Callbacks,
    options: CallbackStorageOptions,
  ) {
    this.#below = below;
    if (below?.secret !== undefined) this.secret = below.secret;
    this.hierarchyDelimiter = below?.hierarchyDelimiter ??
      options.hierarchyDelimiter ?? "/";
    const {
      maxMessageSize = DEFAULT_STORAGE_LIMITS.maxMessageSize,
      now = Date.now,
    } = options;
    this.#context = {
      callbacks,
      time: options.callbackTime,
      report: options.report,
      limits: { ...DEFAULT_STORAGE_LIMITS, maxMessageSize },
      metadata: new KeptMetadata(DEFAULT_STORAGE_LIMITS),
      listeners: new Listeners(),
      sources: new ByteCache(options.sourceBytes ?? 64 * 1_048_576),
      summaries: new ByteCache(options.summaryBytes ?? 16 * 1_048_576),
      hierarchyDelimiter: this.hierarchyDelimiter,
      idle: new IdleBoxes(options.idleMessages),
      uidValidities: new UidValidities(now),
      now,
    };
  }

  /** See {@linkcode Storage.openAccount}. */
  async openAccount(user: string): Promise<Account> {
    this.#checkOpen();
    checkUser(user);
    const below = await this.#below?.openAccount(user);
    let shared = this.#accounts.get(user);
    if (shared === undefined) {
      const context = { ...this.#context, user: { name: user } };
      shared = new SharedAccount(context, () => this.#left(user));
      this.#accounts.set(user, shared);
    }
    shared.handles++;
    const account = shared;
    return new CallbackAccount(account, below, () => {
      account.handles--;
      this.#left(user);
    });
  }

  /** See {@linkcode Storage.accounts}. Without a storage: those who have logged in. */
  async *accounts(): AsyncIterable<string> {
    if (this.#below !== undefined) yield* this.#below.accounts();
    else yield* [...this.#accounts.keys()];
  }

  /**
   * See {@linkcode Storage.deliver}. What the storage below has, and no callback wants to see, is delivered
   * there together; every other mailbox is appended to by itself.
   */
  async deliver(
    message: NewMessage,
    mailboxes: readonly Mailbox[],
  ): Promise<readonly PromiseSettledResult<AppendResult>[]> {
    this.#checkOpen();
    const stored: Mailbox[] = [];
    const { appendMessage } = this.#context.callbacks;
    const below = appendMessage === undefined ? this.#below : undefined;
    const routes = mailboxes.map((mailbox) => {
      if (!(mailbox instanceof CallbackMailbox)) {
        throw new TypeError("A mailbox is in another storage");
      }
      const aside = mailbox.stored === undefined || mailbox.readOnly;
      if (below?.deliver === undefined || aside) return { mailbox };
      return { place: stored.push(mailbox.stored) - 1 };
    });
    const together = stored.length === 0
      ? Promise.resolve([])
      : below!.deliver!(message, stored);
    return await Promise.all(routes.map(async ({ mailbox, place }) => {
      if (mailbox === undefined) return (await together)[place]!;
      const [one] = await Promise.allSettled([mailbox.append([message])]);
      return one;
    }));
  }

  /** See {@linkcode Storage.deleteAccount}. */
  async deleteAccount(user: string): Promise<void> {
    await this.#below?.deleteAccount(user);
    const shared = this.#accounts.get(user);
    this.#accounts.delete(user);
    shared?.delete();
  }

  /** See {@linkcode Storage.verify}. */
  async verify(): Promise<string[]> {
    const faults = await this.#below?.verify() ?? [];
    for (const [user, { boxes }] of this.#accounts) {
      for (const { name, state } of boxes.all()) {
        for (const fault of verifyState(state)) {
          faults.push(`${name} of ${user}: ${fault}`);
        }
      }
    }
    return faults;
  }

  /**
   * Says that what callbacks list has changed: the lists of mailboxes that are open are asked for anew, and
   * sessions that idle are told. Settles when that has been done, or has failed and been reported.
   * @param mailbox the one that has changed; all of the user's by default
   */
  async notify(user: string, mailbox?: string): Promise<void> {
    const boxes = this.#accounts.get(user)?.boxes;
    const changed = boxes?.all().filter((box) =>
      box.handles > 0 && (mailbox === undefined || box.name === mailbox)
    );
    await Promise.all(
      (changed ?? []).map((box) =>
        box.refresh().catch((error) => boxes!.failed(box, error))
      ),
    );
  }

  /** Gives back what is its own; the storage below stays open. */
  release(): void {
    this.#closed = true;
    for (const { boxes } of this.#accounts.values()) boxes.close();
    this.#accounts.clear();
  }

  /** See {@linkcode Storage.close}; the storage below is closed too. */
  async close(): Promise<void> {
    this.release();
    await this.#below?.close();
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Forgets an account that nobody has open and that has nothing to remember. */
  #left(user: string): void {
    const shared = this.#accounts.get(user);
    if (shared?.handles === 0 && shared.empty) {
      this.#accounts.delete(user);
    }
  }

  #checkOpen(): void {
    if (this.#closed) {
      throw new StorageError("UNAVAILABLE", "The storage is closed");
    }
  }
}
