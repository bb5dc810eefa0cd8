/**
 * Moves messages from a source into a mailbox.
 *
 * Several batches are under way at once, so that one commit serves them together. Progress is recorded
 * behind the last batch of which every predecessor is durable. After a kill, messages of later batches may
 * be in the mailbox already: they are found by a hash of their source among the messages at or above the
 * recorded UIDNEXT, and are not imported again.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { summarize } from "../../protocol/imap/summary.ts";
import type { AppendResult, NewMessage } from "../../storage/model.ts";
import type { Mailbox } from "../../storage/storage.ts";
import type { ProgressFile } from "./progress_file.ts";
import type { ImportSource } from "./source.ts";

/** Messages in a batch, at the most. */
const BATCH_MESSAGES = 100;
/** Bytes in a batch, but for a message that is larger by itself. */
const BATCH_BYTES = 1_048_576;
/** Batches under way. */
const MAX_BATCHES = 6;
/** Bytes under way, but for one batch. */
const MAX_BYTES = 16 * 1_048_576;
/** How often progress is recorded, in milliseconds. */
const RECORD_INTERVAL = 250;

/** What an import did. */
export interface ImportResult {
  /** Messages put into the mailbox now. */
  imported: number;
  /** Their size in bytes. */
  bytes: number;
  /** Messages that an import before had put there. */
  alreadyThere: number;
  /** Messages passed over, by reason. */
  readonly refused: Map<string, number>;
}

/** How an import goes. */
export interface ImportOptions {
  /** Where progress is kept. */
  readonly progress: ProgressFile;
  /** The import's key there. */
  readonly key: string;
  /** Called as the source is read, in its units. */
  readonly onProgress?: (done: number) => void;
}

interface Batch {
  readonly messages: NewMessage[];
  bytes: number;
  /** Behind its last message. */
  position: string;
  appended?: Promise<AppendResult>;
}

/** Imports one source into one mailbox. */
export async function importInto(
  source: ImportSource,
  mailbox: Mailbox,
  options: ImportOptions,
): Promise<ImportResult> {
  return await new Importer(source, mailbox, options).run();
}

class Importer {
  readonly #source: ImportSource;
  readonly #mailbox: Mailbox;
  readonly #options: ImportOptions;
  readonly #result: ImportResult = {
    imported: 0,
    bytes: 0,
    alreadyThere: 0,
    refused: new Map(),
  };
  /** Batches under way, oldest first. */
  readonly #underway: Batch[] = [];
  #underwayBytes = 0;
  #recordedAt = 0;
  #messagesBefore = 0;

  constructor(source: ImportSource, mailbox: Mailbox, options: ImportOptions) {
    this.#source = source;
    this.#mailbox = mailbox;
    this.#options = options;
  }

  async run(): Promise<ImportResult> {
    const { state } = this.#mailbox;
    const saved = this.#options.progress.get(this.#options.key);
    const known = saved?.uidValidity === state.uidValidity ? saved : undefined;
    this.#messagesBefore = known?.messages ?? 0;
    this.#result.alreadyThere = this.#messagesBefore;
    const there = known === undefined
      ? new Map<string, number>()
      : await hashesFrom(this.#mailbox, known.uidNext);
    if (known === undefined) await this.#record(state.uidNext, undefined);
    try {
      await this.#read(known?.position, there);
      while (this.#underway.length > 0) await this.#settle();
    } catch (error) {
      await Promise.allSettled(
        this.#underway.map(({ appended }) => appended),
      );
      throw error;
    }
    return this.#result;
  }

  async #read(
    after: string | undefined,
    there: Map<string, number>,
  ): Promise<void> {
    let batch = newBatch();
    for await (const item of this.#source.read(after)) {
      this.#options.onProgress?.(item.done);
      batch.position = item.position;
      if (item.refusal !== undefined) {
        const { refused } = this.#result;
        refused.set(item.refusal, (refused.get(item.refusal) ?? 0) + 1);
        continue;
      }
      if (there.size > 0 && take(there, hashOf(item.source))) {
        this.#result.alreadyThere++;
        continue;
      }
      if (
        batch.messages.length > 0 &&
        batch.bytes + item.source.length > BATCH_BYTES
      ) {
        await this.#send(batch);
        batch = newBatch(item.position);
      }
      const { source, flags, internalDate } = item;
      const summary = summarize(source);
      batch.messages.push({ source, flags, internalDate, summary });
      batch.bytes += source.length;
      if (batch.messages.length >= BATCH_MESSAGES) {
        await this.#send(batch);
        batch = newBatch(item.position);
      }
    }
    if (batch.messages.length > 0) await this.#send(batch);
  }

  async #send(batch: Batch): Promise<void> {
    while (
      this.#underway.length >= MAX_BATCHES ||
      (this.#underway.length > 0 &&
        this.#underwayBytes + batch.bytes > MAX_BYTES)
    ) await this.#settle();
    batch.appended = this.#mailbox.append(batch.messages);
    // Awaited in its turn; until then a failure is not one that nobody looks after.
    batch.appended.catch(() => {});
    this.#underway.push(batch);
    this.#underwayBytes += batch.bytes;
  }

  /** Waits for the oldest batch. */
  async #settle(): Promise<void> {
    const batch = this.#underway[0]!;
    const { uids } = (await batch.appended)!;
    this.#underway.shift();
    this.#underwayBytes -= batch.bytes;
    this.#result.imported += batch.messages.length;
    this.#result.bytes += batch.bytes;
    if (performance.now() - this.#recordedAt < RECORD_INTERVAL) return;
    await this.#record(uids.at(-1)! + 1, batch.position);
  }

  async #record(uidNext: number, position: string | undefined): Promise<void> {
    this.#recordedAt = performance.now();
    await this.#options.progress.set(this.#options.key, {
      uidValidity: this.#mailbox.state.uidValidity,
      uidNext,
      messages: this.#result.alreadyThere + this.#result.imported,
      ...(position === undefined ? {} : { position }),
    });
  }
}

function newBatch(position = ""): Batch {
  return { messages: [], bytes: 0, position };
}

function hashOf(source: Uint8Array): string {
  return createHash("sha256").update(source).digest("base64");
}

/** How often each message, by its hash, is among those from a UID on. */
async function hashesFrom(
  mailbox: Mailbox,
  uid: number,
): Promise<Map<string, number>> {
  const { state } = mailbox;
  const uids = state.allUids().filter((each) => each >= uid);
  const hashes = new Map<string, number>();
  for await (const batch of mailbox.readSources(uids)) {
    for (const { bytes } of batch) {
      const hash = hashOf(bytes);
      hashes.set(hash, (hashes.get(hash) ?? 0) + 1);
    }
  }
  return hashes;
}

/** Takes one of a kind out of a multiset, if it is there. */
function take(there: Map<string, number>, hash: string): boolean {
  const count = there.get(hash);
  if (count === undefined) return false;
  if (count > 1) there.set(hash, count - 1);
  else there.delete(hash);
  return true;
}
