/**
 * Metadata that nobody else keeps: in memory, of mailboxes that no storage has.
 *
 * @module
 */

import type { StorageLimits } from "../../storage/limits.ts";
import {
  checkMetadata,
  type MetadataChanges,
  metadataCost,
  type MetadataEntry,
  type MetadataFilter,
} from "../../storage/metadata.ts";

type Entries = ReadonlyMap<string, Uint8Array>;

/** The entries of several owners, by their names. */
export class KeptMetadata {
  readonly #limits: StorageLimits;
  #owners = new Map<string, Entries>();

  /** Nothing yet. */
  constructor(limits: StorageLimits) {
    this.#limits = limits;
  }

  /** Whether there is none. */
  get empty(): boolean {
    return this.#owners.size === 0;
  }

  /** The entries of an owner that are wanted, in the order of their names. */
  read(owner: string, wanted: MetadataFilter = () => true): MetadataEntry[] {
    return [...this.#owners.get(owner) ?? []].sort(([a], [b]) => a < b ? -1 : 1)
      .filter(([name, value]) => wanted(name, value.length))
      .map(([name, value]) => ({ name, value }));
  }

  /** Checks a change; the function that is returned makes it. */
  plan(owner: string, changes: MetadataChanges): () => void {
    const entries = new Map(this.#owners.get(owner));
    const sizes = new Map([...entries].map(([name, v]) => [name, v.length]));
    let total = 0;
    for (const all of this.#owners.values()) {
      for (const [name, value] of all) {
        total += metadataCost(name, value.length);
      }
    }
    checkMetadata(sizes, changes, total, this.#limits);
    for (const [name, value] of changes) {
      if (value === null) entries.delete(name);
      else entries.set(name, value.slice());
    }
    return () => this.#put(owner, entries);
  }

  /** A mailbox has gone. */
  delete(owner: string): void {
    this.#owners.delete(owner);
  }

  /** As {@linkcode plan}: what one has, another gets. */
  planCopy(from: string, to: string): () => void {
    return this.plan(to, this.#owners.get(from) ?? new Map());
  }

  /** A mailbox has another name, and so have those below it. */
  rename(from: string, to: string, delimiter: string): void {
    this.#owners = new Map(
      [...this.#owners].map(([name, entries]) => [
        name === from || name.startsWith(from + delimiter)
          ? to + name.slice(from.length)
          : name,
        entries,
      ]),
    );
  }

  #put(owner: string, entries: Entries): void {
    if (entries.size === 0) this.#owners.delete(owner);
    else this.#owners.set(owner, entries);
  }
}
