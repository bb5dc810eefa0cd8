/**
 * Atomic operations on what stands in for a database.
 *
 * @module
 */

import type { AnyWrite, CommitResult } from "./relay/link.ts";

/** What {@linkcode Deno.AtomicOperation} is for the storage: checks, values set and deleted. */
export class Operation {
  readonly #commit: (
    checks: readonly Deno.AtomicCheck[],
    writes: readonly AnyWrite[],
  ) => Promise<CommitResult>;
  readonly #checks: Deno.AtomicCheck[] = [];
  readonly #writes: AnyWrite[] = [];

  /** @param commit commits, where a value of null deletes */
  constructor(
    commit: (
      checks: readonly Deno.AtomicCheck[],
      writes: readonly AnyWrite[],
    ) => Promise<CommitResult>,
  ) {
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
