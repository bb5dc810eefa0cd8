/**
 * SPECIAL-USE and CREATE-SPECIAL-USE: RFC 6154, with the uses that RFC 8457 and RFC 9979 have added.
 *
 * `\All`, `\Scheduled` and `\Snoozed` say that a server gathers, sends or brings back what is in the mailbox, which
 * this one does not: no client can give them, though an application may, by its callbacks or its storage. `\Important`
 * and `\Memos` go with the keywords `$Important` and `$memo`, which are as any other here. Special uses are in every
 * LIST response, asked for or not.
 *
 * @module
 */

import { No } from "../errors.ts";
import type { Extension } from "../extension.ts";

/** The uses that a client may give a mailbox, by their lower-case names. */
const USES = new Map(
  [
    "\\Archive",
    "\\Drafts",
    "\\Flagged",
    "\\Important",
    "\\Junk",
    "\\Memos",
    "\\Sent",
    "\\Trash",
  ].map((use) => [use.toLowerCase(), use]),
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
