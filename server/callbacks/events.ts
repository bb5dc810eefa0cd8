/**
 * What callbacks are told, and what they answer: plain objects of names, numbers, strings and bytes.
 *
 * Events are made anew for each call, so that a callback may keep or change what it was given. A message is
 * named by its UID and, where the callbacks gave it one, by their own `id`. No event has a sequence number.
 *
 * @module
 */

import type { DeliveryAddress } from "../../protocol/host.ts";
import type { MetadataChanges } from "../../storage/metadata.ts";

/** A user. */
export interface User {
  /** The name of the account. */
  readonly name: string;
}

/** A mailbox, by its name. */
export interface MailboxName {
  /** The full name, in Unicode, its levels joined by the hierarchy delimiter; `INBOX` in capitals. */
  readonly name: string;
}

/** A message that is in a mailbox. */
export interface MessageRef {
  /** Its UID. */
  readonly uid: number;
  /** What `getMessages` called it, where it did. */
  readonly id?: string;
}

/** A message by one of its names. */
export interface MessageKey {
  /** Its UID. */
  readonly uid?: number;
  /** What `getMessages` calls it. */
  readonly id?: string;
}

/** The bytes of a message. Of a string, line ends become CRLF and the rest UTF-8; bytes stay as they are. */
export type MessageSource = Uint8Array | string | ReadableStream<Uint8Array>;

/** A connection. */
export interface ConnectionEvent {
  /** Its number, as in logs and traces. */
  readonly connection: number;
  /** The client's address, such as `192.0.2.1:51234`. */
  readonly remote: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
}

/** Somebody says who they are. */
export interface AuthenticateEvent {
  /** Who they say they are: Unicode NFC, in lower case where `caseInsensitiveUsers` is set. */
  readonly user: User;
  /** Their password. Not to be logged. */
  readonly password: string;
  /** The SASL mechanism, or `LOGIN` for the command of that name. */
  readonly mechanism: string;
  /** The client's address. */
  readonly remote: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
}

/** Somebody has proved who they are, or is leaving. */
export interface SessionEvent extends ConnectionEvent {
  /** Who. */
  readonly user: User;
}

/** Mail has come for an address. */
export type RecipientEvent = DeliveryAddress;

/** A command is to be executed. It has been understood, and it may be given in the state of the session. */
export interface CommandEvent extends ConnectionEvent {
  /** Who gives it, once somebody has logged in. */
  readonly user?: User;
  /** Its tag. */
  readonly tag: string;
  /** Its name in capitals, such as `FETCH`. */
  readonly name: string;
  /** Whether it came behind `UID`. */
  readonly uid: boolean;
}

/** The mailboxes of a user are wanted. */
export interface GetMailboxesEvent {
  /** Whose. */
  readonly user: User;
  /** The one name that matters, where only one does: the answer may leave out all others. */
  readonly name?: string;
}

/** A mailbox in the answer to {@linkcode GetMailboxesEvent}. */
export interface MailboxEntry {
  /** The full name. Names above it come into being as names only. */
  readonly name: string;
  /** Whether there is a mailbox of that name; false for a name that is only subscribed. Default true. */
  readonly selectable?: boolean;
  /**
   * Whether the name is subscribed. Default false. Where `updateMailbox` leaves it to the library and there is
   * no storage, what clients change of it is kept in memory.
   */
  readonly subscribed?: boolean;
  /** Special uses, such as `["\\Sent"]` (RFC 6154). */
  readonly specialUse?: readonly string[];
  /**
   * Whether messages can neither be added nor removed, nor their flags changed: clients that select the mailbox are
   * told so, and whatever would change it is refused before a callback is asked. Default false.
   */
  readonly readOnly?: boolean;
  /**
   * UIDVALIDITY (RFC 9051 § 2.3.1.1) of a mailbox whose messages have UIDs of your own that are the same
   * after a restart. It must grow when a name comes back with other messages. Default: from the clock, so
   * that clients forget what they knew of the mailbox when the server starts anew.
   */
  readonly uidValidity?: number;
  /** The least UID that the next message gets, beside `uidValidity`. Default: above the last message. */
  readonly uidNext?: number;
}

/** Something about a mailbox. */
export interface MailboxEvent {
  /** Whose it is. */
  readonly user: User;
  /** The mailbox. */
  readonly mailbox: MailboxName;
}

/** A mailbox is to be created. */
export interface CreateMailboxEvent extends MailboxEvent {
  /** Special uses that it is to have (RFC 6154). */
  readonly specialUse: readonly string[];
}

/** A mailbox that gets another name. */
export interface MailboxRename {
  /** The mailbox as it is called now. */
  readonly from: MailboxName;
  /** The same under its new name. */
  readonly to: MailboxName;
}

/** A mailbox is to be renamed, and those below it with it; of `INBOX` only the messages move. */
export interface RenameMailboxEvent extends MailboxEvent {
  /** Its new name. */
  readonly newName: string;
  /**
   * What that comes to: each mailbox, of this name or below it, that gets another. For who replaces the
   * operation; `next` goes by `mailbox` and `newName`.
   */
  readonly renames: readonly MailboxRename[];
}

/** What is kept about a mailbox's name is to change; what is absent stays. */
export interface UpdateMailboxEvent extends MailboxEvent {
  /** Whether the name is to be subscribed. */
  readonly subscribed?: boolean;
  /** The special uses that the mailbox is to have. */
  readonly specialUse?: readonly string[];
  /** The entries of metadata (RFC 5464) that are to be set, by name, with null those that are to go. */
  readonly metadata?: MetadataChanges;
}

/** A message in the answer to `getMessages`. It needs a `uid` or an `id`, all of a mailbox the same. */
export interface MessageEntry {
  /** Its UID: 1 to 4,294,967,294, above those of all messages before it, and never given again. */
  readonly uid?: number;
  /** Any string that no other message of the mailbox has; UIDs are given out in the order of appearance. */
  readonly id?: string;
  /** Flags and keywords. Where there are none given, those that clients set are kept in memory. */
  readonly flags?: readonly string[];
  /** INTERNALDATE, in milliseconds if a number. What counts is the first answer. Default: when first seen. */
  readonly internalDate?: Date | number;
  /** The exact size of the source in bytes. Without it, and without `source`, the source is read for it. */
  readonly size?: number;
  /** The whole message, for those who have it at hand; else `getMessageSource` is asked when it is wanted. */
  readonly source?: Uint8Array | string;
}

/** A message of the storage below, in what `next` of `getMessages` gives. */
export interface StoredMessage extends MessageEntry {
  /** Its UID in the storage. */
  readonly uid: number;
  /** Its flags and keywords. */
  readonly flags: readonly string[];
  /** INTERNALDATE. */
  readonly internalDate: Date;
  /** The size of the source in bytes. */
  readonly size: number;
}

/** What `next` of `getMessages` gives. To answer with this very object leaves the mailbox to its storage. */
export interface StoredMessages extends Iterable<StoredMessage> {
  /** How many there are. */
  readonly length: number;
}

/** The messages of a mailbox. */
export type MessageEntries =
  | Iterable<MessageEntry>
  | AsyncIterable<MessageEntry>;

/** The source of a message is wanted. */
export interface GetMessageSourceEvent extends MailboxEvent {
  /** The message; it has no UID yet while its size is being found out. */
  readonly message: MessageKey;
}

/** A message is to be appended. */
export interface AppendMessageEvent extends MailboxEvent {
  /** A name that no message has (a UUID), for who wants to call it that in `getMessages`. */
  readonly id: string;
  /** The whole message. */
  readonly source: Uint8Array;
  /** Flags and keywords. */
  readonly flags: readonly string[];
  /** INTERNALDATE. */
  readonly internalDate: Date;
}

/** Something about messages of a mailbox, which were there a moment ago. */
export interface MessagesEvent extends MailboxEvent {
  /** The messages, in the order of their UIDs. */
  readonly messages: readonly MessageRef[];
}

/** A message whose flags are to change. */
export interface UpdatedMessage extends MessageRef {
  /** All flags and keywords that it is to have. */
  readonly flags: readonly string[];
}

/**
 * Flags are to change. They are spelled as the mailbox spells them already. `mode` and `flags` say how; what
 * comes of that is with each message, for those who need not know.
 */
export interface UpdateMessagesEvent extends MessagesEvent {
  /** The messages, in the order of their UIDs. To leave some out when passing them on leaves them alone. */
  readonly messages: readonly UpdatedMessage[];
  /** Whether `flags` are put in place of, added to, or taken from those there. */
  readonly mode: "replace" | "add" | "remove";
  /** Flags and keywords. */
  readonly flags: readonly string[];
}

/** What became of a change of flags: UIDs. */
export interface UpdateResult {
  /** Messages whose flags are other than before. */
  readonly changed: readonly number[];
  /** Messages that are not there any more. */
  readonly missing: readonly number[];
}

/** What a removal has removed: UIDs. */
export interface DeleteResult {
  /** The messages that were there and are not any more. */
  readonly deleted: readonly number[];
}

/** Messages are to be copied, or to move. */
export interface CopyMessagesEvent extends MessagesEvent {
  /** Where to. */
  readonly target: MailboxName;
}

/** A message that was copied or has moved. */
export interface CopiedMessage {
  /** Its UID where it came from. */
  readonly uid: number;
  /** The new message, by its UID or its `id`. */
  readonly copy: MessageKey;
}

/** The counts of a mailbox. */
export interface StatusCounts {
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
}
