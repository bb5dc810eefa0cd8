/**
 * MESSAGELIMIT and SAVELIMIT: RFC 9738. The commands themselves keep to the limits (`message_limit.ts`).
 *
 * @module
 */

import type { Limits } from "../../limits.ts";
import type { Range } from "../../wire/sequence_set.ts";
import type { Extension } from "../extension.ts";
import type { SearchKeyParser } from "../search/key.ts";

/** The greatest UID (RFC 9051 § 9, nz-number). */
const MAX_UID = 0xffff_ffff;

/** "UIDAFTER" SP uniqueid, "UIDBEFORE" SP uniqueid */
function key(rangeOf: (uid: number) => Range): SearchKeyParser {
  return (d) => {
    const range = rangeOf(d.sp().nzNumber());
    const ranges = range[0] > range[1] ? [] : [range];
    return { kind: "uids", set: { kind: "ranges", ranges } };
  };
}

/** "an IMAP server that only enforces the message limit on COPY and APPEND" has SAVELIMIT "instead" (§ 3). */
function capabilities({ messageLimit, saveLimit }: Limits): string[] {
  if (messageLimit > 0) return [`MESSAGELIMIT=${messageLimit}`];
  return saveLimit > 0 ? [`SAVELIMIT=${saveLimit}`] : [];
}

/** MESSAGELIMIT and SAVELIMIT. */
export const messageLimitExtension: Extension = {
  capabilities: ({ limits }) => capabilities(limits),
  documents: { "MESSAGELIMIT=": "9738", "SAVELIMIT=": "9738" },
  searchKeys: new Map([
    ["UIDAFTER", key((uid) => [uid + 1, MAX_UID])],
    ["UIDBEFORE", key((uid) => [1, uid - 1])],
  ]),
};
