/**
 * The callbacks: for every operation a function that may stand in for the storage, or in front of it.
 *
 * A callback is `(event, next) => answer`. Without calling `next` it replaces what the storage would have
 * done; with `await next(event)` it observes it, and with `next({ ...event, flags })` changes it. It may
 * call `next` once. `throw new No("OVERQUOTA", "...")` refuses: the client reads `NO [OVERQUOTA] ...`.
 *
 * A callback that throws anything else, or answers what cannot be, costs the command that caused it a
 * `NO [SERVERBUG]`, and the fault goes to `onError`. One that takes longer than `callbackTime`, `next` not
 * counted, costs it a `NO [UNAVAILABLE]`; what it does later is ignored, and `next` refuses it.
 *
 * No callback decides on sequence numbers, UIDVALIDITY of what is stored, modseqs, or when EXPUNGE may be
 * sent. What it answers is compared with what is known of the mailbox, and what has changed is told to each
 * session when the protocol allows it.
 *
 * @module
 */

import type { DeliveryTarget, Identity } from "../../protocol/host.ts";
import type { SearchQuery } from "../../protocol/hooks.ts";
import type {
  AppendMessageEvent,
  AuthenticateEvent,
  CommandEvent,
  ConnectionEvent,
  CopiedMessage,
  CopyMessagesEvent,
  CreateMailboxEvent,
  DeleteResult,
  GetMailboxesEvent,
  GetMessageSourceEvent,
  MailboxEntry,
  MailboxEvent,
  MessageEntries,
  MessageKey,
  MessagesEvent,
  MessageSource,
  RecipientEvent,
  RenameMailboxEvent,
  SessionEvent,
  StatusCounts,
  StoredMessages,
  UpdateMailboxEvent,
  UpdateMessagesEvent,
  UpdateResult,
  User,
} from "./events.ts";

/**
 * Goes on with an event, the one given to the callback by default. It rejects with the refusal of what comes
 * next, and when it is called a second time.
 */
export type Next<Event, Result> = (event?: Event) => Promise<Result>;

/** A function in front of an operation; see the module's text. */
export type Callback<Event, Result, Answer = Result> = (
  event: Event,
  next: Next<Event, Result>,
) => Answer | Promise<Answer>;

/** A search, with what it asks made free of what only a session knows. */
export interface SearchMessagesEvent extends MailboxEvent {
  /** What is asked. */
  readonly query: SearchQuery;
}

/**
 * The callbacks of a server; each may be left out.
 *
 * ```ts
 * import { type Callbacks, No, serve } from "@x/imapd";
 *
 * const callbacks: Callbacks = {
 *   async appendMessage(event, next) {
 *     if (event.source.length > 1_000_000) {
 *       throw new No("TOOBIG", "A megabyte at the most");
 *     }
 *     const message = await next();
 *     console.log(`${event.user.name} got uid ${message.uid}`);
 *     return message;
 *   },
 * };
 * await using server = serve({ port: 0, users: { alice: "secret" }, callbacks });
 * console.log(server.addr.port);
 * ```
 */
export interface Callbacks {
  /**
   * Says whether a name and a password belong together (LOGIN, AUTHENTICATE). `next` asks `users`. True is
   * the user of the event, and an identity may say what part of the account is open and when the session ends;
   * false and undefined are a failed login, which counts and slows down the next one.
   * So does `No("AUTHENTICATIONFAILED")`; another `No` refuses with its code. A replacement has to take as
   * long for a user who is not there as for a wrong password.
   */
  readonly authenticate?: Callback<
    AuthenticateEvent,
    User | undefined,
    User | Identity | boolean | undefined
  >;
  /** A connection has been made. Without `next`, or by a `No`, it ends: `* BYE`. */
  readonly connect?: Callback<ConnectionEvent, void>;
  /** Somebody has proved who they are. Without `next`, or by a `No`, the session does not begin. */
  readonly login?: Callback<SessionEvent & { mechanism: string }, void>;
  /** A session has ended, however it did. There is nothing to refuse; an error goes to `onError`. */
  readonly logout?: Callback<SessionEvent, void>;
  /**
   * A command is to be executed; `next` executes it and rejects with its refusal. Without `next` it is
   * refused with `NO [NOPERM]`. Once it has been executed its own outcome stands, whatever is thrown.
   */
  readonly command?: Callback<CommandEvent, void>;

  /**
   * Says whom mail is for that comes in by LMTP: users, or mailboxes of users; undefined for an address that
   * nobody has. `next` asks `delivery` and `users`. A `No` refuses: for good, or for now with the codes
   * `UNAVAILABLE`, `INUSE` and `LIMIT`. The messages themselves go through `appendMessage`.
   */
  readonly findRecipients?: Callback<
    RecipientEvent,
    readonly DeliveryTarget[] | undefined,
    string | DeliveryTarget | readonly (string | DeliveryTarget)[] | undefined
  >;

  /**
   * Says which mailboxes there are (LIST, LSUB, and each time that one is named). Only those that it lists
   * exist for clients; `INBOX` always does, and missing names above others are added. One that the storage
   * does not have is a virtual mailbox: `getMessages` says what is in it. Names that cannot be are left out
   * and reported. Without a storage `next` gives an empty list.
   */
  readonly getMailboxes?: Callback<
    GetMailboxesEvent,
    readonly MailboxEntry[],
    Iterable<MailboxEntry>
  >;
  /**
   * CREATE. Where `getMailboxes` is there too, a name that exists has been refused before. Without a
   * storage `next` refuses with `CANNOT`.
   */
  readonly createMailbox?: Callback<CreateMailboxEvent, void>;
  /** DELETE. Sessions that have the mailbox selected end. As for {@linkcode createMailbox}. */
  readonly deleteMailbox?: Callback<MailboxEvent, void>;
  /** RENAME. As for {@linkcode createMailbox}; mailboxes below the name go with it: see `renames`. */
  readonly renameMailbox?: Callback<RenameMailboxEvent, void>;
  /**
   * SUBSCRIBE, UNSUBSCRIBE, special uses, and SETMETADATA on a mailbox. As for {@linkcode createMailbox}, except that without a storage
   * `next` keeps subscriptions and metadata in memory, and so does a server without this callback.
   */
  readonly updateMailbox?: Callback<UpdateMailboxEvent, void>;
  /**
   * The counts of a mailbox (STATUS, LIST with STATUS). Undefined: there is no such mailbox. UIDNEXT,
   * UIDVALIDITY and HIGHESTMODSEQ are never the callback's.
   */
  readonly status?: Callback<
    MailboxEvent,
    StatusCounts | undefined,
    Partial<StatusCounts> | undefined
  >;

  /**
   * The messages of a mailbox, in any order (when it is opened, at NOOP, CHECK and the start of IDLE, after
   * a change, and when `server.notify()` says so). To answer with what `next` gave, itself, leaves the
   * mailbox to its storage, and the callback is asked again only when the mailbox is opened. Any other
   * answer makes it a virtual mailbox: what has come, gone or changed is found out by comparing.
   *
   * Left out and reported: a message with neither `uid` nor `id`, or of the other kind than the rest; one
   * named twice; one whose UID is not above all that were there before it; one whose date, size or source
   * cannot be. Of a message that is known already only the flags count. A flag that cannot be is dropped.
   */
  readonly getMessages?: Callback<
    MailboxEvent,
    StoredMessages,
    StoredMessages | MessageEntries
  >;
  /**
   * The source of a message (FETCH, SEARCH, SORT, COPY into another kind of mailbox), when it is not in memory
   * any more. It has to be as long as the message's size says. With this callback ENVELOPE and
   * BODYSTRUCTURE are made of what it answers. Undefined: the message has gone.
   */
  readonly getMessageSource?: Callback<
    GetMessageSourceEvent,
    Uint8Array | undefined,
    MessageSource | undefined
  >;
  /**
   * Finds messages (SEARCH, SORT): UIDs, or `id`s as strings, in any order. Those that the client has not been
   * told of are passed over. For clients that follow the results of a search (RFC 5267) it is asked again about
   * what comes and what changes.
   */
  readonly searchMessages?: Callback<
    SearchMessagesEvent,
    readonly number[],
    Iterable<number | string>
  >;
  /**
   * APPEND, once a message; those of one command run at the same time and are appended together. Who
   * replaces it keeps the message under the event's `id`, or answers with the name that `getMessages` now
   * has for it, so that the client can be told its UID. Without a storage `next` refuses with `CANNOT`.
   */
  readonly appendMessage?: Callback<
    AppendMessageEvent,
    MessageKey,
    MessageKey | void
  >;
  /**
   * STORE, and FETCH where it sets `\Seen`. What has become of the flags is what `getMessages` says then; of
   * a virtual mailbox `next` keeps them in memory, and so does a server without this callback.
   */
  readonly updateMessages?: Callback<
    UpdateMessagesEvent,
    UpdateResult,
    UpdateResult | void
  >;
  /** EXPUNGE, UID EXPUNGE, CLOSE. Messages that are still there afterwards stay, in silence. */
  readonly deleteMessages?: Callback<
    MessagesEvent,
    DeleteResult,
    DeleteResult | void
  >;
  /**
   * COPY. Where one of the two mailboxes is not stored, `next` reads the messages and appends them. Who
   * replaces it answers with the new messages' names, or with nothing.
   */
  readonly copyMessages?: Callback<
    CopyMessagesEvent,
    readonly CopiedMessage[],
    readonly CopiedMessage[] | void
  >;
  /** MOVE. As for {@linkcode copyMessages}; `next` deletes the messages once they are copied. */
  readonly moveMessages?: Callback<
    CopyMessagesEvent,
    readonly CopiedMessage[],
    readonly CopiedMessage[] | void
  >;
}
