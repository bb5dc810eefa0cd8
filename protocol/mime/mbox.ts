/**
 * Reading mbox files (RFC 4155) of any origin, as a stream.
 *
 * Bodies hold lines that begin with "From " unquoted, so a line separates messages only at the start of the
 * file or after an empty line, and only when it ends in a date. Some programs write their From lines without
 * one (`From -`): in a file whose first line is such a line, a From line of one word counts when a header
 * field follows it, wherever it stands. Content-Length is not believed.
 *
 * @module
 */

import { CR, isEmptyLine, latin1, LF, lineEnd } from "./bytes.ts";
import { parseDate } from "./date.ts";

/** A message of an mbox file. */
export interface MboxMessage {
  /** Where its From line begins in the file, in bytes. */
  readonly offset: number;
  /** Where the next From line begins, or the file ends: where reading can be taken up again. */
  readonly end: number;
  /** The From line without its line end. */
  readonly fromLine: string;
  /** The message, line ends as they are, without the empty line that ends it in the file. */
  readonly source: Uint8Array;
  /** Whether the message is larger than allowed; `source` is then empty. */
  readonly oversized: boolean;
}

/** How an mbox file is read. */
export interface MboxOptions {
  /** The place in the file at which the stream begins, for the offsets that are reported. Default 0. */
  readonly offset?: number;
  /** The largest message, in bytes; no more is held in memory but a chunk. Default 50 MiB. */
  readonly maxMessageSize?: number;
  /**
   * What to do with lines that were quoted with ">": nothing, take one ">" from `>From ` (mboxo), or from
   * `>From `, `>>From ` and so on (mboxrd). Default `none`.
   */
  readonly unquote?: "none" | "mboxo" | "mboxrd";
}

/** Longer From lines separate nothing. */
const MAX_FROM_LINE = 998;

const DATED =
  /^From +(?:.*? )??((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +[A-Za-z0-9].* (?:[0-9]{4}|[+-][0-9]{4}|[A-Z]{1,5}))$/;
const HEADER_FIELD = /^[!-9;-~]+[ \t]*:/;

/**
 * The date in a From line.
 * @param line the line, with "From " and without its line end
 * @returns milliseconds since 1970, UTC where the line names no zone; undefined when there is no date
 */
export function fromLineDate(line: string): number | undefined {
  if (line.length > MAX_FROM_LINE) return undefined;
  const match = DATED.exec(line.replace(/ remote from .*$/, "").trimEnd());
  return match === null ? undefined : parseDate(match[1]!)?.time;
}

/**
 * Reads the messages of an mbox file, in order. Memory is bounded by one message and one chunk. What stands
 * before the first From line is passed over.
 */
export async function* readMbox(
  stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
  options: MboxOptions = {},
): AsyncGenerator<MboxMessage, void, undefined> {
  const reader = new MboxReader(options);
  for await (const chunk of stream) {
    reader.push(chunk);
    yield* reader.messages(false);
  }
  yield* reader.messages(true);
}

class MboxReader {
  readonly #maxSize: number;
  readonly #unquote: "none" | "mboxo" | "mboxrd";
  /** What has been read and not given out: `[#start, #end)` of the buffer. */
  #buffer = new Uint8Array(65_536);
  #start = 0;
  #end = 0;
  /** The next line to look at. */
  #line = 0;
  /** The place of the start of the buffer in the file. */
  #base: number;
  /** Whether `#line` is inside a line that is too long to be of interest. */
  #inLine = false;
  /** Whether a From line may stand at `#line`: at the start, and after an empty line. */
  #mayBegin = true;
  #dateless: boolean | undefined;
  #current:
    | { offset: number; fromLine: string; oversized: boolean }
    | undefined;

  constructor(options: MboxOptions) {
    this.#base = options.offset ?? 0;
    this.#maxSize = options.maxMessageSize ?? 50 * 1_048_576;
    this.#unquote = options.unquote ?? "none";
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) {
      this.#makeRoom(chunk.length);
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  #makeRoom(more: number): void {
    const kept = this.#buffer.subarray(this.#start, this.#end);
    const needed = kept.length + more;
    const large = needed * 2 > this.#buffer.length;
    const buffer = large ? new Uint8Array(needed * 2) : this.#buffer;
    // Within one buffer this is a move; `set` copes with the overlap.
    buffer.set(kept, 0);
    this.#line -= this.#start;
    this.#base += this.#start;
    this.#start = 0;
    this.#end = kept.length;
    this.#buffer = buffer;
  }

  /** The messages that are complete. */
  *messages(last: boolean): Generator<MboxMessage, void, undefined> {
    while (this.#line < this.#end) {
      const end = this.#wholeLine(this.#line, last);
      if (end < 0 && this.#end - this.#line <= MAX_FROM_LINE) break;
      if (end < 0 || this.#inLine) {
        this.#inLine = end < 0;
        this.#mayBegin = false;
        this.#line = end < 0 ? this.#end : end;
        this.#bound();
        continue;
      }
      if (
        (this.#mayBegin || this.#dateless === true) &&
        this.#startsWithFrom(this.#line)
      ) {
        const begins = this.#begins(this.#line, end, last);
        if (begins === undefined) break;
        if (begins) {
          if (this.#current !== undefined) yield this.#finish(this.#line);
          this.#begin(this.#line, end);
          continue;
        }
      }
      this.#mayBegin = isEmptyLine(this.#buffer, this.#line, this.#end);
      this.#line = end;
      this.#bound();
    }
    this.#bound();
    if (last && this.#current !== undefined) yield this.#finish(this.#end);
  }

  /** Where the line after this one begins, or -1 when its end has not come yet. */
  #wholeLine(start: number, last: boolean): number {
    const end = lineEnd(this.#buffer, start, this.#end);
    if (end < this.#end) return end + 1;
    return last ? this.#end : -1;
  }

  #startsWithFrom(at: number): boolean {
    const bytes = this.#buffer;
    return at + 5 <= this.#end && bytes[at] === 70 && bytes[at + 1] === 114 &&
      bytes[at + 2] === 111 && bytes[at + 3] === 109 && bytes[at + 4] === 32;
  }

  /** Whether a line that begins with "From " begins a message; undefined when that takes more bytes. */
  #begins(start: number, end: number, last: boolean): boolean | undefined {
    if (end - start > MAX_FROM_LINE) return false;
    const line = this.#text(start, end);
    if (fromLineDate(line) !== undefined) {
      this.#dateless ??= false;
      return true;
    }
    if (this.#dateless === false || !/^From +\S+ *$/.test(line)) return false;
    const next = this.#wholeLine(end, last);
    if (next < 0 && this.#end - end <= MAX_FROM_LINE) return undefined;
    const field = this.#text(end, Math.min(this.#end, end + MAX_FROM_LINE));
    if (!HEADER_FIELD.test(field)) return false;
    this.#dateless ??= true;
    return true;
  }

  #text(start: number, end: number): string {
    return latin1(this.#buffer, start, end).replace(/\r?\n[^]*$/, "");
  }

  #begin(start: number, end: number): void {
    this.#current = {
      offset: this.#base + start,
      fromLine: this.#text(start, end),
      oversized: false,
    };
    this.#start = this.#line = end;
    this.#mayBegin = false;
  }

  /** Lets go of what will not be given out: lines before the first message, a message too large. */
  #bound(): void {
    if (this.#current === undefined) this.#start = this.#line;
    else if (
      this.#current.oversized || this.#line - this.#start > this.#maxSize + 4
    ) {
      this.#current.oversized = true;
      this.#start = this.#line;
    }
  }

  #finish(end: number): MboxMessage {
    const { offset, fromLine, oversized } = this.#current!;
    this.#current = undefined;
    const source = this.#buffer.slice(
      this.#start,
      withoutEmptyLine(this.#buffer, this.#start, end),
    );
    const tooLarge = oversized || source.length > this.#maxSize;
    return {
      offset,
      end: this.#base + end,
      fromLine,
      source: tooLarge
        ? new Uint8Array(0)
        : this.#unquote === "none"
        ? source
        : unquoteFrom(source, this.#unquote === "mboxrd"),
      oversized: tooLarge,
    };
  }
}

/** The end of a message in the file without the empty line that comes before the next. */
function withoutEmptyLine(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let to = end;
  if (to > start && bytes[to - 1] === LF) to--;
  else return end;
  if (to > start && bytes[to - 1] === CR) to--;
  return to === start || bytes[to - 1] === LF ? to : end;
}

/** Takes one ">" from quoted From lines, in place. */
function unquoteFrom(bytes: Uint8Array, all: boolean): Uint8Array {
  let to = 0;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(lineEnd(bytes, at, bytes.length) + 1, bytes.length);
    let from = at;
    while (bytes[from] === 62) from++;
    const quoted = all ? from > at : from === at + 1;
    if (quoted && latin1(bytes, from, from + 5) === "From ") at++;
    bytes.copyWithin(to, at, end);
    to += end - at;
    at = end;
  }
  return bytes.subarray(0, to);
}
