/**
 * Pages: the messages of a mailbox in columns, as its state has them.
 *
 * @module
 */

import type { MailboxState, MessageColumns } from "../mailbox_state.ts";
import type { Modseq } from "../model.ts";
import type { ExpungedEntry } from "../change_history.ts";
import { ByteReader, bytesOf, ByteWriter } from "./binary.ts";
import { flagSetSize, FlagSetWriter, readFlagSets } from "./flag_sets.ts";
import { MAX_VALUE } from "./keys.ts";
import { readUids, splitUids, writeUids } from "./packed_uids.ts";

const VERSION = 1;
/** Pages have threads from version 2 on. */
const PAGE_VERSION = 2;
const MESSAGE = 54;

/** A page in bytes, and which places of the state it holds. */
export interface EncodedPage {
  /** The first message's UID: the page's key. */
  readonly firstUid: number;
  /** The place after its last message. */
  readonly end: number;
  /** The value. */
  readonly bytes: Uint8Array;
}

/** The page that begins at a place of a state and goes on for as long as it fits, at most up to `end`. */
export function encodePage(
  state: MailboxState,
  start: number,
  end: number,
): EncodedPage {
  const sets = new FlagSetWriter();
  const indexes: number[] = [];
  let at = start;
  while (at < end) {
    const { flags } = state.flagsAt(at);
    const size = sets.size + (at - start) * MESSAGE + flagSetSize(flags);
    if (at > start && size > MAX_VALUE - 100) break;
    indexes.push(sets.add(flags));
    at++;
  }
  const to = new ByteWriter(32 + sets.size + indexes.length * MESSAGE);
  to.u8(PAGE_VERSION).u8(0).u16(0).u32(indexes.length);
  for (const column of columns(state)) {
    to.raw(bytesOf(column.subarray(start, at)));
  }
  to.raw(bytesOf(Uint16Array.from(indexes)));
  sets.write(to);
  return { firstUid: state.uids[start]!, end: at, bytes: to.bytes() };
}

function columns(state: MailboxState): (Uint32Array | Float64Array)[] {
  return [
    state.modseqs,
    state.internalDates,
    state.saveDates,
    state.threads,
    state.contentNumbers,
    state.uids,
    state.sizes,
    state.contentHomes,
  ];
}

/** A page from bytes. */
export function decodePage(bytes: Uint8Array): MessageColumns {
  const from = new ByteReader(bytes);
  const version = from.versionUpTo(PAGE_VERSION);
  from.u8();
  from.u16();
  const count = from.u32();
  return {
    modseqs: from.f64s(count),
    internalDates: from.f64s(count),
    saveDates: from.f64s(count),
    ...(version > 1 ? { threads: from.f64s(count) } : {}),
    contentNumbers: from.f64s(count),
    uids: from.u32s(count),
    sizes: from.u32s(count),
    contentHomes: from.u32s(count),
    flagSets: from.u16s(count),
    sets: readFlagSets(from),
  };
}

/** A value that holds expunged messages, and its key. */
export interface EncodedExpunged {
  /** The modseq of the first change in it. */
  readonly modseq: number;
  /** Which of the values that begin with this change it is. */
  readonly part: number;
  /** The value. */
  bytes: Uint8Array;
}

/** Expunged messages in bytes, in as many values as they take. */
export function encodeExpunged(
  entries: readonly ExpungedEntry[],
): EncodedExpunged[] {
  const values: EncodedExpunged[] = [];
  let to: ByteWriter | undefined;
  for (const { modseq, uids } of entries) {
    for (const list of splitUids(uids, MAX_VALUE / 2)) {
      if (to === undefined || to.length + list.length * 4 + 13 > MAX_VALUE) {
        to = new ByteWriter(256).u8(VERSION);
        const last = values.at(-1);
        const part = last?.modseq === modseq ? last.part + 1 : 0;
        values.push({ modseq, part, bytes: new Uint8Array() });
      }
      to.f64(modseq);
      writeUids(to, list);
      values.at(-1)!.bytes = to.bytes();
    }
  }
  return values;
}

/** Expunged messages from bytes. */
export function decodeExpunged(bytes: Uint8Array): ExpungedEntry[] {
  const from = new ByteReader(bytes).version(VERSION);
  const entries: ExpungedEntry[] = [];
  while (!from.done) {
    const modseq = from.f64() as Modseq;
    entries.push({ modseq, uids: readUids(from) });
  }
  return entries;
}
