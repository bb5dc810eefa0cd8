/**
 * Where imported mail comes from: mbox files, Maildirs, single messages.
 *
 * @module
 */

/** What is at a path is nothing to import; the message says why, behind the path. */
export class NoSource extends Error {}

/** A message on its way in. */
export interface ImportItem {
  /**
   * Where reading goes on behind this message: text that its source understands, growing by the source's
   * own order.
   */
  readonly position: string;
  /** The message, with CRLF at the end of each line; empty when it is passed over. */
  readonly source: Uint8Array;
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** INTERNALDATE, in milliseconds since 1970. */
  readonly internalDate: number;
  /** How much of the source is behind with this message, in its units. */
  readonly done: number;
  /** Why the message is passed over. */
  readonly refusal?: string;
}

/** A file or a folder with the messages of one mailbox. */
export interface ImportSource {
  /** The path, for people. */
  readonly path: string;
  /** The levels of the mailbox's name below the mailbox that the user named; empty for that itself. */
  readonly below: readonly string[];
  /** How much there is to read, in units that grow steadily: bytes of a file, messages of a folder. */
  readonly total: number;
  /** What {@linkcode total} counts. */
  readonly unit: "bytes" | "messages";
  /** The messages behind a position, from the first one by default. */
  read(after?: string): AsyncIterable<ImportItem>;
}

/** What sources need to know. */
export interface SourceOptions {
  /** The largest message, in bytes. */
  readonly maxMessageSize: number;
}

/** What is said of a message that is too large. */
export const TOO_LARGE = "larger than a message may be";
/** What is said of a file without a byte in it. */
export const EMPTY = "empty";
