/**
 * Metadata: an index of the entries of each owner, in memory while the account is, and a record for each value.
 *
 * Every change checks and writes the head of the account, as those of the list of mailboxes do: of a deletion and
 * a change of metadata one sees the other, and other processes find out by the versions in the index.
 *
 * @module
 */

import type { StorageLimits } from "../limits.ts";
import {
  checkMetadata,
  type MetadataChanges,
  metadataCost,
  type MetadataEntry,
  type MetadataFilter,
} from "../metadata.ts";
import { ByteReader, ByteWriter } from "./binary.ts";
import { entryKey, indexKey, type Write } from "./keys.ts";

const VERSION = 1;

/** The owner that stands for an account itself; no mailbox has this number. */
export const NO_MAILBOX = 0;

/** How many records one commit removes beside other things. */
const RECORDS_A_COMMIT = 500;

/** Limits with which an index is one record, and all that a mailbox has is one commit. */
export function withinRecords(limits: StorageLimits): StorageLimits {
  const { maxMetadataEntries, maxMetadataNameLength } = limits;
  return {
    ...limits,
    maxMetadataEntries: Math.min(maxMetadataEntries, 200),
    maxMetadataNameLength: Math.min(maxMetadataNameLength, 255),
    maxMetadataValue: Math.min(limits.maxMetadataValue, 60_000),
    maxMetadataSize: Math.min(limits.maxMetadataSize, 500_000),
  };
}

/** What is known of an entry without reading its value. */
export interface IndexedEntry {
  /** The number of its record. */
  readonly slot: number;
  /** When it was last set: the version of the account's list. */
  readonly version: number;
  /** The size of its value. */
  readonly size: number;
}

/** The entries of an owner. */
export interface MetadataIndex {
  /** What the records are kept under: the number of the mailbox, or one that no mailbox has. */
  readonly home: number;
  /** The next number for a record. */
  readonly nextSlot: number;
  /** The entries, by name. */
  readonly entries: ReadonlyMap<string, IndexedEntry>;
}

/** An index in bytes. */
export function encodeIndex(index: MetadataIndex): Uint8Array {
  const to = new ByteWriter(64).u8(VERSION).u32(index.home);
  to.u32(index.nextSlot).u16(index.entries.size);
  for (const [name, { slot, version, size }] of index.entries) {
    to.text(name).u32(slot).f64(version).u32(size);
  }
  return to.bytes();
}

/** An index from bytes. */
export function decodeIndex(bytes: Uint8Array): MetadataIndex {
  const from = new ByteReader(bytes).version(VERSION);
  const home = from.u32();
  const nextSlot = from.u32();
  const entries = new Map<string, IndexedEntry>();
  for (let left = from.u16(); left > 0; left--) {
    const name = from.text();
    const slot = from.u32();
    const version = from.f64();
    entries.set(name, { slot, version, size: from.u32() });
  }
  return { home, nextSlot, entries };
}

/** A value as it is kept. */
export function encodeValue(value: Uint8Array): Uint8Array {
  return new ByteWriter(value.length + 1).u8(VERSION).raw(value).bytes();
}

/** A value as it was. */
export function decodeValue(bytes: Uint8Array): Uint8Array {
  new ByteReader(bytes).version(VERSION);
  return bytes.slice(1);
}

/** The indexes of an account, by mailbox. */
export class Metadata {
  readonly #indexes = new Map<number, MetadataIndex>();
  /** What all entries count for. */
  total = 0;

  /** The index of a mailbox, or of the account itself. */
  of(mailbox: number): MetadataIndex | undefined {
    return this.#indexes.get(mailbox);
  }

  /** The mailboxes that have any, {@linkcode NO_MAILBOX} among them. */
  get mailboxes(): Iterable<number> {
    return this.#indexes.keys();
  }

  /** Puts an index in place; undefined takes it away. */
  set(mailbox: number, index: MetadataIndex | undefined): void {
    this.total += cost(index) - cost(this.#indexes.get(mailbox));
    if (index === undefined) this.#indexes.delete(mailbox);
    else this.#indexes.set(mailbox, index);
  }

  /** The first of some mailboxes: as many as one commit removes with their metadata. */
  together<Id extends number>(mailboxes: readonly Id[]): Id[] {
    let records = 0;
    return mailboxes.filter((mailbox, index) => {
      records += this.#indexes.get(mailbox)?.entries.size ?? 0;
      return index === 0 || records <= RECORDS_A_COMMIT;
    });
  }

  /** What removes all that a mailbox has. */
  removal(user: string, mailbox: number): Write[] {
    const index = this.#indexes.get(mailbox);
    if (index === undefined) return [];
    return [
      [indexKey(user, mailbox), null],
      ...[...index.entries.values()].map(({ slot }): Write => [
        entryKey(index.home, slot),
        null,
      ]),
    ];
  }
}

function cost(index: MetadataIndex | undefined): number {
  let sum = 0;
  for (const [name, { size }] of index?.entries ?? []) {
    sum += metadataCost(name, size);
  }
  return sum;
}

/** The names of the entries in which two indexes differ. */
export function differingEntries(
  before: MetadataIndex | undefined,
  after: MetadataIndex | undefined,
): string[] {
  const names = new Set([
    ...before?.entries.keys() ?? [],
    ...after?.entries.keys() ?? [],
  ]);
  return [...names].filter((name) =>
    before?.entries.get(name)?.version !== after?.entries.get(name)?.version
  );
}

/** What a change of metadata makes of an index, and what is to be written. */
export function planMetadata(
  metadata: Metadata,
  user: string,
  mailbox: number,
  changes: MetadataChanges,
  home: number,
  version: number,
  limits: StorageLimits,
): { index: MetadataIndex | undefined; writes: Write[] } {
  const before = metadata.of(mailbox);
  const sizes = new Map(
    [...before?.entries ?? []].map(([name, { size }]) => [name, size]),
  );
  checkMetadata(sizes, changes, metadata.total, limits);
  const entries = new Map(before?.entries);
  const writes: Write[] = [];
  const at = before?.home ?? home;
  let nextSlot = before?.nextSlot ?? 0;
  for (const [name, value] of changes) {
    const old = entries.get(name);
    if (value === null) {
      if (old !== undefined) writes.push([entryKey(at, old.slot), null]);
      entries.delete(name);
      continue;
    }
    const slot = old?.slot ?? nextSlot++;
    entries.set(name, { slot, version, size: value.length });
    writes.push([entryKey(at, slot), encodeValue(value)]);
  }
  const index = entries.size === 0
    ? undefined
    : { home: at, nextSlot, entries };
  writes.push([
    indexKey(user, mailbox),
    index === undefined ? null : encodeIndex(index),
  ]);
  return { index, writes };
}

/** Reads the values of the entries that are wanted, in the order of their names; those gone meanwhile are not there. */
export async function readEntries(
  kv: Deno.Kv,
  index: MetadataIndex | undefined,
  wanted: MetadataFilter,
): Promise<MetadataEntry[]> {
  if (index === undefined) return [];
  const names = [...index.entries.keys()].sort()
    .filter((name) => wanted(name, index.entries.get(name)!.size));
  const read: MetadataEntry[] = [];
  for (let from = 0; from < names.length; from += 10) {
    const some = names.slice(from, from + 10);
    const values = await kv.getMany<Uint8Array[]>(
      some.map((name) => entryKey(index.home, index.entries.get(name)!.slot)),
    );
    for (const [at, { value }] of values.entries()) {
      if (value === null) continue;
      const name = some[at]!;
      const bytes = decodeValue(value as Uint8Array);
      // It may have been set anew since the index was read.
      const same = bytes.length === index.entries.get(name)!.size;
      if (same || wanted(name, bytes.length)) read.push({ name, value: bytes });
    }
  }
  return read;
}
