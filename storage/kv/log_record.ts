/**
 * The records of a mailbox's log: one change each, in one part or several.
 *
 * A change that is larger than a value is written in parts under one modseq, in one commit; each part says
 * which it is and of how many. Applying records in order of modseq leads from any earlier state to the
 * latest.
 *
 * @module
 */

import type { MessageRecord } from "../mailbox_state.ts";
import type { FlagChange, Modseq, Uid, UidList } from "../model.ts";
import { concatUids } from "../uid_list.ts";
import { ByteReader, bytesOf, ByteWriter } from "./binary.ts";
import { flagSetSize, FlagSetWriter, readFlagSets } from "./flag_sets.ts";
import { MAX_VALUE } from "./keys.ts";
import { readUids, splitUids, writeUids } from "./packed_uids.ts";

/** Appended messages have threads from version 2 on. */
const VERSION = 2;
const APPEND = 1;
const FLAGS = 2;
const EXPUNGE = 3;
const MODES = ["replace", "add", "remove"] as const;
const APPENDED = 34;

/** A change as the log has it. */
export type LogRecord =
  | {
    readonly type: "append";
    readonly modseq: Modseq;
    readonly records: readonly MessageRecord[];
  }
  | {
    readonly type: "flags";
    readonly modseq: Modseq;
    readonly uids: UidList;
    readonly change: FlagChange;
  }
  | {
    readonly type: "expunge";
    readonly modseq: Modseq;
    readonly uids: UidList;
  };

/** The parts of an append. UIDs follow one another; all messages have the same modseq and save date. */
export function encodeAppend(records: readonly MessageRecord[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < records.length;) {
    const sets = new FlagSetWriter();
    const indexes: number[] = [];
    let to = from;
    while (to < records.length) {
      const { flags } = records[to]!;
      const size = sets.size + (to - from) * APPENDED + flagSetSize(flags);
      if (to > from && size > MAX_VALUE - 100) break;
      indexes.push(sets.add(flags));
      to++;
    }
    parts.push(appendPart(records.slice(from, to), sets, indexes));
    from = to;
  }
  return numbered(parts);
}

function appendPart(
  records: readonly MessageRecord[],
  sets: FlagSetWriter,
  indexes: readonly number[],
): Uint8Array {
  const to = start(APPEND, 40 + sets.size + records.length * APPENDED);
  to.u32(records[0]!.uid).u32(records.length).f64(records[0]!.saveDate);
  sets.write(to);
  for (let i = 0; i < records.length; i++) {
    const { size, internalDate, content, thread = 0 } = records[i]!;
    to.u16(indexes[i]!).u32(size).f64(internalDate);
    to.u32(content.home).f64(content.number).f64(thread);
  }
  return to.bytes();
}

/** The parts of a change of flags: those of the messages that it changes, not what was asked for. */
export function encodeFlags(uids: UidList, change: FlagChange): Uint8Array[] {
  const flags = new FlagSetWriter();
  flags.add(change.flags);
  const room = MAX_VALUE - 100 - flags.size;
  return numbered(
    splitUids(uids, room).map((part) => {
      const to = start(FLAGS).u8(MODES.indexOf(change.mode));
      flags.write(to);
      writeUids(to, part);
      return to.bytes();
    }),
  );
}

/** The parts of an expunge. */
export function encodeExpunge(uids: UidList): Uint8Array[] {
  return numbered(
    splitUids(uids, MAX_VALUE - 100).map((part) => {
      const to = start(EXPUNGE);
      writeUids(to, part);
      return to.bytes();
    }),
  );
}

/** Version, type, and room for which part it is and of how many. */
function start(type: number, capacity?: number): ByteWriter {
  return new ByteWriter(capacity).u8(VERSION).u8(type).u16(0).u16(0);
}

function numbered(parts: Uint8Array[]): Uint8Array[] {
  parts.forEach((part, index) => {
    part.set(bytesOf(Uint16Array.of(index, parts.length)), 2);
  });
  return parts;
}

/**
 * The change that the parts under one modseq make.
 * @returns undefined when a part is missing: it was folded away while it was read
 */
export function decodeLog(
  modseq: Modseq,
  parts: readonly Uint8Array[],
): LogRecord | undefined {
  const decoded: LogRecord[] = [];
  for (const [index, bytes] of parts.entries()) {
    const from = new ByteReader(bytes);
    const version = from.versionUpTo(VERSION);
    const type = from.u8();
    if (from.u16() !== index || from.u16() !== parts.length) return undefined;
    decoded.push(decodePart(type, modseq, from, version));
  }
  const [first] = decoded;
  if (first === undefined || decoded.length === 1) return first;
  if (first.type === "append") {
    const records = decoded.flatMap((part) =>
      part.type === "append" ? part.records : []
    );
    return { ...first, records };
  }
  const uids = decoded.map((part) =>
    part.type === "append" ? new Uint32Array() : part.uids
  );
  return { ...first, uids: concatUids(uids) };
}

function decodePart(
  type: number,
  modseq: Modseq,
  from: ByteReader,
  version: number,
): LogRecord {
  if (type === APPEND) {
    const records = readAppended(modseq, from, version);
    return { type: "append", modseq, records };
  }
  if (type === EXPUNGE) {
    return { type: "expunge", modseq, uids: readUids(from) };
  }
  if (type !== FLAGS) throw new Error(`A change of type ${type} in the log`);
  const mode = MODES[from.u8()]!;
  const [flags] = readFlagSets(from);
  return {
    type: "flags",
    modseq,
    uids: readUids(from),
    change: { mode, flags: flags! },
  };
}

function readAppended(
  modseq: Modseq,
  from: ByteReader,
  version: number,
): MessageRecord[] {
  const firstUid = from.u32();
  const count = from.u32();
  const saveDate = from.f64();
  const sets = readFlagSets(from);
  return Array.from({ length: count }, (_, index) => ({
    uid: (firstUid + index) as Uid,
    modseq,
    saveDate,
    flags: sets[from.u16()]!,
    size: from.u32(),
    internalDate: from.f64(),
    content: { home: from.u32(), number: from.f64() },
    thread: version > 1 ? from.f64() : 0,
  }));
}
