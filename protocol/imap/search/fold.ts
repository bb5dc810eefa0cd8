/**
 * Text as SEARCH compares it (RFC 5255 § 4.6): equal strings are equal to a search. A text that is cut between two
 * characters has the folds of its pieces.
 *
 * @module
 */

import { unicodeCasemap } from "../unicode_casemap.ts";

/** The capital of each ASCII character; 0 for NUL and for what is not ASCII. */
export const CAPITALS: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    byte < 0x80 ? String.fromCharCode(byte).toUpperCase().charCodeAt(0) : 0,
);

/** Folds a text, which may become longer. */
export const fold: (text: string) => string = unicodeCasemap;

/** A header field's text as it is compared: folded, with each run of white space as one space. */
export function foldHeader(text: string): string {
  return fold(text).replace(/[\t\n\r ]+/g, " ");
}
