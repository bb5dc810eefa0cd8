/**
 * Atomic operations on what stands in for a database.
 *
 * @module
 */

import type { AnyWrite, CommitResult } from "./relay/link.ts";

/** Commits; a value of null deletes. */
export type Commit = (
  checks: readonly Deno.AtomicCheck[],
  writes: readonly AnyWrite[],
) => Promise<CommitResult>;

/** What {@linkcode Deno.AtomicOperation} is for the storage: checks, values set and deleted. */
export class Operation {
  readonly #commit: Commit;
  readonly #checks: Deno.AtomicCheck[] = [];
  readonly #writes: AnyWrite[] = [];

  /** Nothing yet. */
  constructor(commit: Commit) {
    this.#commit = commit;
  }

  /** See {@linkcode Deno.AtomicOperation.check}. */
  check(...checks: Deno.AtomicCheck[]): this {
    for (const { key, versionstamp } of checks) {
      this.#checks.push({ key, versionstamp });
    }
    return this;
  }

  /** See {@linkcode Deno.AtomicOperation.set}. */
  set(key: Deno.KvKey, value: unknown, options?: { expireIn?: number }): this {
    this.#writes.push([key, value, options]);
    return this;
  }

  /** See {@linkcode Deno.AtomicOperation.delete}. */
  delete(key: Deno.KvKey): this {
    this.#writes.push([key, null]);
    return this;
  }

  /** See {@linkcode Deno.AtomicOperation.commit}. */
  commit(): Promise<CommitResult> {
    return this.#commit(this.#checks, this.#writes);
  }
}
