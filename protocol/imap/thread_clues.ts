/**
 * What the header of a message says of the messages that it belongs together with.
 *
 * @module
 */

import type { ThreadClues } from "../../storage/model.ts";
import { baseSubject } from "../mime/base_subject.ts";
import { decodeWords } from "../mime/encoded_word.ts";
import type { Envelope } from "../mime/envelope.ts";

/** The longest Message-ID: RFC 5322 § 2.1.1 has no longer lines. */
const MAX_ID = 998;

/** The clues that a header gives. */
export function threadClues(envelope: Envelope): ThreadClues {
  const [own] = messageIds(envelope.messageId);
  const references = messageIds(envelope.references);
  // Of several the first is the one that is answered (RFC 5322 § 3.6.4 leaves it open).
  const [parent] = messageIds(envelope.inReplyTo);
  if (parent !== undefined && !references.includes(parent)) {
    references.push(parent);
  }
  const base = baseSubject(decodeWords(envelope.subject ?? ""));
  return {
    ...(own === undefined ? {} : { id: own }),
    references: references.filter((reference) => reference !== own),
    subject: base.text.toLowerCase(),
    isReply: base.isReply,
  };
}

/** msg-id = "<" id-left "@" id-right ">", with whatever else stands between the brackets. */
function messageIds(value: string | null): string[] {
  if (value === null) return [];
  const ids = new Set<string>();
  for (let at = 0;;) {
    const start = value.indexOf("<", at);
    const end = start < 0 ? -1 : value.indexOf(">", start);
    if (end < 0) return [...ids];
    const id = value.slice(start + 1, end).replace(/\s+/g, "");
    if (id !== "" && id.length <= MAX_ID) ids.add(id);
    at = end + 1;
  }
}
