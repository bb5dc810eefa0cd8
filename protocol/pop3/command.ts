/**
 * What a command of POP3 is.
 *
 * @module
 */

import { Bad } from "../imap/errors.ts";
import type { Session } from "./session.ts";

/** The state of a session (RFC 1939 § 3). */
export type State = "authorization" | "transaction";

/**
 * The text behind `+OK`; undefined where the command has written its answer itself. What it throws is answered by
 * `-ERR`, and must be thrown before anything is written.
 */
export type Answer = string | undefined;

/** A command. */
export interface Command {
  /** Its keyword, in capitals. */
  readonly name: string;
  /** When it may be given. */
  readonly state: State | "any";
  /** Whether its arguments are never to be shown. */
  readonly secret?: boolean;
  /** The capability (RFC 2449 § 6) that it belongs to: where that is not offered, it is unknown. */
  readonly capability?: string;
  /**
   * Executes it.
   * @param argument what stands behind the keyword and a space; undefined when nothing does
   */
  execute(
    session: Session,
    argument: string | undefined,
  ): Answer | Promise<Answer>;
}

/** The arguments, a space between them (RFC 1939 § 3). @throws {Bad} for another number of them */
export function words(
  argument: string | undefined,
  atLeast: number,
  atMost: number,
): readonly string[] {
  const words = (argument ?? "").split(" ").filter((word) => word !== "");
  if (words.length < atLeast) throw new Bad("An argument is missing");
  if (words.length > atMost) throw new Bad("There are too many arguments");
  return words;
}

/** Refuses arguments of a command that has none. @throws {Bad} */
export function noArgument(argument: string | undefined): void {
  words(argument, 0, 0);
}

/** A message-number: decimal, from 1 on (RFC 1939 § 4). @throws {Bad} when it is none */
export function messageNumber(word: string): number {
  if (!/^[1-9]\d{0,9}$/.test(word)) throw new Bad("Expected a message number");
  return Number(word);
}

/** A number of lines, from 0 on; more than any message has will do. @throws {Bad} when it is none */
export function lineCount(word: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(word)) {
    throw new Bad("Expected a number of lines");
  }
  return Number(word);
}
