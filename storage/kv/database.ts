/**
 * What the parts of the storage share.
 *
 * @module
 */

import type { StorageLimits } from "../limits.ts";
import type { BodyFiles } from "./body_files.ts";
import type { Committer } from "./commit.ts";
import type { ContentReader } from "./content_reader.ts";
import type { Counter } from "./counter.ts";
import type { Freshness } from "./freshness.ts";
import type { Link } from "./relay/link.ts";
import type { Threads } from "./threads.ts";

/** Settings, complete. */
export interface Settings {
  /** What separates the levels of a mailbox name. */
  readonly hierarchyDelimiter: string;
  /** What users may make the storage keep. */
  readonly limits: StorageLimits;
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
  /** Whether other processes write to the same database. */
  readonly shared: boolean;
  /** Whether nobody else was on it while it was opened. */
  readonly sole: boolean;
  /** How many messages the mailboxes that nobody has open may have in memory, together. */
  readonly maxCachedMessages: number;
  /** How long the contents of messages that are gone are kept for those reading them, in milliseconds. */
  readonly gracePeriod: number;
  /** How many records a mailbox's log has when it is folded. */
  readonly foldRecords: number;
  /** How many bytes a mailbox's log has when it is folded. */
  readonly foldBytes: number;
  /** Told of failures that nobody waits for. */
  readonly onFault: (error: unknown) => void;
}

/** The database, and what is done to it in one place only. */
export interface Database {
  /** For reading; a handle of its own where that helps, since reads then do not wait for commits. */
  readonly reader: Deno.Kv;
  /** For reading sources and summaries. */
  readonly contents: ContentReader;
  /** Sources in files; undefined where all are in the database. */
  readonly files: BodyFiles | undefined;
  /** For writing. */
  readonly committer: Committer;
  /** What in memory is still what is in the database. */
  readonly freshness: Freshness;
  /** The way to the thread that writes, where several threads are on the database. */
  readonly link: Link | undefined;
  /** Numbers of mailboxes and of levels of names. */
  readonly mailboxNumbers: Counter;
  /** Numbers of contents, and of records about contents. */
  readonly contentNumbers: Counter;
  /** Threads that are noted. */
  readonly threads: Threads;
  /** Settings. */
  readonly settings: Settings;
}
