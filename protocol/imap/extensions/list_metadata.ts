/**
 * LIST-METADATA: RFC 9590.
 *
 * @module
 */

import type { Extension } from "../extension.ts";
import { parseEntry } from "../metadata/entry.ts";
import { metadataResponse, readMailboxes } from "../metadata/query.ts";

/** LIST-METADATA. */
export const listMetadataExtension: Extension = {
  capabilities: () => ["LIST-METADATA"],
  needs: ["METADATA"],
  documents: { "LIST-METADATA": "9590" },
  listReturnOptions: [{
    name: "METADATA",
    // "METADATA" SP "(" entry *(SP entry) ")"
    parse(d, context) {
      const entries = d.sp().nonEmptyList(() => parseEntry(d, context));
      const query = { entries, depth: 0, maxSize: Infinity };
      return async (session, infos) => {
        const names = infos.map((info) => info.name);
        const answers = await readMailboxes(session, names, query);
        return (index) => {
          const answer = answers[index];
          if (answer === undefined) return;
          metadataResponse(session, names[index]!, answer);
        };
      };
    },
  }],
};
