/**
 * A commit as the journal has it: what it sets and deletes, in bytes that tell whether all of them are there.
 *
 * ```text
 * u32 magic | u32 length of the rest | f64 number | u32 CRC-32 of the rest | u32 writes
 * for each write: u16 length of the key's name | u32 length of the value, or 0xffffffff to delete | name | value
 * ```
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { nameOfBytes } from "../key_bytes.ts";

const MAGIC = 0x4a4d4949;
const HEAD = 24;
const WRITE_HEAD = 6;
const DELETED = 0xffff_ffff;

/** What a key is set to. */
export interface NamedWrite {
  /** The key's name (key_bytes.ts). */
  readonly name: string;
  /** The value; null deletes. */
  readonly value: Uint8Array | null;
}

/** A commit. */
export interface JournalRecord {
  /** Which one it is; the next has one more. */
  readonly number: number;
  /** What it writes; the values are views of `bytes`. */
  readonly writes: readonly NamedWrite[];
  /** All of it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A commit that has no number yet. */
export type RecordDraft = Omit<JournalRecord, "number">;

/** Makes a record of some writes. It has copies of the values. */
export function draftRecord(writes: readonly NamedWrite[]): RecordDraft {
  let length = HEAD;
  for (const { name, value } of writes) {
    length += WRITE_HEAD + name.length + (value?.length ?? 0);
  }
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  const own: NamedWrite[] = [];
  let at = HEAD;
  for (const { name, value } of writes) {
    view.setUint16(at, name.length, true);
    view.setUint32(at + 2, value?.length ?? DELETED, true);
    at += WRITE_HEAD;
    for (let unit = 0; unit < name.length; unit++) {
      bytes[at++] = name.charCodeAt(unit);
    }
    if (value === null) own.push({ name, value });
    else {
      bytes.set(value, at);
      own.push({ name, value: bytes.subarray(at, at += value.length) });
    }
  }
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, length - HEAD, true);
  view.setUint32(20, writes.length, true);
  return { writes: own, bytes };
}

/** Gives a record its number. */
export function numberRecord(
  { writes, bytes }: RecordDraft,
  number: number,
): JournalRecord {
  const view = new DataView(bytes.buffer);
  view.setFloat64(8, number, true);
  view.setUint32(16, sumOf(bytes), true);
  return { number, writes, bytes };
}

/** Reads the record that begins at a place; undefined where there is none, or not all of one. */
export function readRecord(
  from: Uint8Array<ArrayBuffer>,
  at: number,
): JournalRecord | undefined {
  if (from.length - at < HEAD) return undefined;
  const view = new DataView(from.buffer, from.byteOffset + at);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  const length = HEAD + view.getUint32(4, true);
  if (from.length - at < length) return undefined;
  const bytes = from.subarray(at, at + length);
  if (view.getUint32(16, true) !== sumOf(bytes)) return undefined;
  const writes: NamedWrite[] = [];
  const count = view.getUint32(20, true);
  for (let place = HEAD; writes.length < count;) {
    const nameLength = view.getUint16(place, true);
    const valueLength = view.getUint32(place + 2, true);
    place += WRITE_HEAD;
    const name = nameOfBytes(bytes.subarray(place, place += nameLength));
    const value = valueLength === DELETED
      ? null
      : bytes.subarray(place, place += valueLength);
    writes.push({ name, value });
  }
  return { number: view.getFloat64(8, true), writes, bytes };
}

/** The sum over all of a record but its magic and the sum. */
function sumOf(bytes: Uint8Array): number {
  return crc32(bytes.subarray(20), crc32(bytes.subarray(4, 16)));
}
