/**
 * Framing: a stream of bytes becomes commands.
 *
 * The reader knows lines and literals and nothing else, so that no syntax error, however strange, can make
 * it lose the place where the next command begins. What a command means is the decoder's business.
 *
 * Lines end in CRLF; a bare LF is taken for one. A bare CR is data.
 *
 * @module
 */

import { LiteralData } from "./literal_data.ts";
import { literalHeader } from "./literal_header.ts";

/**
 * A command as it came. Its bytes never change, but they may be views of a larger buffer: what is to be kept
 * for long is better copied.
 */
export interface Frame {
  /**
   * The command's lines without the last CRLF. Each literal header stays, its CRLF too; the text goes on
   * right behind that.
   */
  readonly text: Uint8Array;
  /** The data of the literals, in order. */
  readonly literals: readonly Uint8Array[];
}

/** A literal that a client announces (RFC 9051 § 4.3). */
export interface LiteralHeader {
  /** Its size in bytes. */
  readonly size: number;
  /** Whether the data comes without a continuation request (RFC 7888). */
  readonly nonSync: boolean;
  /** Whether it is a literal8 (RFC 3516). */
  readonly binary: boolean;
  /** How many literals the command has before it. */
  readonly index: number;
}

/** What the reader has found. */
export type ReaderEvent =
  /** A whole command. */
  | { readonly type: "command"; readonly frame: Frame }
  /**
   * A literal is announced; `text` is the command up to and with the header and its CRLF. The reader stands
   * still until `accept()` or `refuse()`.
   */
  | {
    readonly type: "literal";
    readonly header: LiteralHeader;
    readonly text: Uint8Array;
  }
  /**
   * The command's text is above the limit, or nobody can tell how much data a non-synchronizing literal
   * brings. The connection must end: the reader answers nothing any more.
   */
  | { readonly type: "overflow"; readonly reason: "line" | "literal-number" };

const CR = 0x0d;
const LF = 0x0a;
const CRLF = Uint8Array.of(CR, LF);
const EMPTY = new Uint8Array(0);
const NO_LITERALS: readonly Uint8Array[] = [];
/** The least that is set aside for input. */
const BUFFER_SIZE = 512;
/** The least that is set aside for a command of several lines. */
const TEXT_SIZE = 128;
/** An empty buffer larger than this is given back while the client is silent. */
const IDLE_SIZE = 4_096;

/** See the module's text. */
export class CommandReader {
  readonly #limit: number;
  /**
   * Input from `#start` to `#end`. Bytes before `#end` are never written again, so that frames may be views
   * of the buffer.
   */
  #buffer: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** There is no LF from `#start` to here. */
  #searched = 0;
  /** The lines of the command before the one that is being read; while discarding only their length. */
  #text: Uint8Array = EMPTY;
  #textLength = 0;
  #literals: Uint8Array[] = [];
  /** The literal that waits for a decision. */
  #header: LiteralHeader | undefined;
  /** The literal under way; while it is, the buffer is empty. */
  #literal: LiteralData | undefined;
  /** Whether the rest of the command is to be forgotten. */
  #discarding = false;
  #ended = false;

  /**
   * Makes a reader at the start of a command.
   * @param limits `lineLength`: how long a command's text may be in bytes, all its lines together, without
   * literals (RFC 7162 § 4)
   */
  constructor(limits: { lineLength: number }) {
    this.#limit = limits.lineLength;
  }

  /** Bytes pushed but not consumed. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Bytes still missing of the literal under way, 0 otherwise. */
  get expected(): number {
    return this.#literal?.missing ?? 0;
  }

  /** Whether no literal is announced or under way: what is there is the start of a command at the most. */
  get between(): boolean {
    return this.#header === undefined && this.#literal === undefined &&
      this.#textLength === 0;
  }

  /**
   * Where the next input is best put, so that it need not be copied: in its place in a large literal. It stands until
   * {@linkcode push}, and input may be put elsewhere all the same.
   */
  room(): Uint8Array | undefined {
    return this.#literal?.room();
  }

  /** Takes input in. Unless it begins where {@linkcode room} does, the chunk is copied: it may be used again. */
  push(chunk: Uint8Array): void {
    if (this.#ended) return;
    const from = this.#literal === undefined ? 0 : this.#feed(chunk);
    const length = chunk.length - from;
    if (length === 0) return;
    if (this.#end + length > this.#buffer.length) this.#makeRoom(length);
    if (length === 1) this.#buffer[this.#end] = chunk[from]!;
    else this.#buffer.set(from === 0 ? chunk : chunk.subarray(from), this.#end);
    this.#end += length;
  }

  /** What comes next, or undefined when that needs more bytes. */
  next(): ReaderEvent | undefined {
    if (this.#header !== undefined) return this.#literalEvent(this.#header);
    while (this.#literal === undefined) {
      const lineFeed = this.#findLineFeed();
      if (lineFeed < 0) {
        return this.#tooLong() ? this.#overflow("line") : undefined;
      }
      const start = this.#start;
      const end = this.#lineEnd(lineFeed);
      if (this.#textLength + end - start > this.#limit) {
        return this.#overflow("line");
      }
      const literal = literalHeader(this.#buffer, start, end);
      if (literal === "unknown") return this.#overflow("literal-number");
      this.#start = this.#searched = lineFeed + 1;

      if (this.#discarding) {
        this.#textLength += end - start + CRLF.length;
        // The client does not send the data of a synchronizing literal unasked: the command ends with it.
        if (literal?.nonSync) this.#begin(literal.size);
        else this.#reset();
      } else if (literal === undefined) {
        return { type: "command", frame: this.#takeFrame(start, end) };
      } else {
        this.#addText(start, end);
        this.#header = { ...literal, index: this.#literals.length };
        return this.#literalEvent(this.#header);
      }
    }
    return undefined;
  }

  /** Reads the announced literal's data. */
  accept(): void {
    this.#begin(this.#takeHeader().size);
  }

  /**
   * Forgets the command. The data of a non-synchronizing literal, and what comes after it in the command,
   * is swallowed; the client does not send the data of a synchronizing one, so that the next line is the
   * next command.
   */
  refuse(): void {
    const { size, nonSync } = this.#takeHeader();
    const length = this.#textLength;
    this.#reset();
    if (!nonSync) return;
    this.#discarding = true;
    this.#textLength = length;
    this.#begin(size);
  }

  /**
   * A line without its CRLF, whatever is in it: an answer in AUTHENTICATE, the end of IDLE. To be called
   * between commands only.
   * @returns undefined when the line is not there yet
   * @throws {RangeError} when it is longer than the limit; the reader answers nothing any more
   */
  nextLine(): Uint8Array | undefined {
    if (!this.between) {
      throw new Error("A command is under way");
    }
    const lineFeed = this.#findLineFeed();
    const end = lineFeed < 0 ? this.#start : this.#lineEnd(lineFeed);
    if (lineFeed < 0 ? this.#tooLong() : end - this.#start > this.#limit) {
      this.#overflow("line");
      throw new RangeError("The line is too long");
    }
    if (lineFeed < 0) return undefined;
    const line = this.#buffer.subarray(this.#start, end);
    this.#start = this.#searched = lineFeed + 1;
    return line;
  }

  /**
   * Takes all input that is not consumed, for what comes between the client and this reader from now on
   * (STARTTLS, COMPRESS). A command or literal under way is forgotten.
   */
  takeRest(): Uint8Array {
    const rest = this.#buffer.subarray(this.#start, this.#end);
    this.#forgetBuffer();
    this.#reset();
    return rest;
  }

  #literalEvent(header: LiteralHeader): ReaderEvent {
    const text = this.#text.subarray(0, this.#textLength);
    return { type: "literal", header, text };
  }

  #takeHeader(): LiteralHeader {
    const header = this.#header;
    if (header === undefined) throw new Error("No literal is announced");
    this.#header = undefined;
    return header;
  }

  #overflow(reason: "line" | "literal-number"): ReaderEvent {
    this.takeRest();
    this.#ended = true;
    return { type: "overflow", reason };
  }

  #reset(): void {
    this.#text = EMPTY;
    this.#textLength = 0;
    if (this.#literals.length > 0) this.#literals = [];
    this.#header = undefined;
    this.#literal = undefined;
    this.#discarding = false;
  }

  #forgetBuffer(): void {
    this.#buffer = EMPTY;
    this.#start = this.#end = this.#searched = 0;
  }

  #makeRoom(length: number): void {
    const kept = this.#end - this.#start;
    const room = Math.max(kept * 2, kept + length, BUFFER_SIZE);
    const buffer = new Uint8Array(room);
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = buffer;
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = kept;
  }

  #findLineFeed(): number {
    const buffer = this.#buffer;
    const end = this.#end;
    for (let at = this.#searched; at < end; at++) {
      if (buffer[at] === LF) return at;
    }
    this.#searched = end;
    if (this.#start === end && buffer.length > IDLE_SIZE) this.#forgetBuffer();
    return -1;
  }

  #lineEnd(lineFeed: number): number {
    return lineFeed > this.#start && this.#buffer[lineFeed - 1] === CR
      ? lineFeed - 1
      : lineFeed;
  }

  /** Whether the line is above the limit before its end is seen; a last CR may belong to the end. */
  #tooLong(): boolean {
    const length = this.#textLength + this.#end - this.#start;
    return length > this.#limit &&
      (length > this.#limit + 1 || this.#buffer[this.#end - 1] !== CR);
  }

  #addText(start: number, end: number): void {
    const length = this.#textLength + end - start + CRLF.length;
    if (length > this.#text.length) {
      const room = Math.max(length, this.#textLength * 2, TEXT_SIZE);
      const text = new Uint8Array(room);
      text.set(this.#text.subarray(0, this.#textLength));
      this.#text = text;
    }
    this.#text.set(this.#buffer.subarray(start, end), this.#textLength);
    this.#text.set(CRLF, length - CRLF.length);
    this.#textLength = length;
  }

  #takeFrame(start: number, end: number): Frame {
    if (this.#textLength === 0) {
      const text = this.#buffer.subarray(start, end);
      return { text, literals: NO_LITERALS };
    }
    this.#addText(start, end);
    const text = this.#text.subarray(0, this.#textLength - CRLF.length);
    const frame = { text, literals: this.#literals };
    this.#reset();
    return frame;
  }

  /** Starts on a literal with what is buffered of it. */
  #begin(size: number): void {
    const from = this.#start;
    const taken = Math.min(size, this.#end - from);
    this.#start = this.#searched = from + taken;
    if (taken === size) {
      this.#finish(this.#buffer.subarray(from, from + taken));
      return;
    }
    const begun = this.#buffer.subarray(from, from + taken);
    this.#forgetBuffer();
    this.#literal = new LiteralData(size, !this.#discarding);
    this.#feed(begun);
  }

  /** Gives the literal under way what is its of the input; how much that is. */
  #feed(input: Uint8Array): number {
    const literal = this.#literal!;
    const count = literal.feed(input);
    if (literal.missing === 0) {
      this.#literal = undefined;
      this.#finish(literal.bytes);
    }
    return count;
  }

  #finish(data: Uint8Array): void {
    if (!this.#discarding) this.#literals.push(data);
  }
}
