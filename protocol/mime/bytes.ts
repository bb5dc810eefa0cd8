/**
 * Lines and text in a buffer of bytes: what all of this folder reads with.
 *
 * @module
 */

import { Buffer, isAscii, isUtf8 } from "node:buffer";

/** Line feed. */
export const LF = 10;
/** Carriage return. */
export const CR = 13;
/** The hyphen, which delimiter lines begin with. */
export const HYPHEN = 45;

/**
 * How far to look byte by byte before the built-in search is worth its call: short lines are found by the
 * loop, long ones at the speed of memory.
 */
const NEAR = 80;
/** How much is decoded at once for the sake of ranges in it. */
const MAX_AT_ONCE = 65_536;

/** How much is searched at once for the end of a header or of a long field, and for what {@linkcode ForwardSearch} finds. */
const WINDOW = 65_536;
/** How much is searched at once for the end of a long line. */
const LONG_WINDOW = 524_288;
const EMPTY_LINE = /\n\r?\n/;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const windows1252 = new TextDecoder("windows-1252");

/**
 * The place of the next line feed, or `end` when there is none before it.
 * @param bytes searched in
 * @param from where to begin
 * @param end where to stop
 */
export function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  const near = Math.min(from + NEAR, end);
  let at = from;
  while (at < near && bytes[at] !== LF) at++;
  if (at < near || at >= end) return at;
  const found = bytes.subarray(at, at + WINDOW).indexOf(LF);
  if (found >= 0) return Math.min(at + found, end);
  // A string is searched several times as fast as an array, but has to be made.
  for (at += WINDOW; at < end; at += LONG_WINDOW) {
    const found = latin1(bytes, at, Math.min(at + LONG_WINDOW, end))
      .indexOf("\n");
    if (found >= 0) return at + found;
  }
  return end;
}

/** Whether the byte is a space or a tab. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9;
}

/** Whether the line that begins at `at` has nothing in it but its line end; false at `end`. */
export function isEmptyLine(
  bytes: Uint8Array,
  at: number,
  end: number,
): boolean {
  if (at >= end) return false;
  return bytes[at] === LF ||
    (bytes[at] === CR && at + 1 < end && bytes[at + 1] === LF);
}

/**
 * Where a header ends, with its empty line: the end of the bytes where it has none.
 * @param from where a line of it begins
 */
export function headerEnd(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  if (isEmptyLine(bytes, from, length)) {
    return from + (bytes[from] === LF ? 1 : 2);
  }
  for (let at = from; at < length; at += WINDOW) {
    const text = latin1(bytes, at, Math.min(at + WINDOW + 2, length));
    const found = EMPTY_LINE.exec(text);
    if (found !== null) return at + found.index + found[0].length;
  }
  return length;
}

/**
 * Where the next line begins that is not folded: the end of the bytes where there is none. However short the lines
 * are, the cost is that of a look at each byte.
 */
export function unfoldedLine(bytes: Uint8Array, from: number): number {
  const { length } = bytes;
  for (let at = from + 1; at < length; at++) {
    if (bytes[at - 1] === LF && !isBlank(bytes[at])) return at;
  }
  return length;
}

/** The number of line feeds in a range. */
export function countLines(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let lines = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] === LF) lines++;
  }
  return lines;
}

/**
 * Looks for one string in bytes, from the front to the back, at the speed of the built-in search. However often it is
 * asked, no byte is made text of twice.
 */
export class ForwardSearch {
  readonly #bytes: Uint8Array;
  readonly #wanted: string;
  /** The text of the bytes from here on: a window and as much as a match reaches beyond it. */
  #start = 0;
  #text = "";

  /** @param wanted what is looked for, one character a byte */
  constructor(bytes: Uint8Array, wanted: string) {
    this.#bytes = bytes;
    this.#wanted = wanted;
  }

  /**
   * Where it is found next; the end of the bytes where it is not there any more.
   * @param from where to begin, not before where it was begun the last time
   */
  next(from: number): number {
    const { length } = this.#bytes;
    const beyond = this.#wanted.length - 1;
    for (let at = from; at < length; at = this.#start + WINDOW) {
      if (this.#text === "" || at >= this.#start + WINDOW) {
        const end = Math.min(at + WINDOW + beyond, length);
        this.#text = latin1(this.#bytes, at, end);
        this.#start = at;
      }
      const found = this.#text.indexOf(this.#wanted, at - this.#start);
      if (found >= 0) return this.#start + found;
    }
    return length;
  }
}

/** Bytes as a string with one character a byte (ISO 8859-1). */
export function latin1(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("latin1", start, end);
}

/**
 * Bytes as text when nothing says which charset they are in: UTF-8 when they are valid UTF-8 (RFC 6532),
 * else windows-1252, which never fails. NUL, which no IMAP string may hold (RFC 9051 § 9, CHAR8), becomes
 * U+FFFD.
 */
export function decodeUnlabelled(
  bytes: Uint8Array,
  start: number = 0,
  end: number = bytes.length,
): string {
  const range = bytes.subarray(start, end);
  const text = (isUtf8(range) ? utf8 : windows1252).decode(range);
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}

/**
 * The text of ranges of a header, each as {@linkcode decodeUnlabelled} gives it. One that is plain ASCII, as most
 * are, is decoded once for all of them.
 */
export class RangeTexts {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #plain: string | undefined;

  /** Takes where the header begins and ends. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    if (end - start > MAX_AT_ONCE || !isAscii(bytes.subarray(start, end))) {
      return;
    }
    const text = latin1(bytes, start, end);
    if (!text.includes("\0")) this.#plain = text;
  }

  /** The text of a range within the header. */
  text(start: number, end: number): string {
    return this.#plain === undefined
      ? decodeUnlabelled(this.#bytes, start, end)
      : this.#plain.slice(start - this.#start, end - this.#start);
  }
}
