/**
 * SPECIAL-USE and CREATE-SPECIAL-USE: RFC 6154.
 *
 * Special uses are in every LIST response, asked for or not.
 *
 * @module
 */

import { No } from "../errors.ts";
import type { Extension } from "../extension.ts";

/** The uses that a client may give a mailbox, by their lower-case names. */
const USES = new Map(
  ["\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash"]
    .map((use) => [use.toLowerCase(), use]),
);

/** SPECIAL-USE and CREATE-SPECIAL-USE. */
export const specialUseExtension: Extension = {
  capabilities: () => ["SPECIAL-USE", "CREATE-SPECIAL-USE"],
  documents: { "SPECIAL-USE": "6154", "CREATE-SPECIAL-USE": "6154" },
  listSelectionOptions: [
    { name: "SPECIAL-USE", test: (info) => info.specialUse.length > 0 },
  ],
  listReturnOptions: [{ name: "SPECIAL-USE" }],
  createParameters: [{
    name: "USE",
    // create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")"
    parse(d) {
      const specialUse = d.sp().list(() => `\\${d.char("\\").atom()}`);
      return {
        specialUse: specialUse.map((use) => {
          const known = USES.get(use.toLowerCase());
          if (known === undefined) {
            throw new No("USEATTR", "No mailbox can have this special use");
          }
          return known;
        }),
      };
    },
  }],
};
