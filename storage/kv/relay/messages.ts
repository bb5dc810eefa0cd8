/**
 * What threads say to the one that writes the database, and what it answers.
 *
 * @module
 */

import type { AnyWrite } from "./link.ts";
import type { Told } from "./news.ts";

/** What a thread asks the writer. */
export type Request =
  /** To commit. */
  | {
    readonly type: "commit";
    readonly id: number;
    readonly checks: readonly Deno.AtomicCheck[];
    readonly writes: readonly AnyWrite[];
  }
  /** To be told when a key has been written, or no more. */
  | { readonly type: "watch" | "unwatch"; readonly key: Deno.KvKey };

/** What the writer says to a thread. */
export type Reply =
  | {
    readonly type: "committed";
    readonly id: number;
    readonly versionstamp: string;
    readonly marks: readonly (number | undefined)[];
  }
  | { readonly type: "conflict"; readonly id: number }
  | {
    readonly type: "failed";
    readonly id: number;
    readonly message: string;
    /** Whether the commit is not right in itself. */
    readonly wrong: boolean;
  }
  /** It has been written. */
  | {
    readonly type: "changed";
    readonly key: Deno.KvKey;
    readonly told: Told;
  };

/** A key as text, for maps. */
export function nameOfKey(key: Deno.KvKey): string {
  return key.map((part) => `${typeof part}:${String(part)}`).join("\0");
}
