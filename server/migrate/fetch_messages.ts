/**
 * Fetches messages by several connections at once, and hands them on in the order of their UIDs.
 *
 * @module
 */

import type { FetchMessageObject, ImapFlow } from "imapflow";
import { messageFacts } from "../import/message_facts.ts";
import type { ByteBudget } from "./byte_budget.ts";
import { hashFlags, plainFlags } from "./flag_hash.ts";
import { type ListedMessage, uidValidityOf } from "./listing.ts";
import { SourceBreaks, SourceRefusal } from "./source_error.ts";
import type { SourcePool } from "./source_pool.ts";

/** Messages asked for at a time. */
const BATCH_MESSAGES = 100;
/** Bytes asked for at a time, but for a message that is larger by itself. */
const BATCH_BYTES = 2_097_152;

/** Bytes by which a batch may be larger than the server said; what comes after is asked for once more. */
const EXCESS = 4 * BATCH_BYTES;

/** A message as it came. */
export interface FetchedMessage {
  /** UID at the source. */
  readonly uid: number;
  /** The whole message; undefined where there is none to be had. */
  readonly source?: Uint8Array;
  /** Why there is none. */
  readonly refusal?: string;
  /** Flags, in one order. */
  readonly flags: readonly string[];
  /** Their hash. */
  readonly flagHash: number;
  /** INTERNALDATE, in milliseconds since 1970. */
  readonly internalDate: number;
}

/** What to fetch, and how. */
export interface FetchOptions {
  /** The connections. */
  readonly pool: SourcePool;
  /** How many batches may be under way. */
  readonly parallel: number;
  /** Room for messages. */
  readonly budget: ByteBudget;
  /** The mailbox. */
  readonly path: string;
  /** Its UIDVALIDITY. */
  readonly uidValidity: number;
  /** The messages, by UID. */
  readonly messages: readonly ListedMessage[];
}

interface Underway {
  readonly bytes: number;
  readonly fetched: Promise<Batch>;
}

/** Messages that are fetched together. */
class Batch {
  readonly #listed: readonly ListedMessage[];
  readonly #got = new Map<number, FetchedMessage>();
  readonly #late = new Map<number, ListedMessage>();
  #room: number;

  constructor(listed: readonly ListedMessage[]) {
    this.#listed = listed;
    this.#room = EXCESS + listed.reduce((sum, { size }) => sum + size, 0);
  }

  /** UIDs that have not come yet. */
  get missing(): readonly number[] {
    return this.#listed.map(({ uid }) => uid)
      .filter((uid) => !this.#got.has(uid) && !this.#late.has(uid));
  }

  /** What has come. */
  get messages(): readonly FetchedMessage[] {
    return [...this.#got.values()].sort((a, b) => a.uid - b.uid);
  }

  /** Those for which there was no room, since RFC822.SIZE was less than what came: with their real sizes. */
  get late(): readonly ListedMessage[] {
    return [...this.#late.values()].sort((a, b) => a.uid - b.uid);
  }

  /** How many are done with. */
  get size(): number {
    return this.#got.size + this.#late.size;
  }

  /** Takes a message. */
  put(message: FetchedMessage): void {
    const { uid, source } = message;
    const size = source?.length ?? 0;
    if (this.#room < 0) this.#late.set(uid, { uid, size });
    else this.#got.set(uid, message);
    this.#room -= size;
  }
}

/**
 * Fetches messages. Those that have gone meanwhile are passed over.
 * @throws {SourceGone} when the server is not there any more
 * @throws {SourceRefusal} when the mailbox is not what it was
 */
export async function* fetchInOrder(
  options: FetchOptions,
): AsyncGenerator<readonly FetchedMessage[]> {
  const { budget, parallel } = options;
  const batches = batchesOf(options.messages);
  const underway: Underway[] = [];
  let batch = batches.next();
  try {
    for (;;) {
      while (!batch.done && underway.length < parallel) {
        const wanted = batch.value.reduce((sum, { size }) => sum + size, 0);
        const bytes = underway.length === 0
          ? await budget.take(wanted)
          : budget.tryTake(wanted);
        if (bytes === undefined) break;
        const fetched = fetchBatch(options, batch.value);
        // Awaited in its turn; until then a failure is not one that nobody looks after.
        fetched.catch(() => {});
        underway.push({ bytes, fetched });
        batch = batches.next();
      }
      const first = underway[0];
      if (first === undefined) return;
      const { messages, late } = await first.fetched;
      yield messages;
      yield* fetchLate(options, late);
      underway.shift();
      budget.release(first.bytes);
    }
  } finally {
    for (const { bytes, fetched } of underway) {
      await fetched.catch(() => {});
      budget.release(bytes);
    }
  }
}

/** Fetches what there was no room for, a batch at a time; each time at least the first of each comes. */
async function* fetchLate(
  options: FetchOptions,
  listed: readonly ListedMessage[],
): AsyncGenerator<readonly FetchedMessage[]> {
  for (const batch of batchesOf(listed)) {
    const { messages, late } = await fetchBatch(options, batch);
    yield messages;
    yield* fetchLate(options, late);
  }
}

function* batchesOf(
  messages: readonly ListedMessage[],
): Generator<readonly ListedMessage[], undefined> {
  let batch: ListedMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const full = batch.length >= BATCH_MESSAGES ||
      batch.length > 0 && bytes + message.size > BATCH_BYTES;
    if (full) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(message);
    bytes += message.size;
  }
  if (batch.length > 0) yield batch;
}

async function fetchBatch(
  options: FetchOptions,
  listed: readonly ListedMessage[],
): Promise<Batch> {
  const batch = new Batch(listed);
  try {
    await fetchUids(options, batch, () => batch.missing);
  } catch (error) {
    if (!isOfOneMessage(error)) throw error;
    // One of them is what the server cannot give: which one?
    for (const uid of batch.missing) {
      const alone = () => batch.missing.filter((missing) => missing === uid);
      await fetchUids(options, batch, alone).catch((error) => {
        if (!isOfOneMessage(error)) throw error;
        batch.put(refused(uid, error.message));
      });
    }
  }
  return batch;
}

async function fetchUids(
  { pool, path, uidValidity }: FetchOptions,
  batch: Batch,
  missing: () => readonly number[],
): Promise<void> {
  await pool.run({
    path,
    ask: async (client) => {
      if (uidValidityOf(client) !== uidValidity) throw new Replaced();
      await receive(client, new Set(missing()), batch);
    },
    got: () => batch.size,
  });
}

async function receive(
  client: ImapFlow,
  wanted: Set<number>,
  batch: Batch,
): Promise<void> {
  if (wanted.size === 0) return;
  const items = { uid: true, flags: true, internalDate: true, source: true };
  const range = rangesOf([...wanted]);
  for await (const message of client.fetch(range, items, { uid: true })) {
    // A change of flags by somebody else may come between, without a source.
    if (message.source === undefined && message.internalDate === undefined) {
      continue;
    }
    if (wanted.delete(message.uid)) batch.put(read(message));
  }
}

function read(message: FetchMessageObject): FetchedMessage {
  const { uid, source, internalDate } = message;
  const flags = plainFlags(message.flags ?? []);
  const facts = { uid, flags, flagHash: hashFlags(flags) };
  // NIL is false here, whatever the type says.
  if (!(source instanceof Uint8Array) || source.length === 0) {
    return { ...facts, internalDate: 0, refusal: "empty" };
  }
  const bytes = new Uint8Array(
    source.buffer as ArrayBuffer,
    source.byteOffset,
    source.length,
  );
  const date = internalDate === undefined ? NaN : Number(
    new Date(internalDate),
  );
  return {
    ...facts,
    source: bytes,
    internalDate: Number.isNaN(date)
      ? messageFacts(bytes).date ?? Date.now()
      : date,
  };
}

/** A message that cannot be had. */
export function refused(uid: number, refusal: string): FetchedMessage {
  return { uid, refusal, flags: [], flagHash: 0, internalDate: 0 };
}

/** UIDs in the notation of a sequence set (RFC 9051 § 9), `1:4,7`. They ascend. */
export function rangesOf(uids: readonly number[]): string {
  const ranges: string[] = [];
  for (let from = 0; from < uids.length;) {
    let to = from;
    while (uids[to + 1] === uids[to]! + 1) to++;
    ranges.push(from === to ? `${uids[from]}` : `${uids[from]}:${uids[to]}`);
    from = to + 1;
  }
  return ranges.join(",");
}

/** The mailbox has been made anew while it was read. */
class Replaced extends SourceRefusal {
  constructor() {
    super("its UIDVALIDITY has changed meanwhile: run again");
  }
}

function isOfOneMessage(error: unknown): error is Error {
  return error instanceof SourceBreaks ||
    error instanceof SourceRefusal && !(error instanceof Replaced);
}
