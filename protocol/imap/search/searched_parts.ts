/**
 * The parts of a message that a search looks at: what is signed and what is looked into are the same.
 *
 * @module
 */

import { MIME_LIMITS } from "../../mime/limits.ts";
import type { Part } from "../../mime/part.ts";

/** A part as a search sees it. */
export interface SearchedPart {
  /** The part; its header begins at `headerStart`. */
  readonly part: Part;
  /** Up to where its header is looked at. */
  readonly headerEnd: number;
  /** Whether its body is text to look at. */
  readonly hasText: boolean;
}

/** All parts of a message that has been parsed, embedded messages and what is in them included, however deep. */
export function* searchedParts(
  root: Part,
): Generator<SearchedPart, void, undefined> {
  const open: Part[] = [root];
  for (let part = open.pop(); part !== undefined; part = open.pop()) {
    const { headerStart, bodyStart, type, message } = part;
    const most = headerStart + MIME_LIMITS.maxEnvelopeBytes;
    const isText = type === "TEXT" || type === "MESSAGE";
    yield {
      part,
      headerEnd: Math.min(bodyStart, most),
      hasText: isText && message === null,
    };
    if (message === null) open.push(...part.children);
    else open.push(message);
  }
}
