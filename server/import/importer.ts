/**
 * Moves messages from a source into a mailbox.
 *
 * Progress is recorded behind the last message of which every predecessor is durable. After a kill, messages
 * behind it may be in the mailbox already: they are the {@linkcode Leftovers} at or above the recorded
 * UIDNEXT. Since messages go in in the order of the source, what a source gives behind the recorded position
 * begins with them.
 *
 * @module
 */

import type { Mailbox } from "../../storage/storage.ts";
import { Appender, type Placed } from "./appender.ts";
import { Failures } from "./failures.ts";
import { FlagFilter } from "./flag_filter.ts";
import { Leftovers } from "./leftovers.ts";
import type { ProgressFile } from "./progress_file.ts";
import type { ImportSource } from "./source.ts";

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
  /** Messages passed over, those of the attempts before included. */
  readonly failures: Failures;
  /** Keywords that the mailbox has no room for, or that IMAP cannot name. */
  keywordsLeftOut: readonly string[];
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

/** What is recorded when a message is durable. */
interface Mark {
  /** Where the source is read on. */
  readonly position: string;
  /** How many messages before it were passed over. */
  readonly failed: number;
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
  readonly #flags: FlagFilter;
  #result: ImportResult;
  #recordedAt = 0;

  constructor(source: ImportSource, mailbox: Mailbox, options: ImportOptions) {
    this.#source = source;
    this.#mailbox = mailbox;
    this.#options = options;
    this.#flags = new FlagFilter(mailbox.state);
    this.#result = emptyResult(new Failures());
  }

  async run(): Promise<ImportResult> {
    const { state } = this.#mailbox;
    const saved = this.#options.progress.get(this.#options.key);
    const known = saved?.uidValidity === state.uidValidity ? saved : undefined;
    this.#result = emptyResult(new Failures(known?.failures));
    this.#result.alreadyThere = known?.messages ?? 0;
    if (known === undefined) {
      await this.#record(state.uidNext, { position: "", failed: 0 });
    }
    const from = known?.uidNext ?? state.uidNext;
    const leftovers = await Leftovers.read(
      this.#mailbox,
      state.allUids().filter((uid) => uid >= from),
    );
    const appender = new Appender<Mark>(this.#mailbox, {
      leftovers,
      onPlaced: (placed) => this.#placed(placed),
    });
    try {
      const last = await this.#read(appender, known?.position);
      await appender.finish();
      await this.#record(state.uidNext, last);
    } finally {
      await appender.abandon();
    }
    this.#result.keywordsLeftOut = this.#flags.leftOut;
    return this.#result;
  }

  async #read(
    appender: Appender<Mark>,
    after: string | undefined,
  ): Promise<Mark> {
    const { failures } = this.#result;
    let position = after ?? "";
    for await (const item of this.#source.read(after)) {
      this.#options.onProgress?.(item.done);
      position = item.position;
      if (item.refusal !== undefined) {
        failures.add(item.name, item.refusal);
        continue;
      }
      const { source, internalDate } = item;
      const flags = this.#flags.fit(item.flags);
      const mark = { position, failed: failures.count };
      await appender.add({ source, flags, internalDate }, mark);
    }
    return { position, failed: failures.count };
  }

  async #placed(placed: readonly Placed<Mark>[]): Promise<void> {
    let uidNext = 0;
    for (const { uid, size, isNew } of placed) {
      uidNext = Math.max(uidNext, uid + 1);
      if (isNew) {
        this.#result.imported++;
        this.#result.bytes += size;
      } else this.#result.alreadyThere++;
    }
    if (performance.now() - this.#recordedAt < RECORD_INTERVAL) return;
    await this.#record(uidNext, placed.at(-1)!.item);
  }

  async #record(uidNext: number, { position, failed }: Mark): Promise<void> {
    const { alreadyThere, imported, failures } = this.#result;
    await this.#options.progress.set(this.#options.key, {
      uidValidity: this.#mailbox.state.uidValidity,
      uidNext,
      messages: alreadyThere + imported,
      ...(position === "" ? {} : { position }),
      ...(failed === 0 ? {} : {
        failures: { count: failed, named: failures.named.slice(0, failed) },
      }),
    });
    this.#recordedAt = performance.now();
  }
}

function emptyResult(failures: Failures): ImportResult {
  return {
    imported: 0,
    bytes: 0,
    alreadyThere: 0,
    failures,
    keywordsLeftOut: [],
  };
}
