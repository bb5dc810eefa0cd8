/**
 * What a command is, and how an extension adds to the protocol.
 *
 * A command parses its arguments without touching the storage, and executes without touching bytes of the
 * client. What it says about numbers decides when EXPUNGE may be sent; the connection asks it in one place.
 *
 * @module
 */

import type { Limits } from "../limits.ts";
import type { Decoder } from "../wire/decoder.ts";
import type { Registry } from "./registry.ts";
import type { Session } from "./session.ts";

/** The states of a session (RFC 9051 § 3), and for a command: the least of them that it needs. */
export type State = "not-authenticated" | "authenticated" | "selected";

/** What parsing may look at beside the bytes. */
export interface ParseContext {
  /** Whether the command came behind `UID`. */
  readonly uid: boolean;
  /** The grammar's slots. */
  readonly registry: Registry;
  /** What the client may ask for. */
  readonly limits: Limits;
  /** Whether IMAP4rev2 is on. */
  readonly rev2: boolean;
  /** Whether messages may be named by UID alone (RFC 9586). */
  readonly uidOnly: boolean;
  /** Whether a command may name a charset for its strings (not where RFC 9755 § 3 has them all in UTF-8). */
  readonly charsets: boolean;
}

/** What execution may look at beside its arguments. */
export interface ExecuteContext {
  /** Whether the command came behind `UID`. */
  readonly uid: boolean;
  /** The command's tag. */
  readonly tag: string;
}

/** What the tagged OK says. */
export interface Completion {
  /** A response code without its brackets. */
  readonly code?: string;
  /** A sentence for people, in place of "NAME completed". */
  readonly text?: string;
}

/** What executing gives: a completion for the tagged OK, or nothing in particular. */
export type Executed = Completion | void;

/** A command. */
export interface Command<Arguments = unknown> {
  /** Its name, in capitals. */
  readonly name: string;
  /** Whether it exists plainly (`plain`), behind UID only (`only`), or both ways (`also`). */
  readonly uid?: "only" | "also";
  /** Which state it needs; `any` is all, `not-authenticated` means before login only. */
  readonly state: State | "any";
  /** Whether it names messages by sequence number when it came without UID. */
  readonly takesNumbers?: boolean;
  /** Whether EXPUNGE may not go out with its answer when it came without UID (RFC 9051 § 7.5.1). */
  readonly keepsNumbers?: boolean;
  /** Whether the next command may begin before this one's answer (RFC 9051 § 5.5): APPEND. */
  overlaps?(args: Arguments): boolean;
  /** Whether its literals are messages, as large as messages may be. */
  readonly carriesMessage?: boolean;
  /** Whether its arguments must not show in a trace. */
  readonly secret?: boolean;
  /** Reads the arguments, from behind the name up to the end of the command. */
  parse(d: Decoder, context: ParseContext): Arguments;
  /** Does it. */
  execute(
    session: Session,
    args: Arguments,
    context: ExecuteContext,
  ): Executed | Promise<Executed>;
}

/** Takes a command with whatever arguments; what a list of commands holds. */
// deno-lint-ignore no-explicit-any
export type AnyCommand = Command<any>;

/** A command without arguments. */
export function noArguments(): void {}
