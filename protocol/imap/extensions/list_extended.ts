/**
 * The options of LIST-EXTENDED (RFC 5258) and CHILDREN (RFC 3348), which RFC 9051 has taken in.
 *
 * The command itself knows RECURSIVEMATCH and REMOTE, which are about the other options; there are no remote
 * mailboxes. `\HasChildren` and `\HasNoChildren` are in every LIST response.
 *
 * @module
 */

import type { Extension } from "../extension.ts";

/** LIST-EXTENDED and CHILDREN. */
export const listExtendedExtension: Extension = {
  capabilities: () => ["LIST-EXTENDED", "CHILDREN"],
  documents: { "LIST-EXTENDED": "5258", CHILDREN: "3348" },
  listSelectionOptions: [
    { name: "SUBSCRIBED", test: (info) => info.subscribed },
  ],
  listReturnOptions: [{ name: "SUBSCRIBED" }, { name: "CHILDREN" }],
};
