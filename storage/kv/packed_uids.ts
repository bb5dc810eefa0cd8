/**
 * Lists of UIDs in bytes: as runs, or one after the other, whichever is smaller.
 *
 * @module
 */

import type { UidList } from "../model.ts";
import { type ByteReader, bytesOf, type ByteWriter } from "./binary.ts";

const RUNS = 1;
const LIST = 2;
/** More than any change has; a broken length must not take all memory. */
const MAX_UIDS = 16_000_000;

/** Writes a list: 5 bytes, then 8 a run or 4 a UID. */
export function writeUids(to: ByteWriter, uids: UidList): void {
  const runs = runsOf(uids, uids.length / 2);
  if (runs === undefined) to.u8(LIST).u32(uids.length).raw(bytesOf(uids));
  else to.u8(RUNS).u32(runs.length / 2).raw(bytesOf(Uint32Array.from(runs)));
}

/** Reads a list. */
export function readUids(from: ByteReader): UidList {
  const kind = from.u8();
  const count = from.u32();
  if (kind === LIST) return from.u32s(count);
  if (kind !== RUNS) throw new Error(`A list of UIDs of kind ${kind}`);
  const runs = from.u32s(count * 2);
  let length = 0;
  for (let run = 0; run < runs.length; run += 2) length += runs[run + 1]!;
  if (length > MAX_UIDS) throw new Error(`A list of ${length} UIDs`);
  const uids = new Uint32Array(length);
  let at = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const first = runs[run]!;
    for (let i = 0; i < runs[run + 1]!; i++) uids[at++] = first + i;
  }
  return uids;
}

/** Cuts a list so that each part takes at most so many bytes. */
export function splitUids(uids: UidList, maxBytes: number): UidList[] {
  const runs = runsOf(uids, Math.floor((maxBytes - 5) / 8));
  const fits = uids.length * 4 + 5 <= maxBytes;
  if (fits || runs !== undefined) return [uids];
  const middle = uids.length >>> 1;
  return [
    ...splitUids(uids.subarray(0, middle), maxBytes),
    ...splitUids(uids.subarray(middle), maxBytes),
  ];
}

/** First and length of each run; undefined when there are more than `most`. */
function runsOf(uids: UidList, most: number): number[] | undefined {
  const runs: number[] = [];
  for (let from = 0; from < uids.length;) {
    let to = from + 1;
    while (to < uids.length && uids[to] === uids[to - 1]! + 1) to++;
    runs.push(uids[from]!, to - from);
    if (runs.length > most * 2) return undefined;
    from = to;
  }
  return runs;
}
