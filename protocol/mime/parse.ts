/**
 * The structure of a message, in one pass over its lines.
 *
 * What is decided here, where messages in the wild leave room:
 *
 * - A line ends with LF, with or without CR before it. A CR alone ends nothing.
 * - A header ends with its first empty line, at a delimiter line of an open multipart, or with the bytes.
 * - MIME-Version is not asked for.
 * - A delimiter line matches as RFC 2046 § 5.1.1 says, see {@linkcode Boundaries}; it ends whatever is open
 *   inside its multipart. A delimiter of a multipart that has been closed is text.
 * - A multipart without a boundary parameter, or whose boundary never comes, stays a multipart and has no
 *   children.
 * - A Content-Type that is no type is text/plain.
 * - A multipart is read in spite of a transfer encoding, which it must not have (RFC 2045 § 6.4); an
 *   encoded message/rfc822 is not.
 *
 * The cost is linear in the bytes for any message; depth and number of parts are bounded. Nothing throws.
 *
 * @module
 */

import { Boundaries } from "./boundaries.ts";
import {
  countLines,
  CR,
  ForwardSearch,
  headerEnd,
  HYPHEN,
  isBlank,
  isEmptyLine,
  LF,
  lineEnd,
  RangeTexts,
} from "./bytes.ts";
import {
  boundaryOf,
  type ContentFields,
  type ContentRanges,
  noteContentField,
  readContentFields,
} from "./content_fields.ts";
import { MIME_LIMITS, type MimeLimits } from "./limits.ts";
import type { Part } from "./part.ts";

export type { Part } from "./part.ts";

/** A part while it is read; its offsets are final when it is closed. */
interface OpenPart extends ContentFields {
  headerStart: number;
  bodyStart: number;
  bodyEnd: number;
  bodyLines: number;
  children: OpenPart[];
  message: OpenPart | null;
}

/** Transfer encodings under which the bytes of an embedded message are not those of a message. */
const ENCODED: ReadonlySet<string> = new Set([
  "BASE64",
  "QUOTED-PRINTABLE",
  "X-UUENCODE",
  "X-UUE",
  "UUENCODE",
]);

/**
 * Reads the structure of a message.
 * @param bytes the whole message, in whatever state
 * @param limits see {@linkcode MimeLimits}
 * @returns the message as a part: its header begins at 0, its body ends with the bytes
 */
export function parseMessage(
  bytes: Uint8Array,
  limits?: Partial<MimeLimits>,
): Part {
  return new Parser(bytes, { ...MIME_LIMITS, ...limits }).parse();
}

class Parser {
  readonly #bytes: Uint8Array;
  readonly #limits: MimeLimits;
  readonly #hyphens: ForwardSearch;
  /** The start of the line that is looked at. */
  #at = 0;
  /** The line feeds before it, but for those in bodies of which nobody wants to know how many there are. */
  #lines = 0;
  /** How many of the open parts have a size in lines. */
  #inLines = 0;
  /** The parts that are open, outermost first; `#boundaries` leads to a multipart's place here. */
  readonly #open: OpenPart[] = [];
  readonly #boundaries = new Boundaries<number>();
  /** The boundary of each open part, where it has one that is still looked for. */
  readonly #boundaryOf: (Uint8Array | undefined)[] = [];
  #parts = 0;

  constructor(bytes: Uint8Array, limits: MimeLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
    this.#hyphens = new ForwardSearch(bytes, "\n--");
  }

  parse(): Part {
    const root = this.#openPart(false);
    while (this.#at < this.#bytes.length) this.#body();
    this.#closeFrom(0, this.#bytes.length);
    return root;
  }

  /** Reads lines up to one that delimits an open multipart, and what that line begins; or to the end. */
  #body(): void {
    const bytes = this.#bytes;
    for (;;) {
      this.#toHyphens();
      if (this.#at === bytes.length) return;
      const start = this.#at;
      const end = lineEnd(bytes, start, bytes.length);
      const delimiter = this.#boundaries.match(bytes, start, end);
      if (delimiter === undefined) {
        this.#nextLine(end);
        continue;
      }
      const { owner, closing } = delimiter;
      this.#closeFrom(owner + 1, start);
      this.#nextLine(end);
      if (closing) {
        this.#closeBoundary(owner);
      } else {
        const parent = this.#open[owner]!;
        parent.children.push(this.#openPart(parent.subtype === "DIGEST"));
      }
      return;
    }
  }

  /** Goes to the next line that begins with two hyphens, as a delimiter does, or to the end. */
  #toHyphens(): void {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = this.#at;
    if (this.#inLines === 0) {
      // Most of what is large is an attachment: its lines need no look at each.
      if (bytes[at] === HYPHEN && bytes[at + 1] === HYPHEN) return;
      this.#at = Math.min(this.#hyphens.next(at) + 1, length);
      return;
    }
    while (at < length && !(bytes[at] === HYPHEN && bytes[at + 1] === HYPHEN)) {
      while (at < length && bytes[at] !== LF) at++;
      if (at === length) break;
      this.#lines++;
      at++;
    }
    this.#at = at;
  }

  /** Goes on after the line that ends at `end`. */
  #nextLine(end: number): void {
    if (end < this.#bytes.length) this.#lines++;
    this.#at = Math.min(end + 1, this.#bytes.length);
  }

  /**
   * Reads the header of the part that begins here and, while what it holds is a message, that message's
   * header, and so on; all of them are then open.
   * @returns the first of them
   */
  #openPart(inDigest: boolean): OpenPart {
    const first = this.#header(inDigest);
    let part = first;
    while (this.#descends(part)) part = part.message = this.#header(false);
    return first;
  }

  #descends(part: OpenPart): boolean {
    return part.type === "MESSAGE" &&
      (part.subtype === "RFC822" || part.subtype === "GLOBAL") &&
      !ENCODED.has(part.encoding) &&
      this.#open.length < this.#limits.maxDepth &&
      this.#parts < this.#limits.maxParts;
  }

  /** Reads the header that begins here and opens its part. */
  #header(inDigest: boolean): OpenPart {
    const headerStart = this.#at;
    const ranges = this.#headerLines();
    const fields = readContentFields(
      new RangeTexts(this.#bytes, headerStart, this.#at),
      ranges,
      inDigest,
      this.#limits,
    );
    const part: OpenPart = {
      ...fields,
      headerStart,
      bodyStart: this.#at,
      bodyEnd: this.#at,
      // Until the end of the body is known: the line feeds before its start, to be subtracted.
      bodyLines: this.#lines,
      children: [],
      message: null,
    };
    const boundary = this.#open.length < this.#limits.maxDepth
      ? boundaryOf(this.#bytes, ranges, fields, this.#limits)
      : undefined;
    this.#boundaryOf.push(boundary);
    this.#open.push(part);
    if (hasLines(part)) this.#inLines++;
    if (++this.#parts >= this.#limits.maxParts) {
      // No further part can begin: the rest belongs to those that are open.
      this.#boundaries.clear();
    } else if (boundary !== undefined) {
      this.#boundaries.open(boundary, this.#open.length - 1);
    }
    return part;
  }

  /** Goes to the start of the body and finds the Content- fields on the way. */
  #headerLines(): ContentRanges {
    const bytes = this.#bytes;
    const ranges: ContentRanges = new Map();
    const lastByte = this.#at + this.#limits.maxHeaderBytes;
    let fieldCount = 0;
    let fieldStart = -1;
    while (this.#at < bytes.length) {
      const start = this.#at;
      if (start >= lastByte && this.#boundaries.size === 0) {
        if (fieldStart >= 0) noteContentField(ranges, bytes, fieldStart, start);
        this.#at = headerEnd(bytes, start);
        // What is before a message's own body counts for nothing.
        if (this.#open.length > 0) {
          this.#lines += countLines(bytes, start, this.#at);
        }
        return ranges;
      }
      if (!isBlank(bytes[start])) {
        if (fieldStart >= 0) noteContentField(ranges, bytes, fieldStart, start);
        const wanted = fieldCount++ < this.#limits.maxHeaderFields &&
          start < lastByte;
        fieldStart = wanted ? start : -1;
      }
      const end = lineEnd(bytes, start, bytes.length);
      if (isEmptyLine(bytes, start, bytes.length)) {
        this.#nextLine(end);
        return ranges;
      }
      if (this.#boundaries.match(bytes, start, end) !== undefined) {
        return ranges;
      }
      this.#nextLine(end);
    }
    if (fieldStart >= 0) noteContentField(ranges, bytes, fieldStart, this.#at);
    return ranges;
  }

  /**
   * Ends every open part from a place in the stack on.
   * @param lineStart where the delimiter line begins, or the end of the message
   */
  #closeFrom(index: number, lineStart: number): void {
    const outermost = this.#open[index];
    if (outermost === undefined) return;
    const end = lineStart < this.#bytes.length
      ? this.#endBefore(lineStart, outermost)
      : lineStart;
    const lines = end < lineStart ? this.#lines - 1 : this.#lines;
    while (this.#open.length > index) {
      this.#closeBoundary(this.#open.length - 1);
      this.#boundaryOf.pop();
      const part = this.#open.pop()!;
      part.headerStart = Math.min(part.headerStart, end);
      part.bodyStart = Math.min(part.bodyStart, end);
      part.bodyEnd = end;
      if (hasLines(part)) {
        this.#inLines--;
        part.bodyLines = Math.max(0, lines - part.bodyLines);
      } else part.bodyLines = 0;
    }
  }

  /**
   * Where a part ends that a delimiter line ends: before the line end that precedes it. That may be the
   * empty line after the part's header, so that the part has none: `body-part` and `delimiter` in RFC 2046
   * § 5.1.1 say so. Where a delimiter cuts a header short, the header keeps its line end.
   */
  #endBefore(lineStart: number, part: OpenPart): number {
    const bytes = this.#bytes;
    if (lineStart === 0 || part.headerStart === lineStart) return lineStart;
    const before = lineStart - (bytes[lineStart - 2] === CR ? 2 : 1);
    const emptyLine = before === part.headerStart || bytes[before - 1] === LF;
    return part.bodyStart < lineStart || emptyLine ? before : lineStart;
  }

  /** A multipart has had its last delimiter: its boundary is text from here on. */
  #closeBoundary(index: number): void {
    const boundary = this.#boundaryOf[index];
    if (boundary === undefined) return;
    this.#boundaryOf[index] = undefined;
    this.#boundaries.close(boundary);
  }
}

/** Whether a part may be one of those whose size in lines BODYSTRUCTURE gives. */
function hasLines({ type }: OpenPart): boolean {
  return type === "TEXT" || type === "MESSAGE";
}
