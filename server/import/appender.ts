/**
 * Puts many messages at the end of a mailbox, in their order.
 *
 * Messages go in batches, and several batches are under way at once, so that one commit serves them
 * together; how many is bounded by their bytes. What has become of a message is told in the order in which
 * the messages came, when it and all before it are durable. So whoever notes what is told, and puts the same
 * messages in again after a kill, need only look for {@linkcode Leftovers} among the messages that are in
 * the mailbox and in no note: none is there twice, and none is missing.
 *
 * @module
 */

import { describe } from "../../protocol/imap/summary.ts";
import type { AppendResult, NewMessage, Uid } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { Leftovers } from "./leftovers.ts";

/** Messages in a batch, at the most. */
const BATCH_MESSAGES = 100;
/** Bytes in a batch, but for a message that is larger by itself. */
const BATCH_BYTES = 1_048_576;
/** Batches under way. */
const MAX_BATCHES = 6;
/** Bytes under way, but for one batch. */
const MAX_BYTES = 16 * 1_048_576;

/** What became of a message. */
export interface Placed<T> {
  /** What the caller knows it by. */
  readonly item: T;
  /** Its UID in the mailbox. */
  readonly uid: Uid;
  /** Its size in bytes. */
  readonly size: number;
  /** Whether it was put there now, and not found among the leftovers. */
  readonly isNew: boolean;
}

/** How messages are put into a mailbox. */
export interface AppenderOptions<T> {
  /** Messages of an attempt before; those that are found there are not put in again. */
  readonly leftovers: Leftovers;
  /** Told of messages in the order of {@linkcode Appender.add}, when they are durable. */
  readonly onPlaced: (placed: readonly Placed<T>[]) => Promise<void>;
}

interface Entry<T> {
  readonly item: T;
  readonly size: number;
  /** Where it was found; undefined for one that is put there. */
  readonly found: Uid | undefined;
}

class Batch<T> {
  readonly entries: Entry<T>[] = [];
  readonly messages: NewMessage[] = [];
  bytes = 0;
  appended: Promise<AppendResult> | undefined;
}

/** See the module's text. */
export class Appender<T> {
  readonly #mailbox: Mailbox;
  readonly #options: AppenderOptions<T>;
  #batch = new Batch<T>();
  /** Batches under way, oldest first. */
  readonly #underway: Batch<T>[] = [];
  #underwayBytes = 0;

  /** Nothing under way yet. */
  constructor(mailbox: Mailbox, options: AppenderOptions<T>) {
    this.#mailbox = mailbox;
    this.#options = options;
  }

  /**
   * Takes a message; returns when there is room for another.
   * @throws what the append of a message before this one was refused with
   */
  async add(
    message: Omit<NewMessage, "summary" | "clues">,
    item: T,
  ): Promise<void> {
    const { source } = message;
    const size = source.length;
    const found = this.#options.leftovers.take(source);
    if (found === undefined) {
      const { bytes } = this.#batch;
      if (bytes > 0 && bytes + size > BATCH_BYTES) await this.#send();
      this.#batch.messages.push({ ...message, ...describe(source) });
      this.#batch.bytes += size;
    }
    this.#batch.entries.push({ item, size, found });
    if (this.#batch.entries.length >= BATCH_MESSAGES) await this.#send();
  }

  /** Puts in what is left, and waits until all is durable. */
  async finish(): Promise<void> {
    if (this.#batch.entries.length > 0) await this.#send();
    while (this.#underway.length > 0) await this.#settle();
  }

  /** Waits until nothing is under way, whatever becomes of it. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#underway.map(({ appended }) => appended));
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Batch();
    while (
      this.#underway.length >= MAX_BATCHES ||
      (this.#underway.length > 0 &&
        this.#underwayBytes + batch.bytes > MAX_BYTES)
    ) await this.#settle();
    if (batch.messages.length > 0) {
      batch.appended = this.#mailbox.append(batch.messages);
      // Awaited in its turn; until then a failure is not one that nobody looks after.
      batch.appended.catch(() => {});
    }
    this.#underway.push(batch);
    this.#underwayBytes += batch.bytes;
  }

  /** Waits for the oldest batch and tells of it. */
  async #settle(): Promise<void> {
    const batch = this.#underway[0]!;
    const uids = (await batch.appended)?.uids ?? new Uint32Array();
    this.#underway.shift();
    this.#underwayBytes -= batch.bytes;
    let next = 0;
    await this.#options.onPlaced(
      batch.entries.map(({ item, size, found }) => ({
        item,
        size,
        uid: found ?? uids[next++]! as Uid,
        isNew: found === undefined,
      })),
    );
  }
}
