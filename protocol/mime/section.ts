/**
 * Part numbers and sections to ranges of a message (RFC 9051 § 6.4.5.1).
 *
 * @module
 */

import type { Part } from "./part.ts";

/** What of a part a section names: its body (or all of a message), or one of the part specifiers. */
export type SectionKind = "" | "HEADER" | "TEXT" | "MIME";

/** Bytes of a message from `start` up to `end`. */
export interface SectionRange {
  /** The first byte. */
  readonly start: number;
  /** The byte after the last. */
  readonly end: number;
}

/**
 * The part that numbers lead to. Each number chooses among the parts of a multipart; in a message that is no
 * multipart, 1 is the message itself, as a part with its body. From a part that is a message the next number
 * goes on inside it.
 * @param root the message
 * @param numbers counted from 1; none for the message itself
 * @returns undefined when there is no such part
 */
export function findSection(
  root: Part,
  numbers: readonly number[],
): Part | undefined {
  let part = root;
  let message: Part | null = root;
  for (const number of numbers) {
    let next: Part | undefined;
    if (part.type === "MULTIPART") next = part.children[number - 1];
    else if (message?.type === "MULTIPART") next = message.children[number - 1];
    else if (message !== null && number === 1) next = message;
    if (next === undefined) return undefined;
    // The root is the first part of itself; what is inside it comes after that.
    message = next.message;
    part = next;
  }
  return part;
}

/**
 * The bytes that a section names.
 * @param root the message
 * @param numbers the part numbers of the section
 * @param kind `HEADER.FIELDS` and `HEADER.FIELDS.NOT` choose from what `HEADER` gives
 * @returns undefined when there is no such part, or it has no such thing: HEADER and TEXT after numbers want
 * a message/rfc822 or message/global, MIME wants numbers
 */
export function sectionRange(
  root: Part,
  numbers: readonly number[],
  kind: SectionKind,
): SectionRange | undefined {
  const part = findSection(root, numbers);
  if (part === undefined) return undefined;
  const nested = numbers.length > 0;
  if (kind === "") {
    const start = nested ? part.bodyStart : part.headerStart;
    return { start, end: part.bodyEnd };
  }
  if (kind === "MIME") {
    return nested
      ? { start: part.headerStart, end: part.bodyStart }
      : undefined;
  }
  const message = nested ? part.message : part;
  if (message === null) return undefined;
  return kind === "HEADER"
    ? { start: message.headerStart, end: message.bodyStart }
    : { start: message.bodyStart, end: message.bodyEnd };
}
