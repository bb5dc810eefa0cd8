/**
 * What a commit has written to something that others follow, so that they need not read it.
 *
 * @module
 */

import { logOf } from "../keys.ts";
import type { AnyWrite } from "./link.ts";

/** See the module's text. */
export interface News {
  /** The commit's. */
  readonly versionstamp: string;
  /** What is under the key now. */
  readonly value: Uint8Array | null;
  /** Keys and values that were added to the log of the mailbox whose head it is. */
  readonly log: readonly (readonly [Deno.KvKey, Uint8Array])[];
  /** What the mark of the key has become. */
  readonly mark: number;
}

/** What is told of a commit: news, that it was one's own, or nothing but that there was one. */
export type Told = News | "own" | undefined;

/** News with more bytes than this are read by those who want them. */
const MAX_LOG = 4_096;

/** What the writes of a commit say of a head; undefined where that is not all that can be wanted. */
export function newsOf(
  head: Deno.KvKey,
  writes: readonly AnyWrite[],
  versionstamp: string,
  mark: number,
): News | undefined {
  const [kind, mailbox] = logOf(head[1] as number);
  const log: [Deno.KvKey, Uint8Array][] = [];
  let value: Uint8Array | null = null;
  let bytes = 0;
  for (const [key, written] of writes) {
    if (key[1] !== mailbox) continue;
    if (key[0] === head[0]) value = written as Uint8Array | null;
    else if (key[0] === kind && written !== null) {
      log.push([key, written as Uint8Array]);
      bytes += (written as Uint8Array).length;
    }
  }
  return bytes > MAX_LOG ? undefined : { versionstamp, value, log, mark };
}
