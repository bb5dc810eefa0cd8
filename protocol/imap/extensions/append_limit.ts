/**
 * APPENDLIMIT: RFC 7889. The limit itself is APPEND's.
 *
 * @module
 */

import { appendLimit } from "../commands/append.ts";
import type { Extension } from "../extension.ts";

/** number: below 2^32, also where messages may be larger. */
const MAX_NUMBER = 0xffff_ffff;

/** APPENDLIMIT. */
export const appendLimitExtension: Extension = {
  // "APPENDLIMIT" ["=" number]: without a number where mailboxes have limits of their own (RFC 7889 § 2)
  capabilities({ limits, hasAppendLimits }) {
    if (hasAppendLimits) return ["APPENDLIMIT"];
    const most = appendLimit({ limits }, "", "");
    return [`APPENDLIMIT=${Math.min(most, MAX_NUMBER)}`];
  },
  documents: { "APPENDLIMIT=": "7889" },
  statusItems: [{
    name: "APPENDLIMIT",
    write({ host, identity, out }, _status, { name }) {
      const most = appendLimit(host, identity!.user, name);
      out.number(Math.min(most, MAX_NUMBER));
    },
  }],
};
