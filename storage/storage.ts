/**
 * The interface of a message store. It knows no wire syntax and no sequence numbers.
 *
 * A storage hands out accounts, an account hands out mailboxes. A mailbox has one {@linkcode
 * MailboxState} in the process, shared by all who opened it, which changes only when a change has been
 * committed; listeners hear of the change after that. Every promise that a changing method returns
 * settles when the change is durable.
 *
 * @module
 */

import type {
  AppendResult,
  CopyResult,
  ExpungeResult,
  FlagChange,
  MailboxChange,
  MailboxInfo,
  MailboxStatus,
  MessageBytes,
  NewMessage,
  StoreResult,
  Uid,
  UidList,
} from "./model.ts";
import type { MailboxState } from "./mailbox_state.ts";
import type {
  MetadataChanges,
  MetadataEntry,
  MetadataFilter,
  MetadataOwner,
} from "./metadata.ts";

/** A message store. */
export interface Storage extends AsyncDisposable {
  /** What separates the levels of a mailbox name, one character. */
  readonly hierarchyDelimiter: string;
  /**
   * Random bytes that the storage was made with and keeps: what clients are told of its numbers is made with them, so
   * that it is unlike what other storages are told of, and tells nothing else. Without them its numbers are no secret,
   * and have to be unlike those of any storage that clients have met in its place.
   */
  readonly secret?: Uint8Array;
  /**
   * Opens a user's account and makes it, with an `INBOX`, the first time. Handles are counted: each must
   * be closed.
   */
  openAccount(user: string): Promise<Account>;
  /** The names of all accounts, in no order. */
  accounts(): AsyncIterable<string>;
  /**
   * Puts one message at the end of several mailboxes of this storage, its bytes kept once. Each mailbox
   * takes it or refuses it by itself, as {@linkcode Mailbox.append} does: the answers are in the order of
   * the mailboxes. A storage without it is given the message once for each mailbox.
   */
  deliver?(
    message: NewMessage,
    mailboxes: readonly Mailbox[],
  ): Promise<readonly PromiseSettledResult<AppendResult>[]>;
  /** Removes an account with all its mailboxes. Open handles on them see them deleted. */
  deleteAccount(user: string): Promise<void>;
  /** Looks for anything that contradicts itself; the sentences say what. Empty when all is well. */
  verify(): Promise<string[]>;
  /** Waits for what is under way, then gives everything back. */
  close(): Promise<void>;
}

/** What happened to the mailboxes of an account. */
export interface AccountChange {
  /** What kind. */
  readonly type: "create" | "delete" | "rename" | "update" | "metadata";
  /**
   * The mailbox's name, the new one after a rename; empty for metadata that is not a mailbox's.
   */
  readonly name: string;
  /** The name before a rename. */
  readonly oldName?: string;
  /** The names of the entries of metadata that have been set or removed. */
  readonly entries?: readonly string[];
  /** What an update was of. */
  readonly aspect?: "subscription" | "specialUse";
}

/** What happened to messages of one of an account's mailboxes. */
export interface MessagesChange {
  /** The mailbox's name. */
  readonly mailbox: string;
  /** What kind. */
  readonly type: "append" | "flags" | "expunge";
  /** How many messages. */
  readonly count: number;
}

/** One user's mailboxes. Names are full, in Unicode, levels joined by the hierarchy delimiter. */
export interface Account {
  /** The user's name. */
  readonly user: string;
  /**
   * All names: mailboxes, names that only have mailboxes below them, and subscribed names without a
   * mailbox; sorted by code unit within each level, `INBOX` first.
   */
  mailboxes(): Promise<readonly MailboxInfo[]>;
  /** One of them by name (`INBOX` in any case), or undefined. */
  mailbox(name: string): Promise<MailboxInfo | undefined>;
  /**
   * Creates a mailbox; superior names come into being as names only (RFC 9051 § 6.3.4).
   * @throws {StorageError} ALREADYEXISTS, CANNOT (a name that cannot be), LIMIT
   */
  createMailbox(
    name: string,
    options?: { specialUse?: readonly string[] },
  ): Promise<MailboxInfo>;
  /**
   * Deletes a mailbox; with mailboxes below it the name stays (RFC 9051 § 6.3.5).
   * @throws {StorageError} NONEXISTENT, CANNOT (INBOX), HASCHILDREN (a mere name with mailboxes below it)
   */
  deleteMailbox(name: string): Promise<void>;
  /**
   * Renames a mailbox and all below it. Renaming `INBOX` moves its messages to a new mailbox and leaves
   * `INBOX` there, empty (RFC 9051 § 6.3.6); listeners hear of it as of any rename.
   * @throws {StorageError} NONEXISTENT, ALREADYEXISTS, CANNOT, LIMIT
   */
  renameMailbox(from: string, to: string): Promise<void>;
  /**
   * Subscribes, unsubscribes, or sets special uses. A subscription needs no mailbox.
   * @throws {StorageError} NONEXISTENT for special uses without a mailbox
   */
  updateMailbox(
    name: string,
    update: { subscribed?: boolean; specialUse?: readonly string[] },
  ): Promise<void>;
  /**
   * The counts of several mailboxes, in order, undefined where there is none; loads no messages.
   */
  status(names: readonly string[]): Promise<(MailboxStatus | undefined)[]>;
  /**
   * The metadata of several owners, in order, undefined where there is no such mailbox: entries in the order of
   * their names, those of which `wanted` says so; all by default.
   */
  metadata(
    owners: readonly MetadataOwner[],
    wanted?: MetadataFilter,
  ): Promise<(readonly MetadataEntry[] | undefined)[]>;
  /**
   * Sets and removes entries, all of them or none. They go with their mailbox: it keeps them when it is renamed,
   * takes them along when it is deleted, and those of `INBOX` are copied to the mailbox that a rename makes. Where
   * something is other than it was, the mailbox gets a modseq, as a change of no message (RFC 7162 § 3.2.3).
   * @param common entries of the owner `storage` that are set together with those of another owner
   * @throws {StorageError} NONEXISTENT (no such mailbox), CANNOT (a name that cannot be), TOOBIG (a value, with
   * the limit), LIMIT (too many entries), OVERQUOTA (too much together)
   */
  setMetadata(
    owner: MetadataOwner,
    changes: MetadataChanges,
    common?: MetadataChanges,
  ): Promise<void>;
  /**
   * Opens a mailbox. Handles are counted: each must be closed.
   * @throws {StorageError} NONEXISTENT
   */
  openMailbox(name: string): Promise<Mailbox>;
  /** Calls back after each change to the list of mailboxes, until the returned function is called. */
  onChange(listener: (change: AccountChange) => void): () => void;
  /**
   * Calls back after each committed change of messages in any of the mailboxes, until the returned function is called:
   * from when the promise settles, and without loading what nobody has open. Of changes by others to the database one
   * may stand for several, and they are told as soon as the storage notices.
   */
  watchMessages(
    listener: (change: MessagesChange) => void,
  ): Promise<() => void>;
  /** Gives the handle back; mailboxes that it opened stay open. */
  close(): void;
}

/** An open mailbox. */
export interface Mailbox {
  /** The state of the mailbox, committed, shared by all handles of the process. */
  readonly state: MailboxState;
  /** The mailbox's name now: it follows a rename. */
  readonly name: string;
  /**
   * Whether nothing in it can be changed through this handle, which clients are told when they select it; what
   * changes something is refused with NOPERM. Default false.
   */
  readonly readOnly?: boolean;
  /**
   * Whether nothing looks at what {@linkcode append} was given once that has settled, so that the memory can be used for
   * something else. Default false.
   */
  readonly copies?: boolean;
  /** Settles when `state` is at least as new as what was committed anywhere at the time of the call. */
  refresh(): Promise<void>;
  /**
   * Appends all of the messages, or none, as one change. Each gets a thread, that of those before it in the account by
   * its clues, and keeps it. Appends through the handles of one process are put
   * there in the order of the calls.
   * @throws {StorageError} NONEXISTENT (deleted meanwhile), LIMIT (keywords), OVERQUOTA, TOOBIG
   */
  append(messages: readonly NewMessage[]): Promise<AppendResult>;
  /**
   * Changes flags of messages that are there.
   * @throws {StorageError} NONEXISTENT, LIMIT
   */
  storeFlags(uids: UidList, change: FlagChange): Promise<StoreResult>;
  /** Removes messages. @throws {StorageError} NONEXISTENT */
  expunge(uids: UidList): Promise<ExpungeResult>;
  /**
   * Copies messages with flags, INTERNALDATE, content and thread; all that are still there or none.
   * @throws {StorageError} NONEXISTENT (of the target), EXPUNGEISSUED (a message has gone), LIMIT, OVERQUOTA
   */
  copyTo(uids: UidList, target: Mailbox): Promise<CopyResult>;
  /**
   * Moves messages; each is in exactly one of the two mailboxes at every moment (RFC 6851 § 3.3).
   * Messages that are not there any more are passed over.
   * @throws {StorageError} NONEXISTENT (of the target), LIMIT, OVERQUOTA
   */
  moveTo(uids: UidList, target: Mailbox): Promise<CopyResult>;
  /**
   * Puts a message at the end of a mailbox, this one or another of the account, and removes one of this mailbox, as one
   * change: both or neither. A storage without it is asked to append, then to expunge.
   * @throws {StorageError} EXPUNGEISSUED (that message has gone), and what {@linkcode append} of the target does
   */
  replace?(
    uid: Uid,
    message: NewMessage,
    target: Mailbox,
  ): Promise<AppendResult>;
  /**
   * The bytes of a message from `start` up to `end`, all of them by default; undefined when it is gone.
   * @param room where they may be put, if it is as long as that: who reads much, piece after piece, need not have
   * memory set aside for each
   */
  readSource(
    uid: Uid,
    start?: number,
    end?: number,
    room?: Uint8Array,
  ): Promise<Uint8Array | undefined>;
  /** The bytes of several messages in the order of their UIDs, read ahead, in batches; without those gone. */
  readSources(uids: UidList): AsyncIterable<readonly MessageBytes[]>;
  /** The summaries of several messages in the order of their UIDs, in batches; without those gone. */
  readSummaries(uids: UidList): AsyncIterable<readonly MessageBytes[]>;
  /**
   * Takes the messages that no session has been told of (`\Recent`, RFC 3501 § 2.3.2): those from the
   * returned UID on. The next call, by whomever, gets only what came after. Kept without haste.
   */
  claimRecent(): Uid;
  /** Calls back after each committed change, until the returned function is called. */
  onChange(listener: (change: MailboxChange) => void): () => void;
  /** Gives the handle back. */
  close(): void;
}
