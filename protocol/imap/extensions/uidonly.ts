/**
 * UIDONLY: RFC 9586. What it changes is where messages are named: `fetchResponse` and VANISHED in `announce.ts`, the
 * admission of commands, the keys of SEARCH.
 *
 * @module
 */

import type { Extension } from "../extension.ts";

/** UIDONLY. */
export const uidOnlyExtension: Extension = {
  capabilities: () => ["UIDONLY"],
  documents: { UIDONLY: "9586" },
  enable: ["UIDONLY"],
  whenEnabled(session) {
    if (session.state === "selected") session.selected.updates.refuseNumbers();
  },
};
