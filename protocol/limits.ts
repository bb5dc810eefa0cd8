/**
 * Every size, depth, count and time that a client can choose, with its default.
 *
 * @module
 */

import type { LimitBounds } from "../storage/limits.ts";

/** What a client may ask for at the most. Sizes are in bytes, times in milliseconds. */
export interface Limits {
  /** A line without its literals; RFC 7162 § 4 asks for 8,192 at the least. */
  readonly lineLength: number;
  /** A literal before login. */
  readonly literalBeforeLogin: number;
  /** A command with all its literals before login. */
  readonly commandBeforeLogin: number;
  /** A literal in any command but APPEND and REPLACE; RFC 5464 § 4.1 asks for 1,024 at the least. */
  readonly literal: number;
  /** A command with all its literals, the messages of APPEND and REPLACE apart. */
  readonly command: number;
  /** Literals in a command. */
  readonly literals: number;
  /** A message, whatever it is made of; RFC 5321 § 4.5.3.1.7 asks for 65,536 at the least. */
  readonly message: number;
  /** All messages of one APPEND together. */
  readonly messages: number;
  /** Literals in memory, of all connections together, until their commands are done. */
  readonly literalsInMemory: number;
  /** The same for the connections of one user. */
  readonly literalsInMemoryPerUser: number;
  /** How long a literal waits for room in memory before it is refused. */
  readonly literalWait: number;
  /** How long a client may be silent in the middle of a literal. */
  readonly literalTime: number;
  /** Parentheses inside parentheses. */
  readonly nesting: number;
  /** Search keys in a SEARCH. */
  readonly searchKeys: number;
  /** Ranges in a sequence set. */
  readonly sequenceSet: number;
  /** Header field names, fetch items, flags, patterns, or parts of CATENATE in one list. */
  readonly listItems: number;
  /** Wildcards in all patterns of a LIST. */
  readonly listWildcards: number;
  /** A mailbox name, in UTF-8. */
  readonly mailboxName: number;
  /** The name of an entry of metadata; RFC 5464 has no number for it. */
  readonly metadataEntry: number;
  /** How many filters deep a filter of RFC 5466 may go, which asks for 3 at the least. */
  readonly filterDepth: number;
  /** Names of mailboxes, and groups of events, in a NOTIFY. */
  readonly notifyNames: number;
  /** Mailboxes of which a client that has asked for it by NOTIFY has yet to be told something. */
  readonly notifyPending: number;
  /** Commands in a row that are not understood, before the connection ends. */
  readonly badCommands: number;
  /** How much longer each answer to one waits than the one before, once a quarter of them is used up. */
  readonly badCommandDelay: number;
  /** Failed logins on a connection, before it ends; RFC 4954 § 9 asks for 3 at the least. */
  readonly failedLogins: number;
  /** How long the answer to a first failed login waits; the second waits twice as long, and so on. */
  readonly failedLoginDelay: number;
  /** How long a try to log in waits after failures from its address; each failure more doubles the wait up to this. */
  readonly loginWaitByAddress: number;
  /** The same for failures of its user from anywhere, which may be somebody else's. */
  readonly loginWaitByUser: number;
  /** Messages that one command may work on (RFC 9738: MESSAGELIMIT, 1,000 at the least); 0 for no limit. */
  readonly messageLimit: number;
  /** The same for COPY and APPEND alone, where there is no `messageLimit` (RFC 9738: SAVELIMIT); 0 for no limit. */
  readonly saveLimit: number;
  /** Mailboxes that one ESEARCH may search. */
  readonly searchMailboxes: number;
  /** Searches of a session of which it is told how their results change; RFC 5267 § 4.3.1 asks for 1 at the least. */
  readonly updateContexts: number;
  /** The least messages in a batch of UIDBATCHES; RFC 10022 § 3.1.3.2 asks for 500 at the most. */
  readonly uidBatch: number;
  /** Messages in all batches of UIDBATCHES with a range; RFC 10022 § 3.1.7 asks for 100,000 at the least. */
  readonly uidBatchMessages: number;
  /** How long a command may last before the client is told how far it is, again and again; 0 for never. */
  readonly progressTime: number;
  /** Commands of one connection that may be under way at once, where the protocol allows it (APPEND). */
  readonly overlappingCommands: number;
  /** How long a client may take to log in. */
  readonly loginTime: number;
  /** How long a client may be silent once it is logged in; RFC 9051 § 5.4 asks for 30 minutes at the least. */
  readonly idleTime: number;
  /** Recipients of one message in LMTP; RFC 5321 § 4.5.3.1.8 asks for 100 at the least. */
  readonly recipients: number;
  /** A command line in LMTP; RFC 5321 § 4.5.3.1.4 and extensions ask for 1,065 at the least. */
  readonly lmtpLineLength: number;
  /** How long a client of LMTP may be silent; RFC 5321 § 4.5.3.2.7 asks for 5 minutes at the least. */
  readonly lmtpIdleTime: number;
  /** How long a write may stand still. */
  readonly writeTime: number;
  /** A command line of POP3; RFC 2449 § 4 asks for 255 at the least, SASL responses have `lineLength`. */
  readonly pop3LineLength: number;
  /** How long a POP3 client may be silent once it is logged in; RFC 1939 § 3 asks for 10 minutes at the least. */
  readonly pop3IdleTime: number;
  /** How long after a POP3 login the user may not log in again by POP3 (RFC 2449 § 6.5); 0 for no delay. */
  readonly pop3LoginDelay: number;
}

/** Limits of which an RFC says how small or large they may be. */
export const LIMIT_BOUNDS: Readonly<
  Partial<Record<keyof Limits, LimitBounds>>
> = {
  lineLength: { min: 8_192, by: "RFC 7162 § 4" },
  // A value of metadata may come as a literal.
  literal: { min: 1_024, by: "RFC 5464 § 4.1" },
  message: { min: 65_536, by: "RFC 5321 § 4.5.3.1.7" },
  messages: { min: 65_536, by: "RFC 5321 § 4.5.3.1.7" },
  filterDepth: { min: 3, by: "RFC 5466 § 3.1" },
  failedLogins: { min: 3, by: "RFC 4954 § 9" },
  messageLimit: { min: 1_000, orNone: true, by: "RFC 9738 § 3" },
  saveLimit: { min: 1_000, orNone: true, by: "RFC 9738 § 3" },
  updateContexts: { min: 1, by: "RFC 5267 § 4.3.1" },
  uidBatch: { max: 500, by: "RFC 10022 § 3.1.3.2" },
  uidBatchMessages: { min: 100_000, by: "RFC 10022 § 3.1.7" },
  idleTime: { min: 30 * 60_000, by: "RFC 9051 § 5.4" },
  recipients: { min: 100, by: "RFC 5321 § 4.5.3.1.8" },
  // 512, and of MAIL 26 for SIZE, 17 for BODY, 10 for SMTPUTF8, 500 for AUTH.
  lmtpLineLength: { min: 1_065, by: "RFC 5321 § 4.5.3.1.4 and RFC 4954 § 3" },
  lmtpIdleTime: { min: 5 * 60_000, by: "RFC 5321 § 4.5.3.2.7" },
  pop3LineLength: { min: 255, by: "RFC 2449 § 4" },
  pop3IdleTime: { min: 10 * 60_000, by: "RFC 1939 § 3" },
};

/** The defaults. */
export const DEFAULT_LIMITS: Limits = {
  lineLength: 65_536,
  literalBeforeLogin: 4_096,
  commandBeforeLogin: 65_536,
  literal: 262_144,
  command: 1_048_576,
  literals: 1_000,
  message: 50 * 1_048_576,
  messages: 100 * 1_048_576,
  literalsInMemory: 512 * 1_048_576,
  literalsInMemoryPerUser: 128 * 1_048_576,
  literalWait: 30_000,
  literalTime: 60_000,
  nesting: 64,
  searchKeys: 1_000,
  sequenceSet: 20_000,
  listItems: 1_000,
  listWildcards: 64,
  mailboxName: 1_000,
  metadataEntry: 255,
  filterDepth: 8,
  notifyNames: 1_000,
  notifyPending: 1_000,
  badCommands: 20,
  badCommandDelay: 100,
  failedLogins: 5,
  failedLoginDelay: 500,
  loginWaitByAddress: 15_000,
  loginWaitByUser: 2_000,
  messageLimit: 0,
  saveLimit: 0,
  searchMailboxes: 10_000,
  updateContexts: 16,
  uidBatch: 500,
  uidBatchMessages: 100_000,
  progressTime: 10_000,
  overlappingCommands: 64,
  loginTime: 60_000,
  idleTime: 31 * 60_000,
  recipients: 1_000,
  lmtpLineLength: 4_096,
  lmtpIdleTime: 5 * 60_000,
  writeTime: 60_000,
  pop3LineLength: 8_192,
  pop3IdleTime: 10 * 60_000,
  pop3LoginDelay: 0,
};
