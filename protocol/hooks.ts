/**
 * Where an application may step in: what a server can put in front of connections, logins, commands and
 * searches.
 *
 * A hook that is given something to go on with decides whether it happens. What it rejects with is the
 * refusal; once the thing has happened, it settles as that did.
 *
 * @module
 */

import type { UidList } from "../storage/model.ts";
import type { Mailbox } from "../storage/storage.ts";
import type { Identity } from "./host.ts";
import type { SearchQuery } from "./imap/search/query.ts";

export type { SearchQuery } from "./imap/search/query.ts";

/** What is known of a connection. */
export interface ConnectionFacts {
  /** Its number. */
  readonly connection: number;
  /** The client's address. */
  readonly remote: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
}

/** What is known of a command before it is executed. */
export interface CommandFacts extends ConnectionFacts {
  /** Who gives it. */
  readonly identity: Identity | undefined;
  /** Its tag. */
  readonly tag: string;
  /** Its name, in capitals. */
  readonly name: string;
  /** Whether it came behind `UID`. */
  readonly uid: boolean;
}

/** The hooks of a server; those that are absent cost nothing. */
export interface Hooks {
  /** Before the greeting. Rejects with `Bye` for a connection that is not let in. */
  connect?(facts: ConnectionFacts): Promise<void>;
  /** Between proof of identity and the opening of the account. */
  login?(
    facts: ConnectionFacts,
    identity: Identity,
    mechanism: string,
    goOn: () => Promise<void>,
  ): Promise<void>;
  /** After the end of a session. Never rejects. */
  logout?(facts: ConnectionFacts, identity: Identity): Promise<void>;
  /** Around a command. With this hook, commands that could overlap do not. */
  command?<T>(facts: CommandFacts, goOn: () => Promise<T>): Promise<T>;
  /** Around a search. The UIDs come back in any order, and some may be of no message. */
  search?(
    identity: Identity,
    mailbox: Mailbox,
    query: SearchQuery,
    goOn: (query: SearchQuery) => Promise<UidList>,
  ): Promise<UidList>;
}
