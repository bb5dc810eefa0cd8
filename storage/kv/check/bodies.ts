/**
 * Which sources and single summaries there are, and whether each is whole.
 *
 * @module
 */

import { decodeSummary } from "../contents.ts";
import { MAX_VALUE } from "../keys.ts";
import { tryDecode } from "./context.ts";

/** What there is of a source. */
export interface Body {
  /** How many bytes there are from its beginning, without a gap. */
  readonly bytes: number;
  /** Whether there is more behind a gap, or a chunk that is none. */
  readonly torn: boolean;
}

/** The sources of a home, by number. */
export async function readBodies(
  kv: Deno.Kv,
  home: number,
): Promise<Map<number, Body>> {
  const bodies = new Map<number, Body>();
  let number = -1;
  let bytes = 0;
  let chunks = 0;
  let torn = false;
  const options = { batchSize: 100 };
  for await (
    const { key, value } of kv.list({ prefix: ["body", home] }, options)
  ) {
    if (key[2] !== number) {
      if (number >= 0) bodies.set(number, { bytes, torn });
      number = key[2] as number;
      [bytes, chunks, torn] = [0, 0, false];
    }
    // Each chunk but the last is full.
    const next = key[3] === chunks && bytes === chunks * MAX_VALUE;
    if (!torn && next && value instanceof Uint8Array) {
      chunks++;
      bytes += value.length;
    } else torn = true;
  }
  if (number >= 0) bodies.set(number, { bytes, torn });
  return bodies;
}

/** The beginning of a source, as much as {@linkcode Body.bytes} says. */
export async function readBody(
  kv: Deno.Kv,
  home: number,
  number: number,
  bytes: number,
): Promise<Uint8Array> {
  const source = new Uint8Array(bytes);
  let at = 0;
  const options = { batchSize: 100 };
  const prefix: Deno.KvKey = ["body", home, number];
  for await (const { value } of kv.list<Uint8Array>({ prefix }, options)) {
    if (at >= bytes) break;
    source.set(value.subarray(0, bytes - at), at);
    at += value.length;
  }
  return source;
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
