/**
 * Reading sources and summaries by way of memory: contents never change and their numbers are never used again, so
 * that what is kept is right for ever, whoever writes to the database.
 *
 * What is kept is what was wanted last. Sources of many messages at once are passed by: one who reads a whole
 * mailbox would only push out what others come back to.
 *
 * @module
 */

import { joinBytes } from "../join_bytes.ts";
import { ByteCache } from "../byte_cache.ts";
import type { MailboxState } from "../mailbox_state.ts";
import type { MessageBytes, NewMessage, Uid, UidList } from "../model.ts";
import type { BodyFiles } from "./body_files.ts";
import { bodyKey, MAX_VALUE } from "./keys.ts";
import { type Found, readBodies, type Wanted } from "./read_contents.ts";
import { SummaryReader } from "./read_summaries.ts";
import type { ValueReader } from "./value_reader.ts";

/** Of a message in parts so many chunks are read at once: who wants one of them soon wants the next. */
const CHUNKS_AHEAD = 16;
/** As many messages at a time are one who reads here and there. */
const FEW = 8;
/** More chunks than a source can have. */
const CHUNKS = 65_536;

/** See the module's text. */
export class ContentReader {
  readonly #kv: ValueReader;
  readonly #files: BodyFiles | undefined;
  /** Chunks of sources, by the content's number and the chunk's. */
  readonly #chunks: ByteCache<number>;
  readonly #summaries: ByteCache<number>;

  /**
   * Nothing in memory.
   * @param files what is not in the database
   * @param bytes how much may be kept, a third of it for summaries
   */
  constructor(kv: ValueReader, files: BodyFiles | undefined, bytes: number) {
    this.#kv = kv;
    this.#files = files;
    this.#summaries = new ByteCache(bytes / 3);
    this.#chunks = new ByteCache(bytes - bytes / 3);
  }

  /** Notes contents that are in the database now, since who hears of new messages reads them next. */
  added(home: number, first: number, messages: readonly NewMessage[]): void {
    const files = this.#files;
    const inFiles = messages.flatMap(({ source }, index) =>
      files?.takes(source) ? [{ home, number: first + index }] : []
    );
    files?.settle(inFiles);
    for (const [index, { source, summary }] of messages.entries()) {
      this.#summaries.set(first + index, own(summary));
      if (source.length <= MAX_VALUE) {
        this.#chunks.set((first + index) * CHUNKS, own(source));
      }
    }
  }

  /**
   * Reads from `start` to `end` of a source; undefined when it is not there.
   * @param room what goes out in one stream has: of a file it is read into this, if it fits
   */
  async body(
    wanted: Wanted,
    start: number,
    end: number,
    room?: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const from = Math.min(Math.max(0, start), wanted.size);
    const to = Math.max(from, Math.min(end, wanted.size));
    if (from === to) return new Uint8Array();
    const files = this.#files;
    if (
      files?.mayHave(wanted.size) && (await files.among([wanted])).size > 0
    ) return await files.read(wanted, from, to, room);
    const first = Math.floor(from / MAX_VALUE);
    const last = Math.floor((to - 1) / MAX_VALUE);
    const chunks = await this.#chunksOf(
      wanted,
      first,
      last,
      room !== undefined,
    );
    if (chunks === undefined) return undefined;
    const offset = first * MAX_VALUE;
    return joinBytes(chunks).subarray(from - offset, to - offset);
  }

  /** Reads the sources of a segment. */
  async bodies(segment: readonly Wanted[]): Promise<Found> {
    const found: Found = new Map();
    const left: Wanted[] = [];
    for (const one of segment) {
      const chunk = one.size > MAX_VALUE
        ? undefined
        : this.#chunks.get(one.number * CHUNKS);
      if (chunk === undefined) left.push(one);
      else found.set(one.number, chunk);
    }
    if (left.length === 0) return found;
    const read = await readBodies(this.#kv, this.#files, left);
    for (const { number, size } of left) {
      const bytes = read.get(number);
      if (bytes === undefined) continue;
      found.set(number, bytes);
      if (segment.length < FEW && size <= MAX_VALUE) {
        this.#chunks.set(number * CHUNKS, own(bytes));
      }
    }
    return found;
  }

  /** Makes what reads the summaries of messages that are there now, segment by segment. */
  summaries(): (segment: readonly Wanted[]) => Promise<Found> {
    const reader = new SummaryReader(this.#kv);
    return async (segment) => {
      const found = await reader.read(segment);
      for (const [number, bytes] of found) this.#summaries.set(number, bytes);
      return found;
    };
  }

  /**
   * The summaries that are in memory, from the first on up to one that is not; none of those that are gone.
   * @returns them, and at which of the messages they end
   */
  summariesKept(
    state: MailboxState,
    uids: UidList,
  ): { batch: readonly MessageBytes[]; end: number } {
    const batch: MessageBytes[] = [];
    let index = -1;
    let end = 0;
    for (; end < uids.length; end++) {
      const uid = uids[end]! as Uid;
      // Both lists ascend, so that the next place is most often the next one.
      index++;
      if (index >= state.length || state.uids[index] !== uid) {
        index = state.indexOf(uid);
      }
      if (index < 0) continue;
      const bytes = this.#summaries.get(state.contentNumbers[index]!);
      if (bytes === undefined) break;
      batch.push({ uid, bytes });
    }
    return { batch, end };
  }

  async #chunksOf(
    { home, number, size }: Wanted,
    first: number,
    last: number,
    streamed: boolean,
  ): Promise<readonly Uint8Array[] | undefined> {
    const chunks: Uint8Array[] = [];
    let next = first;
    for (; next <= last; next++) {
      const chunk = this.#chunks.get(number * CHUNKS + next);
      if (chunk === undefined) break;
      chunks.push(chunk);
    }
    if (next > last) return chunks;
    // Of what goes out in one stream nothing is wanted again.
    const keeps = !streamed && last - first < CHUNKS_AHEAD;
    const ahead = streamed ? last + 1 : next + CHUNKS_AHEAD;
    const end = Math.min(
      Math.max(last + 1, ahead),
      Math.ceil(size / MAX_VALUE),
    );
    const entries = this.#kv.list<Uint8Array>({
      start: bodyKey(home, number, next),
      end: bodyKey(home, number, end),
    }, { batchSize: 100 });
    for await (const { value } of entries) {
      if (next <= last) chunks.push(value);
      if (keeps) this.#chunks.set(number * CHUNKS + next, value);
      next++;
    }
    return next === end ? chunks : undefined;
  }
}

/** Bytes in a buffer of their own, lest a few keep a large one in memory. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.length < bytes.buffer.byteLength ? bytes.slice() : bytes;
}
