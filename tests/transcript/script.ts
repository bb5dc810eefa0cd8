/**
 * What a transcript file says: what is there before the conversation, then the conversation.
 *
 * The notation is described in `tests/transcripts/README.md`.
 *
 * @module
 */

import type { Response } from "../../testing/responses/response.ts";

/**
 * In what sessions a script runs: plain ones, or such that begin with `ENABLE QRESYNC` or `ENABLE UIDONLY`, in which
 * the server names messages by UID.
 */
export type Mode = "plain" | "qresync" | "uidonly";

/** A mailbox that is made before the conversation. */
export interface SeedMailbox {
  /** Its name as it goes over the wire. */
  readonly name: string;
  /** How many messages are generated in it. */
  readonly generated: number;
}

/** A message that is appended before the conversation. */
export interface SeedMessage {
  /** The mailbox. */
  readonly mailbox: string;
  /** Flags and date as APPEND takes them, such as `(\Seen) "17-Jul-1996 02:44:25 -0700"`. */
  readonly arguments: string;
  /** The source. */
  readonly source: string;
}

/** How a connection starts. */
export type State =
  | { readonly name: "not authenticated" }
  | { readonly name: "authenticated" }
  | {
    readonly name: "selected";
    readonly command: "SELECT" | "EXAMINE";
    readonly mailbox: string;
  };

/** What is written in one go, or a literal: its head, then what the head announces. */
export type Piece =
  | { readonly type: "text"; readonly text: string }
  | {
    readonly type: "literal";
    readonly text: string;
    /** Whether the data waits for a continuation request. */
    readonly synchronizing: boolean;
    /** Whether it is a literal8. */
    readonly binary: boolean;
  };

/** A response that a script expects. */
export interface Expected {
  /** Where it stands. */
  readonly line: number;
  /** How it was written. */
  readonly text: string;
  /** What it means. */
  readonly pattern: Response;
}

/** A step of the conversation, on one connection. */
export type Step =
  | {
    readonly type: "send";
    readonly connection: number;
    readonly line: number;
    readonly pieces: readonly Piece[];
  }
  | {
    readonly type: "expect";
    readonly connection: number;
    readonly line: number;
    /** In the order of the script; a tagged one or a continuation is last. */
    readonly responses: readonly Expected[];
    /** Responses by name, status, code, or in full, that must not come. */
    readonly never: readonly string[];
    /** Whether other untagged responses may come. */
    readonly open: boolean;
    /** Whether the server then closes the connection. */
    readonly closed: boolean;
  }
  | {
    readonly type: "close";
    readonly connection: number;
    readonly line: number;
  };

/** A transcript. */
export interface Script {
  /** Where it was read from. */
  readonly path: string;
  /** Capabilities that the server must have. */
  readonly requires: readonly string[];
  /** Foreign servers on which it does not run: by name, with the reason. */
  readonly not: ReadonlyMap<string, string>;
  /** The one storage on which it runs; `stored` for all but callbacks. */
  readonly storage: string | undefined;
  /** The revisions of IMAP4 in whose sessions it runs: 1, 2 or both. */
  readonly revisions: readonly number[];
  /** In what sessions it is to run. */
  readonly modes: readonly Mode[];
  /** In what sessions this is to run: lines for others have been left out. */
  readonly mode: Mode;
  /** Limits other than the default. */
  readonly limits: Readonly<Record<string, number>>;
  /** Capabilities that the server is told not to offer. */
  readonly disable: readonly string[];
  /** Whether the server is for clients alone that know UTF-8. */
  readonly utf8Only: boolean;
  /** Whether clients without UTF-8 are shown surrogates. */
  readonly surrogates: boolean;
  /** The largest messages that mailboxes take, where they have a limit of their own. */
  readonly appendLimits: Readonly<Record<string, number>>;
  /** Whether `\Recent` and `RECENT` count. */
  readonly recent: boolean;
  /** Mailboxes to make. */
  readonly mailboxes: readonly SeedMailbox[];
  /** Messages to append. */
  readonly messages: readonly SeedMessage[];
  /** Names to subscribe. */
  readonly subscriptions: readonly string[];
  /** How connections start; 0 stands for those not named. */
  readonly states: ReadonlyMap<number, State>;
  /** Whose they are; 0 stands for those not named. */
  readonly users: ReadonlyMap<number, string>;
  /** The conversation. */
  readonly steps: readonly Step[];
}

/** The connections in a script, in the order of their numbers. */
export function connectionsOf(script: Script): number[] {
  const numbers = new Set(script.steps.map((step) => step.connection));
  return [...numbers].sort((a, b) => a - b);
}
