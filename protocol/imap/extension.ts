/**
 * What an extension adds: commands, capabilities, and entries in the grammar's slots.
 *
 * Extensions meet in slots that RFC 4466 and RFC 5258 define. The list of extensions is closed and readable
 * (`extensions/mod.ts`); two that claim the same name clash at start.
 *
 * @module
 */

import type { MailboxInfo, MailboxStatus } from "../../storage/model.ts";
import type { Limits } from "../limits.ts";
import type { Decoder } from "../wire/decoder.ts";
import type { AnyCommand, ParseContext } from "./command.ts";
import type { FetchAttribute } from "./fetch/attribute.ts";
import type { SearchKeyParser } from "./search/key.ts";
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

/** A parameter of CREATE (RFC 4466 § 2.2). */
export interface CreateParameter {
  /** Its name, in capitals. */
  readonly name: string;
  /** Reads what follows the name, and says what it asks of the storage. */
  parse(d: Decoder, context: ParseContext): { specialUse?: readonly string[] };
}

/** An extension. */
export interface Extension {
  /** The capabilities that it stands for, in this state of the session. */
  capabilities?(session: CapabilityContext): readonly string[];
  /** Its commands. */
  readonly commands?: readonly AnyCommand[];
  /** What ENABLE may name because of it (RFC 5161). */
  readonly enable?: readonly string[];
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
  /** Parameters of CREATE. */
  readonly createParameters?: readonly CreateParameter[];
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
}
