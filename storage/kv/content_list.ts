/**
 * Lists of contents in bytes: those that got one more message, or have one less.
 *
 * @module
 */

import { ByteReader, ByteWriter } from "./binary.ts";
import { MAX_VALUE } from "./keys.ts";

const VERSION = 1;
const ENTRY = 16;

/** How many contents a list holds at the most. */
export const CONTENTS_A_LIST = Math.floor((MAX_VALUE - 16) / ENTRY);

/** A content and how large its source is, so that its chunks are known without looking for them. */
export interface ContentEntry {
  /** The mailbox in which it first arrived. */
  readonly home: number;
  /** Its number. */
  readonly number: number;
  /** The length of the source in bytes. */
  readonly size: number;
}

/** A list of contents and when it was made. */
export interface ContentList {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The contents. */
  readonly entries: readonly ContentEntry[];
}

/** A list in bytes; at most {@linkcode CONTENTS_A_LIST} entries. */
export function encodeContents(
  time: number,
  entries: readonly ContentEntry[],
): Uint8Array {
  const to = new ByteWriter(16 + entries.length * ENTRY).u8(VERSION).f64(time);
  to.u32(entries.length);
  for (const { home, number, size } of entries) {
    to.u32(home).f64(number).u32(size);
  }
  return to.bytes();
}

/** A list from bytes. */
export function decodeContents(bytes: Uint8Array): ContentList {
  const from = new ByteReader(bytes).version(VERSION);
  const time = from.f64();
  const entries = Array.from({ length: from.u32() }, () => ({
    home: from.u32(),
    number: from.f64(),
    size: from.u32(),
  }));
  return { time, entries };
}

/** Cuts entries into lists. */
export function splitContents(
  entries: readonly ContentEntry[],
): (readonly ContentEntry[])[] {
  const lists: (readonly ContentEntry[])[] = [];
  for (let from = 0; from < entries.length; from += CONTENTS_A_LIST) {
    lists.push(entries.slice(from, from + CONTENTS_A_LIST));
  }
  return lists;
}
