/**
 * What a server refuses: the limits of a `denokv` that one runs oneself, the tightest there are.
 *
 * @module
 */

import type { AtomicWrite, ReadRange } from "./protocol.ts";

/** The limits: counts, and sizes in bytes. */
export const LIMITS = {
  checks: 10,
  mutations: 1_000,
  /** All keys and values of a commit. */
  commit: 819_200,
  /** All keys of a commit. */
  commitKeys: 81_920,
  value: 65_536,
  key: 2_048,
  ranges: 10,
  /** All values that a read asks for. */
  entries: 1_000,
  watched: 10,
} as const;

/** A request that is wrong and is not to be tried again; status 400. */
export class Refusal extends Error {}

/** @throws {Refusal} when a read asks for too much */
export function checkRead(ranges: readonly ReadRange[]): void {
  atMost(LIMITS.ranges, ranges.length, "ranges");
  let entries = 0;
  for (const { start, end, limit } of ranges) {
    if (limit < 1) throw new Refusal("A range without a limit");
    // The keys at a range's ends may be a byte longer than what they lie beside.
    atMost(LIMITS.key + 1, start.length, "bytes of a key");
    atMost(LIMITS.key + 1, end.length, "bytes of a key");
    entries += limit;
  }
  atMost(LIMITS.entries, entries, "entries");
}

/** @throws {Refusal} when a commit is too large */
export function checkWrite({ checks, mutations }: AtomicWrite): void {
  atMost(LIMITS.checks, checks.length, "checks");
  atMost(LIMITS.mutations, mutations.length, "mutations");
  let keys = 0;
  let values = 0;
  for (const { key } of [...checks, ...mutations]) {
    atMost(LIMITS.key, key.length, "bytes of a key");
    keys += key.length;
  }
  for (const { value } of mutations) {
    atMost(LIMITS.value, value.data.length, "bytes of a value");
    values += value.data.length;
  }
  atMost(LIMITS.commitKeys, keys, "bytes of keys");
  atMost(LIMITS.commit, keys + values, "bytes");
}

/** @throws {Refusal} when too many keys are watched at once */
export function checkWatch(keys: readonly Uint8Array[]): void {
  atMost(LIMITS.watched, keys.length, "keys");
}

function atMost(limit: number, count: number, what: string): void {
  if (count > limit) throw new Refusal(`More than ${limit} ${what}: ${count}`);
}
