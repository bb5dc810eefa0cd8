/**
 * A storage in memory: the smallest correct implementation, to be read as the specification of one.
 *
 * Every change is made in one go, between two turns of the event loop, so there is nothing to order and
 * nothing to undo.
 *
 * @module
 */

import { DEFAULT_STORAGE_LIMITS, type StorageLimits } from "../limits.ts";
import { Listeners } from "../listeners.ts";
import {
  type AppendResult,
  type ContentId,
  type MailboxId,
  type NewMessage,
  StorageError,
} from "../model.ts";
import { checkUser } from "../names.ts";
import type { Account, Mailbox, Storage } from "../storage.ts";
import {
  MemoryAccount,
  type MemoryAccountContext,
  MemoryAccountHandle,
} from "./account.ts";
import { Contents, MemoryMailbox } from "./mailbox.ts";
import { verifyAccount } from "./verify.ts";

/** Options of {@linkcode MemoryStorage}. */
export interface MemoryStorageOptions {
  /** What separates the levels of a mailbox name. Default `/`. */
  readonly hierarchyDelimiter?: string;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<StorageLimits>;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/**
 * A storage in memory, gone with the process. It is the smallest correct one, for tests and for reading.
 *
 * ```ts
 * import { MemoryStorage, serve } from "@x/imapd";
 *
 * await using storage = new MemoryStorage({ hierarchyDelimiter: "." });
 * await using server = serve({ port: 0, users: { alice: "secret" }, storage });
 * console.log(server.addr.port);
 * ```
 */
export class MemoryStorage implements Storage {
  /** See {@linkcode Storage.hierarchyDelimiter}. */
  readonly hierarchyDelimiter: string;
  /** See {@linkcode Storage.secret}. */
  readonly secret: Uint8Array = crypto.getRandomValues(new Uint8Array(32));
  readonly #accounts = new Map<string, MemoryAccount>();
  readonly #context: MemoryAccountContext;
  #lastMailboxId = 0;
  #closed = false;

  /** An empty storage. */
  constructor(options: MemoryStorageOptions = {}) {
    this.hierarchyDelimiter = options.hierarchyDelimiter ?? "/";
    this.#context = {
      contents: new Contents(),
      hierarchyDelimiter: this.hierarchyDelimiter,
      limits: { ...DEFAULT_STORAGE_LIMITS, ...options.limits },
      now: options.now ?? Date.now,
      nextMailboxId: () => ++this.#lastMailboxId as MailboxId,
      metadata: new Map(),
      listeners: new Listeners(),
    };
  }

  /** See {@linkcode Storage.openAccount}. */
  // deno-lint-ignore require-await
  async openAccount(user: string): Promise<Account> {
    this.#checkOpen();
    checkUser(user);
    let account = this.#accounts.get(user);
    if (account === undefined) {
      account = new MemoryAccount(this.#context);
      this.#accounts.set(user, account);
    }
    return new MemoryAccountHandle(user, account);
  }

  /** See {@linkcode Storage.accounts}. */
  async *accounts(): AsyncIterable<string> {
    this.#checkOpen();
    yield* [...this.#accounts.keys()];
  }

  /** See {@linkcode Storage.deliver}. */
  // deno-lint-ignore require-await
  async deliver(
    message: NewMessage,
    mailboxes: readonly Mailbox[],
  ): Promise<readonly PromiseSettledResult<AppendResult>[]> {
    this.#checkOpen();
    const { contents } = this.#context;
    const boxes = mailboxes.map((mailbox) =>
      MemoryMailbox.box(this.#context, mailbox)
    );
    let kept: ContentId | undefined;
    const results = boxes.map((box): PromiseSettledResult<AppendResult> => {
      const keep = () => {
        kept ??= contents.add(box.state.id, message);
        contents.share(kept);
        return kept;
      };
      try {
        return { status: "fulfilled", value: box.append([message], keep) };
      } catch (reason) {
        return { status: "rejected", reason };
      }
    });
    // Held until here: who hears of the first message may expunge it at once.
    if (kept !== undefined) contents.release(kept);
    return results;
  }

  /** See {@linkcode Storage.deleteAccount}. */
  // deno-lint-ignore require-await
  async deleteAccount(user: string): Promise<void> {
    this.#checkOpen();
    this.#accounts.get(user)?.destroy();
    this.#accounts.delete(user);
  }

  /** See {@linkcode Storage.verify}. */
  // deno-lint-ignore require-await
  async verify(): Promise<string[]> {
    const references = new Map<number, number>();
    const faults: string[] = [];
    for (const [user, account] of this.#accounts) {
      faults.push(...verifyAccount(user, account, references));
    }
    faults.push(...this.#context.contents.verify(references));
    return faults;
  }

  /** See {@linkcode Storage.close}. */
  // deno-lint-ignore require-await
  async close(): Promise<void> {
    this.#closed = true;
  }

  /** The same as {@linkcode close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closed) {
      throw new StorageError("UNAVAILABLE", "The storage is closed");
    }
  }
}
