/**
 * Where imported mail comes from: mbox files, Maildirs, single messages.
 *
 * @module
 */

import type { MboxOptions } from "../../protocol/mime/mbox.ts";

/** What is at a path is nothing to import; the message says why, behind the path. */
export class NoSource extends Error {}

/** A message on its way in. */
export interface ImportItem {
  /**
   * Where reading goes on behind this message: text that its source understands, growing by the source's
   * own order.
   */
  readonly position: string;
  /** What it is, for people: a file, a place in a file. */
  readonly name: string;
  /** The message, with CRLF at the end of each line unless our own export has it otherwise. */
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
  /** Whether the mailbox was subscribed, where the source tells. */
  readonly subscribed?: boolean;
  /** The special uses of the mailbox, where the source tells (RFC 6154). */
  readonly specialUse?: readonly string[];
  /** What {@linkcode total} counts. */
  readonly unit: "bytes" | "messages";
  /** The messages behind a position, from the first one by default. */
  read(after?: string): AsyncIterable<ImportItem>;
}

/** What sources have to know. */
export interface SourceOptions {
  /** The largest message, in bytes. */
  readonly maxMessageSize: number;
  /** How lines that begin with "From " are quoted in mbox files of others. Default `none`. */
  readonly mboxQuoting?: MboxQuoting;
}

/** See {@linkcode MboxOptions.unquote}. */
export type MboxQuoting = NonNullable<MboxOptions["unquote"]>;

/** What is said of a message that is too large. */
export const TOO_LARGE = "larger than a message may be";
/** What is said of a file without a byte in it. */
export const EMPTY = "empty";
