/**
 * Which sources and single summaries there are, and whether each is whole.
 *
 * @module
 */

import type { BodyFiles, FoundBody } from "../body_files.ts";
import { decodeSummary } from "../contents.ts";
import { IN_FILE, MAX_VALUE } from "../keys.ts";
import { type CheckContext, tryDecode } from "./context.ts";

/** What there is of a source. */
export interface Body {
  /** How many bytes there are from its beginning, without a gap. */
  readonly bytes: number;
  /** Whether there is more behind a gap, or a chunk that is none. */
  readonly torn: boolean;
  /** The file that has its name, if any. */
  readonly file: FoundBody | undefined;
  /** Whether it is in a file by what the database says. */
  readonly recorded: boolean;
}

/** Files by home and number. */
export type FileList = ReadonlyMap<number, ReadonlyMap<number, FoundBody>>;

/** All files with sources. */
export async function readFiles(
  files: BodyFiles | undefined,
): Promise<FileList> {
  const homes = new Map<number, Map<number, FoundBody>>();
  for await (const found of files?.list() ?? []) {
    const { home, number } = found.content;
    const numbers = homes.get(home);
    if (numbers === undefined) homes.set(home, new Map([[number, found]]));
    else numbers.set(number, found);
  }
  return homes;
}

/**
 * The sources of a home, by number.
 * @param files the files of that home
 */
export async function readBodies(
  kv: Deno.Kv,
  home: number,
  files: ReadonlyMap<number, FoundBody>,
): Promise<Map<number, Body>> {
  const bodies = new Map<number, Body>();
  const none = { bytes: 0, chunks: 0, torn: false, recorded: false };
  let number = -1;
  let found = none;
  const put = () => {
    if (number < 0) return;
    const { recorded } = found;
    const file = files.get(number);
    const { bytes, torn } = recorded
      ? { bytes: file?.size ?? 0, torn: false }
      : found;
    bodies.set(number, { bytes, torn, file, recorded });
  };
  const options = { batchSize: 100 };
  for await (
    const { key, value } of kv.list({ prefix: ["body", home] }, options)
  ) {
    if (key[2] !== number) {
      put();
      number = key[2] as number;
      found = { ...none };
    }
    const { bytes, chunks, torn } = found;
    // Each chunk but the last is full.
    const next = key[3] === chunks && bytes === chunks * MAX_VALUE;
    if (key[3] === IN_FILE) found.recorded = true;
    else if (!torn && next && value instanceof Uint8Array) {
      found.chunks++;
      found.bytes += value.length;
    } else found.torn = true;
  }
  put();
  for (const [number, file] of files) {
    if (bodies.has(number)) continue;
    const { size: bytes } = file;
    bodies.set(number, { bytes, torn: false, file, recorded: false });
  }
  return bodies;
}

/** The beginning of a source, as much as {@linkcode Body.bytes} says. */
export async function readBody(
  { kv, db }: CheckContext,
  home: number,
  number: number,
  bytes: number,
): Promise<Uint8Array> {
  const source = new Uint8Array(bytes);
  let at = 0;
  const chunks = {
    start: ["body", home, number, 0],
    end: ["body", home, number + 1],
  };
  for await (const { value } of kv.list<Uint8Array>(chunks)) {
    if (at >= bytes) break;
    source.set(value.subarray(0, bytes - at), at);
    at += value.length;
  }
  if (at > 0 || bytes === 0) return source;
  return await db.files?.read({ home, number }, 0, bytes) ?? source;
}

/** The summaries of a home that are not packed, by number: whether each is whole. */
export async function readSingles(
  kv: Deno.Kv,
  home: number,
): Promise<Map<number, boolean>> {
  const missing = new Map<number, number>();
  const options = { batchSize: 100 };
  for await (
    const { key, value } of kv.list({ prefix: ["summary", home] }, options)
  ) {
    const [, , number, part] = key as [string, number, number, number];
    const size = value instanceof Uint8Array ? value.length : NaN;
    if (part !== 0) {
      missing.set(number, (missing.get(number) ?? NaN) - size);
      continue;
    }
    const summary = tryDecode(value, decodeSummary);
    const { length, start } = summary ?? { length: NaN, start: [] };
    missing.set(number, length - start.length);
  }
  return new Map([...missing].map(([number, bytes]) => [number, bytes === 0]));
}
