/**
 * What holds for every message that has been parsed, for tests.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { countLines } from "./bytes.ts";
import type { Part } from "./part.ts";

/** Throws unless all parts lie where they can. */
export function checkInvariants(bytes: Uint8Array, root: Part): void {
  assertEquals(root.headerStart, 0);
  assertEquals(root.bodyEnd, bytes.length);
  const ahead = [root];
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    assert(
      part.headerStart <= part.bodyStart && part.bodyStart <= part.bodyEnd,
    );
    assertEquals(
      part.bodyLines,
      part.type === "TEXT" || part.type === "MESSAGE"
        ? countLines(bytes, part.bodyStart, part.bodyEnd)
        : 0,
    );
    let from = part.bodyStart;
    for (const child of part.children) {
      assert(child.headerStart >= from, "children ascend and do not overlap");
      from = child.bodyEnd;
    }
    assert(from <= part.bodyEnd, "children lie in the body");
    if (part.message !== null) {
      assertEquals(part.children.length, 0);
      assertEquals(part.message.headerStart, part.bodyStart);
      assertEquals(part.message.bodyEnd, part.bodyEnd);
      ahead.push(part.message);
    }
    ahead.push(...part.children);
  }
}
