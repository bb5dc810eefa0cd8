/**
 * Surrogates of messages (RFC 6858), piece by piece: their headers, those of parts and embedded messages too, in
 * ASCII.
 *
 * @module
 */

import type { Part } from "./part.ts";
import { downgradeHeader } from "./downgrade.ts";
import { joinBytes } from "../../storage/join_bytes.ts";

/** Where a header begins, and where it ends behind its empty line. */
export type HeaderRange = readonly [start: number, end: number];

/** The headers in a message, in their order. */
export function headerRanges(root: Part): HeaderRange[] {
  const ranges: HeaderRange[] = [];
  const ahead = [root];
  for (let part = ahead.pop(); part !== undefined; part = ahead.pop()) {
    ranges.push([part.headerStart, part.bodyStart]);
    if (part.message !== null) ahead.push(part.message);
    else ahead.push(...part.children.toReversed());
  }
  return ranges;
}

/** Takes the pieces of a message, one after the other, and gives those of its surrogate. */
export class Surrogate {
  readonly #ranges: readonly HeaderRange[];
  #next = 0;
  /** How many bytes have been taken. */
  #taken = 0;
  /** What has come of the header that is under way. */
  #header: Uint8Array[] = [];

  /** @param ranges the headers to be rewritten, in order, apart from one another */
  constructor(ranges: readonly HeaderRange[]) {
    this.#ranges = ranges;
  }

  /** The bytes to send for a piece; a header's when all of it has come. */
  take(piece: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    const begin = this.#taken;
    let at = 0;
    while (at < piece.length) {
      const range = this.#ranges[this.#next];
      const [start, end] = range ?? [Infinity, Infinity];
      if (begin + at < start) {
        const until = Math.min(piece.length, start - begin);
        parts.push(piece.subarray(at, until));
        at = until;
        continue;
      }
      const until = Math.min(piece.length, end - begin);
      this.#header.push(piece.subarray(at, until));
      at = Math.max(at, until);
      if (begin + at >= end) {
        parts.push(downgradeHeader(joinBytes(this.#header)));
        this.#header = [];
        this.#next++;
      }
    }
    this.#taken += piece.length;
    return joinBytes(parts);
  }
}
