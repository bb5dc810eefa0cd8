/**
 * What a user may make a storage keep.
 *
 * @module
 */

import { type NewMessage, StorageError } from "./model.ts";

/** Counts and lengths that a storage refuses to go beyond. Lengths of names are in bytes of UTF-8. */
export interface StorageLimits {
  /** Mailboxes in an account; also the subscriptions in it. */
  readonly maxMailboxes: number;
  /** Levels of hierarchy in a mailbox name. */
  readonly maxDepth: number;
  /** A whole mailbox name. */
  readonly maxNameLength: number;
  /** Different keywords in a mailbox. */
  readonly maxKeywords: number;
  /** One keyword. */
  readonly maxKeywordLength: number;
  /** A message, in bytes. */
  readonly maxMessageSize: number;
  /** A message's summary, in bytes. */
  readonly maxSummarySize: number;
  /** Entries of metadata of a mailbox, of an account itself, or of the storage; up to 200 fit one record. */
  readonly maxMetadataEntries: number;
  /** The name of an entry; up to 255. */
  readonly maxMetadataNameLength: number;
  /** The value of an entry, in bytes; up to 60,000 fit one record. */
  readonly maxMetadataValue: number;
  /** Names and values of a mailbox, with 100 bytes more an entry; up to 500,000 fit one change. */
  readonly maxMetadataSize: number;
  /** The same of an account with all its mailboxes. */
  readonly maxMetadataTotal: number;
  /**
   * Expunged messages that a mailbox remembers, for clients that resynchronize (RFC 7162 § 5.3). Who has been away
   * for longer is told of all UIDs that are not there.
   */
  readonly maxExpunged: number;
}

/** The defaults. */
export const DEFAULT_STORAGE_LIMITS: StorageLimits = {
  maxMailboxes: 10_000,
  maxDepth: 20,
  maxNameLength: 1_000,
  maxKeywords: 200,
  maxKeywordLength: 200,
  maxMessageSize: 256 * 1_048_576,
  maxSummarySize: 1_048_576,
  maxMetadataEntries: 200,
  maxMetadataNameLength: 255,
  maxMetadataValue: 60_000,
  maxMetadataSize: 500_000,
  maxMetadataTotal: 10 * 1_048_576,
  maxExpunged: 20_000,
};

/** What a storage keeps of sources and summaries in memory, in bytes, where nobody says otherwise. */
export const DEFAULT_CACHE_BYTES = 96 * 1_048_576;

/** The longest user name, in bytes of UTF-8. */
export const MAX_USER_LENGTH = 255;

/** The largest UID and UIDVALIDITY (RFC 9051 § 2.3.1.1): what fits 32 bits and leaves room for UIDNEXT. */
export const MAX_UID = 0xffff_fffe;

/**
 * Refuses messages that are too large.
 * @throws {StorageError} TOOBIG for a source, LIMIT for a summary
 */
export function checkSizes(
  messages: readonly NewMessage[],
  limits: StorageLimits,
): void {
  if (messages.some((m) => m.source.length > limits.maxMessageSize)) {
    throw new StorageError("TOOBIG", "The message is too big");
  }
  if (messages.some((m) => m.summary.length > limits.maxSummarySize)) {
    throw new StorageError("LIMIT", "The summary is too big");
  }
}
