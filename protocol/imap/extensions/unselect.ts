/**
 * UNSELECT: RFC 3691, RFC 9051 § 6.4.2.
 *
 * @module
 */

import { type Command, noArguments } from "../command.ts";
import type { Extension } from "../extension.ts";

/** Leaves the mailbox as CLOSE does, and removes nothing. */
const unselect: Command<void> = {
  name: "UNSELECT",
  state: "selected",
  parse: noArguments,
  execute: (session) => session.unselect(),
};

/** UNSELECT. */
export const unselectExtension: Extension = {
  capabilities: () => ["UNSELECT"],
  documents: { UNSELECT: "3691" },
  commands: [unselect],
};
