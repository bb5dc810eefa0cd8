/**
 * The nouns of a message store: UIDs, modseqs, flags, mailboxes, changes.
 *
 * Nothing here knows a protocol's syntax, and nothing knows a sequence number: a session's view turns
 * those into UIDs before it asks the storage for anything.
 *
 * @module
 */

/** A message's unique identifier in its mailbox: 1 to 4,294,967,295, growing (RFC 9051 § 2.3.1.1). */
export type Uid = number & { readonly brand: "uid" };

/** A mailbox's modification sequence: grows with each change (RFC 7162 § 3.1); below 2^53 here. */
export type Modseq = number & { readonly brand: "modseq" };

/** A mailbox's identifier in its storage: never used again, kept by a rename. */
export type MailboxId = number & { readonly brand: "mailbox" };

/** Names an immutable message body; copies share it. `home` is where it was first stored. */
export interface ContentId {
  /**
   * The mailbox in which the content first arrived; it groups what is read together. 0 for a content that belongs to
   * one mailbox alone.
   */
  readonly home: number;
  /** A number unique in the whole storage; without a home, in its mailbox. */
  readonly number: number;
}

/** UIDs, ascending and without repeats. */
export type UidList = Uint32Array;

/** The system flags (RFC 9051 § 2.3.2), as they are spelled. `\Recent` is no flag of a message here. */
export const SYSTEM_FLAGS = [
  "\\Answered",
  "\\Flagged",
  "\\Deleted",
  "\\Seen",
  "\\Draft",
] as const;

/** By what a storage finds out which messages belong together. Strings are compared as they are. */
export interface ThreadClues {
  /** What names the message itself; absent where nothing does. */
  readonly id?: string;
  /** What names the messages that it follows: the first of all in front, the one that it answers last. */
  readonly references: readonly string[];
  /** What it is about; empty where that says nothing. */
  readonly subject: string;
  /** Whether the subject says that it answers another one. */
  readonly isReply: boolean;
}

/** A message as it is handed to the storage. */
export interface NewMessage {
  /** The whole message, header and body. */
  readonly source: Uint8Array;
  /** Flags and keywords, in any case and order. */
  readonly flags: readonly string[];
  /** INTERNALDATE (RFC 9051 § 2.3.3), in milliseconds since 1970. */
  readonly internalDate: number;
  /**
   * Opaque to the storage: what the protocol wants back quickly without reading the source. It may be made when it is
   * first asked for, the clues with it, which takes some milliseconds for a large source: a storage does well to ask
   * while it waits for the disk.
   */
  readonly summary: Uint8Array;
  /** Which messages it belongs together with; without them it begins a thread of its own. */
  readonly clues?: ThreadClues;
}

/** Bytes that belong to a message: its source or its summary. Not to be written to. */
export interface MessageBytes {
  /** The message. */
  readonly uid: Uid;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/** How a flag change is meant (RFC 9051 § 6.4.6). */
export interface FlagChange {
  /** Whether the flags are put in place of, added to, or taken from those there. */
  readonly mode: "replace" | "add" | "remove";
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** Messages whose modseq is above this are left alone (RFC 7162 § 3.1.3). */
  readonly unchangedSince?: number;
}

/** What one committed change did to a mailbox. */
export type MailboxChange =
  | { readonly type: "append"; readonly modseq: Modseq; readonly uids: UidList }
  | { readonly type: "flags"; readonly modseq: Modseq; readonly uids: UidList }
  | {
    readonly type: "expunge";
    readonly modseq: Modseq;
    readonly uids: UidList;
  }
  /** The mailbox is gone; its state stays as it was last. */
  | { readonly type: "delete" };

/** What an append did. */
export interface AppendResult {
  /** The UIDs given, in the order of the messages; none where they are not known, which a storage's are. */
  readonly uids: UidList;
  /** The modseq of the change. */
  readonly modseq: Modseq;
}

/** What a flag change did. */
export interface StoreResult {
  /** The messages whose flags are now other than before. */
  readonly changed: UidList;
  /** Those left alone because of `unchangedSince`. */
  readonly modified: UidList;
  /** Those that are not there (any more). */
  readonly missing: UidList;
  /** The modseqs of the change, one a commit; empty when nothing changed. */
  readonly modseqs: readonly Modseq[];
  /**
   * Those that are there and whose flags are not what was asked for, where something in front of the
   * storage had another mind. A storage has none.
   */
  readonly unmet?: UidList;
}

/** What an expunge did. */
export interface ExpungeResult {
  /** The messages that it removed; those already gone are not among them. */
  readonly uids: UidList;
  /** The mailbox's highest modseq after it. */
  readonly modseq: Modseq;
}

/** What a copy or a move did: `source[i]` became `target[i]`. */
export interface CopyResult {
  /** UIDs in the source mailbox. */
  readonly source: UidList;
  /** UIDs in the target mailbox. */
  readonly target: UidList;
  /** Whether the copies are contents of their own ({@linkcode ContentId}), and not those of the originals. */
  readonly renewed?: boolean;
}

/** A mailbox, or the name of one that is not there but has children or a subscription. */
export interface MailboxInfo {
  /** The full name, its levels joined by the hierarchy delimiter; `INBOX` in capitals. */
  readonly name: string;
  /** Absent where only the name exists (RFC 9051 § 7.3.1, `\NonExistent`). */
  readonly id?: MailboxId;
  /** UIDVALIDITY (RFC 9051 § 2.3.1.1), where the mailbox exists. */
  readonly uidValidity?: number;
  /** Special uses, such as `\Sent` (RFC 6154). */
  readonly specialUse: readonly string[];
  /** Whether the name is subscribed. */
  readonly subscribed: boolean;
  /** Whether a mailbox exists below the name. */
  readonly hasChildren: boolean;
}

/** The counts of a mailbox, known without loading its messages. */
export interface MailboxStatus {
  /** Number of messages. */
  readonly messages: number;
  /** Number of messages without `\Seen`. */
  readonly unseen: number;
  /** Number of messages with `\Deleted`. */
  readonly deleted: number;
  /** Number of messages that no session has been told of. */
  readonly recent: number;
  /** Sum of the sizes of all messages, in bytes. */
  readonly size: number;
  /** The UID that the next message gets at the least. */
  readonly uidNext: number;
  /** UIDVALIDITY. */
  readonly uidValidity: number;
  /** The highest modseq of the mailbox. */
  readonly highestModseq: Modseq;
}

/** Why a storage refuses. Each is an RFC 5530 (or later) response code's name. */
export type StorageErrorCode =
  | "NONEXISTENT"
  | "ALREADYEXISTS"
  | "CANNOT"
  | "LIMIT"
  | "OVERQUOTA"
  | "TOOBIG"
  | "HASCHILDREN"
  | "EXPUNGEISSUED"
  | "INUSE"
  | "NOPERM"
  | "UNAVAILABLE";

/**
 * A refusal that the user is told of; any other error is a fault of the server.
 *
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { MemoryStorage, StorageError } from "@x/imapd";
 *
 * await using storage = new MemoryStorage();
 * const account = await storage.openAccount("alice");
 * await assertRejects(
 *   () => account.createMailbox("INBOX"),
 *   StorageError,
 *   "already",
 * );
 * account.close();
 * ```
 */
export class StorageError extends Error {
  /** Why. */
  readonly code: StorageErrorCode;
  /** The size, in bytes, that would have been taken, where that is why. */
  readonly limit: number | undefined;
  /** Makes a refusal with its code and a sentence for people. */
  constructor(code: StorageErrorCode, message: string, limit?: number) {
    super(message);
    this.name = "StorageError";
    this.code = code;
    this.limit = limit;
  }
}
