/**
 * All that a message says, for tests.
 *
 * @module
 */

import type { Part } from "./part.ts";
import { partText } from "./text.ts";

/** The texts of the parts that are text, in order, those in embedded messages included. */
export function* textsOf(
  bytes: Uint8Array,
  root: Part,
): Generator<string, void, undefined> {
  const ahead: Part[] = [root];
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    if (part.message !== null) ahead.push(part.message);
    else if (part.type === "TEXT" || part.type === "MESSAGE") {
      yield partText(bytes, part);
    }
    ahead.push(...part.children.toReversed());
  }
}
