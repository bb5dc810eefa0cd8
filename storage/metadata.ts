/**
 * Metadata: named values that users keep beside their messages. Names and values mean nothing to a storage.
 *
 * @module
 */

import type { StorageLimits } from "./limits.ts";
import { StorageError } from "./model.ts";

/** What metadata is about: a mailbox, all that is one user's, or all users of the storage together. */
export type MetadataOwner =
  | { readonly mailbox: string }
  | "account"
  | "storage";

/** An entry. */
export interface MetadataEntry {
  /** Its name. */
  readonly name: string;
  /** Its value. Not to be written to. */
  readonly value: Uint8Array;
}

/** Entries that are set, and with null those that are removed. */
export type MetadataChanges = ReadonlyMap<string, Uint8Array | null>;

/** Says of an entry, by its name and the size of its value, whether it is wanted. */
export type MetadataFilter = (name: string, size: number) => boolean;

/** What each entry costs beside its name and value, in bytes: it is in memory. */
const ENTRY_COST = 100;

const encoder = new TextEncoder();

/** What an entry counts for. */
export function metadataCost(name: string, size: number): number {
  return encoder.encode(name).length + size + ENTRY_COST;
}

/** Whether changes make anything of entries other than it was. */
export function changeSomething(
  before: ReadonlyMap<string, Uint8Array>,
  changes: MetadataChanges,
): boolean {
  return [...changes].some(([name, value]) => {
    const old = before.get(name);
    if (old === undefined || value === null) {
      return old !== (value ?? undefined);
    }
    return old.length !== value.length ||
      old.some((byte, at) => byte !== value[at]);
  });
}

/**
 * Refuses what would be too much.
 * @param before the sizes of the owner's entries, by name
 * @param total what all entries of the account count for, these among them
 * @throws {StorageError} CANNOT (a name), TOOBIG with the limit (a value), LIMIT (entries), OVERQUOTA (together)
 */
export function checkMetadata(
  before: ReadonlyMap<string, number>,
  changes: MetadataChanges,
  total: number,
  limits: StorageLimits,
): void {
  const after = new Map(before);
  let grown = 0;
  for (const [name, value] of changes) {
    const old = after.get(name);
    if (old !== undefined) grown -= metadataCost(name, old);
    if (value === null) {
      after.delete(name);
      continue;
    }
    checkName(name, limits);
    if (value.length > limits.maxMetadataValue) {
      const most = limits.maxMetadataValue;
      throw new StorageError("TOOBIG", `At most ${most} bytes a value`, most);
    }
    after.set(name, value.length);
    grown += metadataCost(name, value.length);
  }
  // Whoever is over a limit may still make it less.
  if (after.size > limits.maxMetadataEntries && after.size > before.size) {
    throw new StorageError("LIMIT", "Too many entries of metadata");
  }
  let size = 0;
  for (const [name, length] of after) size += metadataCost(name, length);
  const full = size > limits.maxMetadataSize ||
    total + grown > limits.maxMetadataTotal;
  if (full && grown > 0) {
    throw new StorageError("OVERQUOTA", "Too much metadata");
  }
}

function checkName(name: string, { maxMetadataNameLength }: StorageLimits) {
  if (name === "" || !name.isWellFormed()) {
    throw new StorageError("CANNOT", "No entry can have this name");
  }
  if (encoder.encode(name).length > maxMetadataNameLength) {
    throw new StorageError("CANNOT", "The name of an entry is too long");
  }
}
