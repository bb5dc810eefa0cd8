/**
 * What a search is about.
 *
 * @module
 */

import type { Mailbox, Storage } from "../../../storage/storage.ts";
import type { TextIndexes } from "./text_index.ts";

/** A mailbox as a session sees it. */
export interface SearchContext {
  /** The mailbox. */
  readonly mailbox: Mailbox;
  /** Where it is. */
  readonly storage: Pick<Storage, "secret">;
  /**
   * The messages that the client has been told of, ascending: sequence number n is `uids[n - 1]`. Those
   * that are gone from the mailbox match nothing. Not to be written to below `length`.
   */
  readonly uids: Uint32Array;
  /** How many of `uids` count. */
  readonly length: number;
  /** What is known of texts from earlier searches. */
  readonly indexes?: TextIndexes | undefined;
  /** Whether a message is `\Recent` in the session. */
  isRecent(uid: number): boolean;
  /** The saved result, `$` (RFC 5182): UIDs, ascending. */
  saved(): Uint32Array;
  /** The time, in milliseconds since 1970. */
  now(): number;
}
