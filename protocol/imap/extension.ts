/**
 * What an extension adds: commands, capabilities, and entries in the grammar's slots.
 *
 * Extensions meet in slots that RFC 4466 and RFC 5258 define. The list of extensions is closed and readable
 * (`extensions/mod.ts`); two that claim the same name clash at start.
 *
 * @module
 */

import type {
  MailboxInfo,
  MailboxStatus,
  UidList,
} from "../../storage/model.ts";
import type { Limits } from "../limits.ts";
import type { Decoder } from "../wire/decoder.ts";
import type { Encoder } from "../wire/encoder.ts";
import type { SequenceSet } from "../wire/sequence_set.ts";
import type { AnyCommand, ParseContext } from "./command.ts";
import type { FetchAttribute } from "./fetch/attribute.ts";
import type { SortKey } from "./order/sort.ts";
import type { FurtherNotifyEvent } from "./notify/event_groups.ts";
import type { ThreadAlgorithm } from "./order/thread_algorithms.ts";
import type { ProgressNotice } from "./progress.ts";
import type { SearchKeyParser } from "./search/key.ts";
import type { UpdateRequest } from "./search/update_context.ts";
import type { Session } from "./session.ts";

/** A FETCH item (fetch-att, RFC 9051 § 9). */
export interface FetchItem {
  /** Its name, in capitals, up to the first `[` or `<`. */
  readonly name: string;
  /** Reads what follows the name. */
  parse(d: Decoder, context: ParseContext): FetchAttribute;
}

/** A STATUS item (status-att, RFC 9051 § 9). */
export interface StatusItem {
  /** Its name, in capitals. */
  readonly name: string;
  /** Called before a response that holds it, because it was asked for, is written. */
  before?(session: Session): void;
  /** Writes its value. */
  write(session: Session, status: MailboxStatus, info: MailboxInfo): void;
}

/** A LIST selection option (RFC 9051 § 6.3.9.1): narrows the names down to those that pass its test. */
export interface ListSelectionOption {
  /** Its name, in capitals. */
  readonly name: string;
  /** Whether a name passes. */
  test(info: MailboxInfo): boolean;
}

/** Writes what a LIST return option adds behind the LIST response of one of the listed names. */
export type ListAddition = (index: number) => void;

/** A LIST return option (RFC 9051 § 6.3.9.2). */
export interface ListReturnOption {
  /** Its name, in capitals. */
  readonly name: string;
  /**
   * Reads what follows the name; absent where nothing does and nothing is added. The function that it
   * returns is called once with all names that are about to be listed.
   */
  parse?(
    d: Decoder,
    context: ParseContext,
  ): (
    session: Session,
    infos: readonly MailboxInfo[],
  ) => Promise<ListAddition>;
}

/** What a parameter of SELECT or EXAMINE does, once its arguments are read. */
export interface SelectStep {
  /** Before a mailbox is opened, while the one before is still selected. @throws {Bad} when it may not be */
  before?(session: Session): void;
  /** Behind the responses of SELECT. */
  after?(session: Session): void | Promise<void>;
}

/** A parameter of SELECT and EXAMINE (RFC 4466 § 2.1). */
export interface SelectParameter {
  /** Its name, in capitals. */
  readonly name: string;
  /** Reads what follows the name. */
  parse(d: Decoder, context: ParseContext): SelectStep;
}

/** A FETCH that modifiers work on, one after the other. */
export interface FetchRequest {
  /** The messages as the client named them. */
  readonly set: SequenceSet;
  /** Whether by UID. */
  readonly uid: boolean;
  /** The messages to answer for: UIDs that the client has been told of. */
  uids: UidList;
  /** What to answer. */
  attributes: readonly FetchAttribute[];
  /** What CHANGEDSINCE named (RFC 7162 § 3.1.4.1). */
  changedSince?: number;
}

/** A modifier of FETCH (RFC 4466 § 2.4). They work in the order of the list of extensions. */
export interface FetchModifier {
  /** Its name, in capitals. */
  readonly name: string;
  /** Reads what follows the name; returns what is done to a request before it is answered. */
  parse(
    d: Decoder,
    context: ParseContext,
  ): (session: Session, request: FetchRequest) => void;
}

/** A modifier of STORE (RFC 4466 § 2.5). */
export interface StoreModifier {
  /** Its name, in capitals. */
  readonly name: string;
  /** Reads what follows the name. */
  parse(d: Decoder, context: ParseContext): { unchangedSince?: number };
}

/** What an extended SEARCH is to return of what it has found. */
export interface SearchReturn {
  /**
   * Which of the messages it tells of: it is those that SAVE keeps (RFC 5182 § 2.4), and MODSEQ is of
   * (RFC 4731 § 3.2). What was found is in the order of the command, which of SEARCH is that of the mailbox.
   */
  pick(found: UidList): UidList;
  /** Whether it has no say in that: it asks for something else than an answer. */
  readonly silent?: boolean;
  /** That the client is to hear how the result changes, and what of (RFC 5267 § 4.3). */
  readonly update?: UpdateRequest;
  /**
   * Writes a space, its name and its value, or nothing; `numbers` is what was found, as the client numbers it.
   * @param rest called between pieces of what is long; absent where all has to be written at once
   */
  write(
    out: Encoder,
    numbers: UidList,
    rest?: WriteRest,
  ): void | Promise<void>;
}

/** Sends what has been written, where that is much; there is something to wait for then. */
export type WriteRest = () => Promise<void> | undefined;

/** A return option of SEARCH (RFC 4466 § 2.6, RFC 4731) or of SORT (RFC 5267 § 3). */
export interface SearchReturnOption {
  /** Its name, in capitals. */
  readonly name: string;
  /** Names of others that it cannot stand beside. */
  readonly excludes?: readonly string[];
  /** Reads what follows the name. */
  parse(d: Decoder, context: ParseContext): SearchReturn;
}

/**
 * What a message that is to be put into a mailbox is made of: its octets as they came, or what gives them when the
 * command is executed, and refuses more than `room` of them with TOOBIG.
 */
export type AppendData =
  | Uint8Array
  | ((session: Session, room: number) => Uint8Array | Promise<Uint8Array>);

/** A form of append-data beside the literal (RFC 4466 § 3). */
export interface AppendForm {
  /** The label that it begins with, in capitals; `~` for literal8. */
  readonly name: string;
  /** Reads what follows the label; `~` is still there. */
  parse(d: Decoder, context: ParseContext): AppendData;
}

/** A message that is about to be put into a mailbox by a command. */
export interface IncomingMessage {
  /** The whole message. */
  readonly source: Uint8Array;
  /** How long its header is, with the empty line. */
  readonly headerSize: number;
}

/** A parameter of CREATE (RFC 4466 § 2.2). */
export interface CreateParameter {
  /** Its name, in capitals. */
  readonly name: string;
  /** Reads what follows the name, and says what it asks of the storage. */
  parse(d: Decoder, context: ParseContext): { specialUse?: readonly string[] };
}

/** What an extension says of entries of the server's metadata (RFC 5464) that it gives a meaning to. */
export interface MetadataRule {
  /** Which entries: a test of the name in lower case. */
  readonly entries: RegExp;
  /**
   * Looks at what a client is about to set; null removes it.
   * @throws {No} or {Bad} to refuse it, and with it the whole command
   */
  check(session: Session, name: string, value: Uint8Array | null): void;
}

/** An extension. */
export interface Extension {
  /** The capabilities that it stands for, in this state of the session. */
  capabilities?(session: CapabilityContext): readonly string[];
  /** Capabilities of other extensions, of which one at the least has to be offered for this one to be of use. */
  readonly needs?: readonly string[];
  /** Where each of them is defined: capability, or a prefix of several (`AUTH=`), to RFC or draft. The README's table. */
  readonly documents?: Readonly<Record<string, string>>;
  /** Capabilities that stand for it, too: it is there where one of them is offered, announced or not. */
  readonly impliedBy?: readonly string[];
  /** Its commands. */
  readonly commands?: readonly AnyCommand[];
  /** What ENABLE may name because of it (RFC 5161). */
  readonly enable?: readonly string[];
  /** Called before one of those is on for a session. */
  whenEnabled?(session: Session): void;
  /** The response code of a CREATE that has been done. */
  createCode?(session: Session, info: MailboxInfo): string | undefined;
  /** Writes an untagged response of SELECT and EXAMINE, once the mailbox is selected. */
  selectResponse?(session: Session): void;
  /** FETCH items. */
  readonly fetchItems?: readonly FetchItem[];
  /** STATUS items. */
  readonly statusItems?: readonly StatusItem[];
  /** LIST selection options. */
  readonly listSelectionOptions?: readonly ListSelectionOption[];
  /** LIST return options. */
  readonly listReturnOptions?: readonly ListReturnOption[];
  /** Search keys. */
  readonly searchKeys?: ReadonlyMap<string, SearchKeyParser>;
  /** Parameters of SELECT. */
  readonly selectParameters?: readonly SelectParameter[];
  /** Modifiers of FETCH. */
  readonly fetchModifiers?: readonly FetchModifier[];
  /** Modifiers of STORE. */
  readonly storeModifiers?: readonly StoreModifier[];
  /** Return options of SEARCH. */
  readonly searchReturnOptions?: readonly SearchReturnOption[];
  /** Return options of SORT (RFC 5267 § 3). */
  readonly sortReturnOptions?: readonly SearchReturnOption[];
  /** Algorithms of THREAD. */
  readonly threadAlgorithms?: readonly ThreadAlgorithm[];
  /** Keys of SORT. */
  readonly sortKeys?: readonly SortKey[];
  /** Whether SORT takes return options because of it. */
  readonly extendsSort?: boolean;
  /** Forms of append-data. */
  readonly appendForms?: readonly AppendForm[];
  /** Looks at each message that APPEND or the like is about to put into a mailbox, and throws to refuse it. */
  checkMessage?(session: Session, message: IncomingMessage): void;
  /** Looks at each command that the state admits, and throws to refuse it. */
  admit?(session: Session, command: AnyCommand): void;
  /** Parameters of CREATE. */
  readonly createParameters?: readonly CreateParameter[];
  /** How clients are told of the progress of commands; of one extension at the most. */
  readonly progressNotice?: ProgressNotice;
  /** Rules for entries of the server's metadata. */
  readonly metadataRules?: readonly MetadataRule[];
  /** Whether clients can ask for what identifies a content, which has to be that of the original in each pair of COPYUID. */
  readonly identifiesContents?: boolean;
  /** Events that clients may ask to be notified of (RFC 5465) because of it. */
  readonly notifyEvents?: readonly FurtherNotifyEvent[];
}

/** What capabilities depend on. */
export interface CapabilityContext {
  /** Whether somebody has logged in. */
  readonly authenticated: boolean;
  /** Whether passwords may come over the connection as it is. */
  readonly mayLogin: boolean;
  /** The SASL mechanisms that can be used now. */
  readonly mechanisms: readonly string[];
  /** Whether STARTTLS can be offered. */
  readonly canStartTls: boolean;
  /** What clients may ask for. */
  readonly limits: Limits;
  /** Whether clients have to know UTF-8 (RFC 9755 § 7). Default false. */
  readonly utf8Only?: boolean;
  /** Whether there are mailboxes with a limit of their own for the size of messages (RFC 7889 § 3). Default false. */
  readonly hasAppendLimits?: boolean;
}
