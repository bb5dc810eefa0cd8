/**
 * A handle on a mailbox.
 *
 * @module
 */

import { checkSourceSizes, checkSummarySizes } from "../limits.ts";
import type { MailboxState } from "../mailbox_state.ts";
import {
  type AppendResult,
  type CopyResult,
  type ExpungeResult,
  type FlagChange,
  type MailboxChange,
  type MessageBytes,
  type NewMessage,
  StorageError,
  type StoreResult,
  type Uid,
  type UidList,
} from "../model.ts";
import type { Mailbox } from "../storage.ts";
import { concatUids } from "../uid_list.ts";
import type { Change } from "./batch.ts";
import {
  appendChange,
  copyChange,
  expungeChange,
  flagsChange,
  moveChange,
  replaceChange,
  TOO_LARGE,
} from "./changes.ts";
import { CopyUnderway, undoCopy } from "./copy_underway.ts";
import { storeContents, type StoredContents } from "./contents.ts";
import type { MailboxEntry } from "./mailbox_entry.ts";
import type { Process } from "./process.ts";
import { readAhead, type Wanted } from "./read_contents.ts";
import { listsFor } from "./steps.ts";

/** How many messages one commit changes at the most: 4 bytes each for flags, 20 for expunging, 52 for copies. */
const FLAGS_A_COMMIT = 100_000;
const EXPUNGED_A_COMMIT = 20_000;
const COPIED_A_COMMIT = 11_000;
/** Messages whose contents are looked for at a time: what is known of each takes memory. */
const READ_AT_ONCE = 4_000;

/** See the module's text. */
export class KvMailbox implements Mailbox {
  readonly #process: Process;
  readonly #entry: MailboxEntry;
  readonly #nameOf: () => string;
  #open = true;
  readonly #stops = new Set<() => void>();

  /**
   * A handle on a mailbox that is pinned for it.
   * @param nameOf says what the mailbox is called now
   * @param closed called once, when the handle is given back
   */
  constructor(
    process: Process,
    entry: MailboxEntry,
    nameOf: () => string,
    private readonly closed: () => void,
  ) {
    this.#process = process;
    this.#entry = entry;
    this.#nameOf = nameOf;
  }

  /** See {@linkcode Mailbox.copies}. */
  readonly copies = true;

  /** See {@linkcode Mailbox.state}. */
  get state(): MailboxState {
    return this.#entry.state;
  }

  /** See {@linkcode Mailbox.name}. */
  get name(): string {
    return this.#nameOf();
  }

  /** See {@linkcode Mailbox.refresh}. */
  async refresh(): Promise<void> {
    const { committer, freshness } = this.#process.db;
    if (!freshness.holds(this.#entry)) await committer.refresh(this.#entry);
  }

  /** See {@linkcode Mailbox.append}. */
  async append(messages: readonly NewMessage[]): Promise<AppendResult> {
    const { limits, now } = this.#process.db.settings;
    this.#checkThere();
    if (messages.length === 0) {
      return { uids: new Uint32Array(), modseq: this.state.highestModseq };
    }
    checkSourceSizes(messages, limits);
    const entry = this.#entry;
    return await this.#pinned(() =>
      this.#store(
        entry,
        messages,
        (stored, threads) =>
          appendChange(entry, messages, stored, {
            limits,
            now: now(),
            threads,
          }),
      )
    );
  }

  /** See {@linkcode Mailbox.replace}. */
  async replace(
    uid: Uid,
    message: NewMessage,
    target: Mailbox,
  ): Promise<AppendResult> {
    const { contentNumbers, settings: { limits, now } } = this.#process.db;
    const to = this.#entryOf(target);
    this.#checkThere();
    checkSourceSizes([message], limits);
    const result = await this.#pinned(async () => {
      const serial = await contentNumbers.take(1);
      return await this.#store(
        to,
        [message],
        (stored, threads) =>
          replaceChange(this.#entry, uid, to, {
            ...{ message, stored, serial, limits, threads },
            now: now(),
          }),
      );
    }, to);
    this.#process.maintenance.garbage();
    return result;
  }

  /** Stores the contents of messages, then commits the change by which a mailbox has them, in the order of the calls. */
  async #store<T>(
    entry: MailboxEntry,
    messages: readonly NewMessage[],
    change: (stored: StoredContents, threads: readonly number[]) => Change<T>,
  ): Promise<T> {
    const { db } = this.#process;
    const turn = entry.takeTurn();
    const storing = storeContents(db, entry.id, messages, () => {
      checkSummarySizes(messages, db.settings.limits);
      return db.threads.prepare(entry.owner, messages);
    });
    // A large message takes longer to store; the small ones behind it wait to be put in after it.
    await Promise.allSettled([storing, turn.come]);
    let stored: StoredContents;
    try {
      stored = await storing;
    } catch (error) {
      turn.pass();
      throw error;
    }
    try {
      const threads = messages.map(({ clues }, index) =>
        db.threads.assign(entry.owner, clues, stored.first + index)
      );
      const submitted = this.#process.submit(change(stored, threads));
      turn.pass();
      const result = await submitted;
      db.contents.added(entry.id, stored.first, messages);
      return result;
    } catch (error) {
      turn.pass();
      await stored.discard().catch(db.settings.onFault);
      this.#process.maintenance.garbage();
      throw error;
    }
  }

  /** See {@linkcode Mailbox.storeFlags}. */
  async storeFlags(uids: UidList, change: FlagChange): Promise<StoreResult> {
    const { limits } = this.#process.db.settings;
    this.#checkThere();
    return await this.#pinned(async () => {
      const results: StoreResult[] = [];
      for (const slice of slices(uids, FLAGS_A_COMMIT)) {
        const planned = flagsChange(this.#entry, slice, change, limits);
        results.push(await this.#process.submit(planned));
      }
      return {
        changed: concatUids(results.map((r) => r.changed)),
        modified: concatUids(results.map((r) => r.modified)),
        missing: concatUids(results.map((r) => r.missing)),
        modseqs: results.flatMap((r) => r.modseqs),
      };
    });
  }

  /** See {@linkcode Mailbox.expunge}. */
  async expunge(uids: UidList): Promise<ExpungeResult> {
    const { contentNumbers, settings } = this.#process.db;
    this.#checkThere();
    return await this.#pinned(async () => {
      const results: ExpungeResult[] = [];
      for (const slice of slices(uids, EXPUNGED_A_COMMIT)) {
        const serial = await contentNumbers.take(
          Math.max(1, listsFor(slice.length)),
        );
        const change = expungeChange(
          this.#entry,
          slice,
          serial,
          settings.now(),
        );
        results.push(await this.#process.submit(change));
      }
      const gone = concatUids(results.map((r) => r.uids));
      if (gone.length > 0) this.#process.maintenance.garbage();
      return { uids: gone, modseq: results.at(-1)!.modseq };
    });
  }

  /** See {@linkcode Mailbox.copyTo}. */
  async copyTo(uids: UidList, target: Mailbox): Promise<CopyResult> {
    const { contentNumbers, settings: { limits, now } } = this.#process.db;
    const to = this.#entryOf(target);
    this.#checkThere();
    if (uids.some((uid) => this.state.indexOf(uid) < 0)) {
      throw new StorageError("EXPUNGEISSUED", "Some messages have gone");
    }
    return await this.#pinned(async () => {
      const { db, maintenance } = this.#process;
      const copied: CopyResult[] = [];
      let underway: CopyUnderway | undefined;
      try {
        await this.#sliced(uids, copied, async (slice, last) => {
          const lists = listsFor(slice.length);
          const serial = await contentNumbers.take(lists);
          if (!last) underway ??= new CopyUnderway(db.reader, to, serial);
          return copyChange(this.#entry, slice, to, {
            ...{ serial, underway, last, limits },
            now: now(),
          });
        });
      } catch (error) {
        // All or none: what earlier commits have copied goes again.
        if (underway !== undefined) {
          await undoCopy(db, underway.key, to).catch(db.settings.onFault);
          maintenance.garbage();
        }
        throw error;
      }
      return joined(copied);
    }, to);
  }

  /** See {@linkcode Mailbox.moveTo}. */
  async moveTo(uids: UidList, target: Mailbox): Promise<CopyResult> {
    const { limits, now } = this.#process.db.settings;
    const to = this.#entryOf(target);
    this.#checkThere();
    return await this.#pinned(async () => {
      const moved: CopyResult[] = [];
      await this.#sliced(
        uids,
        moved,
        (slice) =>
          Promise.resolve(
            moveChange(this.#entry, slice, to, { limits, now: now() }),
          ),
      );
      return joined(moved);
    }, to);
  }

  /** See {@linkcode Mailbox.readSource}. */
  async readSource(
    uid: Uid,
    start = 0,
    end = Infinity,
    room?: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const [wanted] = this.#wanted([uid]);
    if (wanted === undefined) return undefined;
    const { contents } = this.#process.db;
    const bytes = await contents.body(wanted, start, end, room);
    if (bytes === undefined) await this.#checkGone([uid]);
    return bytes;
  }

  /** See {@linkcode Mailbox.readSources}. */
  async *readSources(
    uids: UidList,
  ): AsyncGenerator<readonly MessageBytes[], void> {
    const { contents } = this.#process.db;
    for (const slice of slices(uids, READ_AT_ONCE)) {
      const wanted = this.#wanted(slice);
      yield* this.#complete(
        wanted,
        readAhead(
          wanted,
          (segment) => contents.bodies(segment),
          ({ size }) => size,
        ),
      );
    }
  }

  /** See {@linkcode Mailbox.readSummaries}. */
  async *readSummaries(
    uids: UidList,
  ): AsyncGenerator<readonly MessageBytes[], void> {
    const { contents } = this.#process.db;
    for (const slice of slices(uids, READ_AT_ONCE)) {
      const { batch, end } = contents.summariesKept(this.state, slice);
      if (batch.length > 0) yield batch;
      if (end === slice.length) continue;
      const wanted = this.#wanted(slice.subarray(end));
      yield* this.#complete(
        wanted,
        readAhead(wanted, contents.summaries()),
      );
    }
  }

  /** See {@linkcode Mailbox.claimRecent}. */
  claimRecent(): Uid {
    const { state } = this;
    const first = state.firstRecent;
    state.firstRecent = state.uidNext;
    return first;
  }

  /** See {@linkcode Mailbox.onChange}. */
  onChange(listener: (change: MailboxChange) => void): () => void {
    const stopListening = this.#entry.listeners.add(listener);
    const stopWatching = this.#process.watch(this.#entry);
    const stop = () => {
      if (!this.#stops.delete(stop)) return;
      stopListening();
      stopWatching();
    };
    this.#stops.add(stop);
    return stop;
  }

  /** See {@linkcode Mailbox.close}. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const stop of [...this.#stops]) stop();
    this.closed();
    this.#process.release(this.#entry);
  }

  /**
   * The mailbox that a handle of this process is on, for the storage's own use.
   * @throws {TypeError} when it is a handle of another storage
   */
  static entryOf(process: Process, mailbox: Mailbox): MailboxEntry {
    if (mailbox instanceof KvMailbox && mailbox.#process === process) {
      return mailbox.#entry;
    }
    throw new TypeError("The other mailbox is in another storage");
  }

  #entryOf(target: Mailbox): MailboxEntry {
    const entry = KvMailbox.entryOf(this.#process, target);
    if (!entry.state.deleted) return entry;
    throw new StorageError("NONEXISTENT", "The other mailbox is gone");
  }

  #checkThere(): void {
    if (this.#entry.gone) {
      throw new StorageError("NONEXISTENT", "The mailbox is gone");
    }
  }

  /** Keeps the mailboxes in memory while something is done to them. */
  async #pinned<T>(action: () => Promise<T>, other?: MailboxEntry): Promise<T> {
    const { cache } = this.#process;
    this.#entry.pins++;
    if (other) other.pins++;
    try {
      return await this.#process.run(action);
    } finally {
      if (other) cache.unpin(other);
      cache.unpin(this.#entry);
    }
  }

  /** Copies or moves in as few commits as it takes; what is done is added to `done`. */
  async #sliced(
    uids: UidList,
    done: CopyResult[],
    change: (
      slice: UidList,
      last: boolean,
    ) => Promise<Change<CopyResult | typeof TOO_LARGE>>,
  ): Promise<void> {
    const left = slices(uids, COPIED_A_COMMIT).reverse();
    for (let slice = left.pop(); slice !== undefined; slice = left.pop()) {
      if (slice.length === 0) continue;
      const planned = await change(slice, left.length === 0);
      const result = await this.#process.submit(planned);
      if (result !== TOO_LARGE) done.push(result);
      else left.push(...slices(slice, Math.ceil(slice.length / 2)).reverse());
    }
  }

  #wanted(uids: ArrayLike<number>): Wanted[] {
    const { state } = this;
    const wanted: Wanted[] = [];
    if (state.deleted) return wanted;
    let next = 0;
    for (let at = 0; at < uids.length; at++) {
      const uid = uids[at]!;
      // Both lists ascend, so that the next place is most often the next one.
      const isNext = next < state.length && state.uids[next] === uid;
      const index = isNext ? next : state.indexOf(uid);
      if (index < 0) continue;
      next = index + 1;
      wanted.push({
        uid: uid as Uid,
        home: state.contentHomes[index]!,
        number: state.contentNumbers[index]!,
        size: state.sizes[index]!,
      });
    }
    return wanted;
  }

  /** Yields what is read, and looks whether what is not there has been expunged. */
  async *#complete(
    wanted: readonly Wanted[],
    batches: AsyncIterable<readonly MessageBytes[]>,
  ): AsyncGenerator<readonly MessageBytes[], void> {
    let at = 0;
    const missing: Uid[] = [];
    for await (const batch of batches) {
      for (const { uid } of batch) {
        while (wanted[at]!.uid !== uid) missing.push(wanted[at++]!.uid);
        at++;
      }
      yield batch;
    }
    while (at < wanted.length) missing.push(wanted[at++]!.uid);
    if (missing.length > 0) await this.#checkGone(missing);
  }

  /** A content may be missing only where the message is gone. */
  async #checkGone(uids: readonly Uid[]): Promise<void> {
    await this.refresh();
    const there = uids.find((uid) => this.state.indexOf(uid) >= 0);
    if (there !== undefined && !this.state.deleted) {
      throw new Error(
        `The content of message ${there} in ${this.name} is missing`,
      );
    }
  }
}

/** A list in pieces; at least one, which may be empty. */
function slices(uids: UidList, length: number): UidList[] {
  const pieces = [uids.subarray(0, length)];
  for (let from = length; from < uids.length; from += length) {
    pieces.push(uids.subarray(from, from + length));
  }
  return pieces;
}

function joined(results: readonly CopyResult[]): CopyResult {
  return {
    source: concatUids(results.map((r) => r.source)),
    target: concatUids(results.map((r) => r.target)),
  };
}
