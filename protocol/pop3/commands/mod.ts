/**
 * All commands of POP3.
 *
 * @module
 */

import type { Command } from "../command.ts";
import { apop, auth, pass, stls, user, utf8 } from "./authorization.ts";
import { dele, list, noop, rset, stat, uidl } from "./listings.ts";
import { retr, top } from "./retrieve.ts";
import { capa, lang, quit } from "./session_commands.ts";

/** The commands by their keywords, in capitals. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    ...[capa, lang, quit],
    ...[user, pass, apop, auth, stls, utf8],
    ...[stat, list, retr, dele, noop, rset, top, uidl],
  ].map((command) => [command.name, command]),
);
