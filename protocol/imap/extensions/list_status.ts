/**
 * LIST-STATUS: RFC 5819, RFC 9051 § 6.3.9.2.
 *
 * @module
 */

import { parseStatusItems, statusResponse } from "../commands/status.ts";
import type { Extension } from "../extension.ts";

/** LIST-STATUS. */
export const listStatusExtension: Extension = {
  capabilities: () => ["LIST-STATUS"],
  documents: { "LIST-STATUS": "5819" },
  listReturnOptions: [{
    name: "STATUS",
    // "STATUS" SP "(" status-att *(SP status-att) ")"
    parse(d, context) {
      const items = parseStatusItems(d.sp(), context);
      return async (session, infos) => {
        const names = infos.map((info) => info.name);
        const counts = await session.account.status(names);
        return (index) => {
          const status = counts[index];
          if (status === undefined) return;
          statusResponse(session, infos[index]!, status, items);
        };
      };
    },
  }],
};
