/**
 * The storage of a server: what it was given or one in memory, with the callbacks in front of it, or nothing
 * but these.
 *
 * @module
 */

import { MemoryStorage } from "../storage/memory/mod.ts";
import type { Storage } from "../storage/storage.ts";
import {
  type CallbackStorage,
  concernStorage,
  replaceStorage,
  withCallbacks,
} from "./callbacks/storage.ts";
import { DEFAULTS, type ServeOptions } from "./options.ts";

/** See the module's text. */
export class ServerStorage {
  /** The storage that protocols see. */
  readonly storage: Storage;
  /** A storage made here, to be closed here. */
  readonly #own: Storage | undefined;
  readonly #callbacks: CallbackStorage | undefined;

  /** @param report takes faults of callbacks that no client has to hear of */
  constructor(
    options: ServeOptions,
    report: (error: unknown, about: Record<string, unknown>) => void,
  ) {
    const { callbacks = {}, hierarchyDelimiter, callbackTime } = options;
    const delimiter = hierarchyDelimiter ?? DEFAULTS.hierarchyDelimiter;
    const alone = options.storage === undefined && replaceStorage(callbacks);
    this.#own = options.storage === undefined && !alone
      ? new MemoryStorage({ hierarchyDelimiter: delimiter })
      : undefined;
    const below = options.storage ?? this.#own;
    if (concernStorage(callbacks)) {
      this.#callbacks = withCallbacks(below, callbacks, {
        hierarchyDelimiter: delimiter,
        callbackTime: callbackTime ?? DEFAULTS.callbackTime,
        report,
      });
    }
    this.storage = this.#callbacks ?? below!;
  }

  /** See `ImapServer.notify`. */
  async notify(user: string, mailbox?: string): Promise<void> {
    await this.#callbacks?.notify(user, mailbox);
  }

  /** Gives back what was made here; a storage that was given stays open. */
  async close(): Promise<void> {
    this.#callbacks?.release();
    await this.#own?.close();
  }
}
