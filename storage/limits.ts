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
  /** A message, in bytes; RFC 5321 § 4.5.3.1.7 asks for 65,536 at the least. */
  readonly maxMessageSize: number;
  /** A message's summary, in bytes. */
  readonly maxSummarySize: number;
  /** Entries of metadata of a mailbox, of an account itself, or of the storage; from 10 (RFC 5464 § 4.1) to 200. */
  readonly maxMetadataEntries: number;
  /** The name of an entry; up to 255. */
  readonly maxMetadataNameLength: number;
  /** The value of an entry, in bytes; from 1,024 (RFC 5464 § 4.1) to 60,000. */
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

/** What a limit has to be for a server to be what the RFCs ask for. */
export interface LimitBounds {
  /** The least. */
  readonly min?: number;
  /** The most. */
  readonly max?: number;
  /** Whether 0, which stands for no limit, is fine as well. Default false. */
  readonly orNone?: boolean;
  /** Who says so. */
  readonly by: string;
}

/** Of limits that an RFC speaks of, and what makes them of use: ten entries of metadata as large as there have to be. */
export const STORAGE_LIMIT_BOUNDS: Readonly<
  Partial<Record<keyof StorageLimits, LimitBounds>>
> = {
  maxMessageSize: { min: 65_536, by: "RFC 5321 § 4.5.3.1.7" },
  maxMetadataEntries: { min: 10, max: 200, by: "RFC 5464 § 4.1" },
  maxMetadataNameLength: { min: 64, max: 255, by: "RFC 5464 § 4.1" },
  maxMetadataValue: { min: 1_024, max: 60_000, by: "RFC 5464 § 4.1" },
  maxMetadataSize: { min: 15_000, max: 500_000, by: "RFC 5464 § 4.1" },
  maxMetadataTotal: { min: 15_000, by: "RFC 5464 § 4.1" },
};

/** What a storage keeps of sources and summaries in memory, in bytes, where nobody says otherwise. */
export const DEFAULT_CACHE_BYTES = 96 * 1_048_576;

/** The longest user name, in bytes of UTF-8. */
export const MAX_USER_LENGTH = 255;

/** The largest UID and UIDVALIDITY (RFC 9051 § 2.3.1.1): what fits 32 bits and leaves room for UIDNEXT. */
export const MAX_UID = 0xffff_fffe;

/**
 * Refuses messages that are too large, or whose summaries are.
 * @throws {StorageError} TOOBIG for a source, LIMIT for a summary
 */
export function checkSizes(
  messages: readonly NewMessage[],
  limits: StorageLimits,
): void {
  checkSourceSizes(messages, limits);
  checkSummarySizes(messages, limits);
}

/**
 * Refuses messages that are too large.
 * @throws {StorageError} TOOBIG
 */
export function checkSourceSizes(
  messages: readonly NewMessage[],
  limits: StorageLimits,
): void {
  if (messages.some((m) => m.source.length > limits.maxMessageSize)) {
    throw new StorageError("TOOBIG", "The message is too big");
  }
}

/**
 * Refuses messages whose summaries are too large.
 * @throws {StorageError} LIMIT
 */
export function checkSummarySizes(
  messages: readonly NewMessage[],
  limits: StorageLimits,
): void {
  if (messages.some((m) => m.summary.length > limits.maxSummarySize)) {
    throw new StorageError("LIMIT", "The summary is too big");
  }
}
