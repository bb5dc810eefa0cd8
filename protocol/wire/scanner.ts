/**
 * Reading the tokens of a command: atoms, numbers, strings (RFC 9051 § 9).
 *
 * Methods are named after the ABNF. Each reads what it is named after from where the last one ended, or
 * throws a {@linkcode ParseError}; those that begin with `try` read nothing when it is not there.
 *
 * @module
 */

import {
  ASTRING_CHAR,
  ATOM_CHAR,
  CHAR_CLASS,
  KEYWORD_CHAR,
  TAG_CHAR,
} from "./char_class.ts";
import type { Frame } from "./command_reader.ts";
import { hasNul } from "./nul_bytes.ts";
import { ParseError } from "./parse_error.ts";
import { asciiText, latin1Text, lenientText, utf8Text } from "./text.ts";

const NUL = 0;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const TILDE = 0x7e;

/** See the module's text. */
export class Scanner {
  /** Whether the last literal that was read was a literal8. */
  lastLiteralBinary = false;
  /** The command's text. */
  protected readonly bytes: Uint8Array;
  /** Where the next token begins. */
  protected at = 0;
  readonly #literals: readonly Uint8Array[];
  readonly #utf8: boolean;
  #literalsRead = 0;

  /**
   * Begins at the start of a command.
   * @param utf8 whether quoted strings must be UTF-8 where they are not ASCII
   */
  constructor(frame: Frame, utf8: boolean) {
    this.bytes = frame.text;
    this.#literals = frame.literals;
    this.#utf8 = utf8;
  }

  /** How much of the command's text has been read, in bytes. */
  get position(): number {
    return this.at;
  }

  /** Whether the command ends here. */
  atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** The command must end here. */
  end(): void {
    if (!this.atEnd()) throw this.expected("the end of the command");
  }

  /** SP: exactly one space. */
  sp(): this {
    if (this.bytes[this.at] !== SPACE) throw this.expected("a space");
    this.at++;
    return this;
  }

  /** Reads a space if there is one. */
  trySp(): boolean {
    if (this.bytes[this.at] !== SPACE) return false;
    this.at++;
    return true;
  }

  /** The next byte, or -1 at the end. */
  peek(): number {
    return this.bytes[this.at] ?? -1;
  }

  /** Whether some ASCII characters come next, letters in any case; reads nothing. */
  comesNext(text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      const byte = this.bytes[this.at + index];
      if (byte === undefined) return false;
      const char = String.fromCharCode(byte);
      if (char.toUpperCase() !== text[index]!.toUpperCase()) return false;
    }
    return true;
  }

  /** Reads one ASCII character if it is the next. */
  tryChar(c: string): boolean {
    if (this.bytes[this.at] !== c.charCodeAt(0)) return false;
    this.at++;
    return true;
  }

  /** Reads one ASCII character. */
  char(c: string): this {
    if (!this.tryChar(c)) throw this.expected(`"${c}"`);
    return this;
  }

  /** tag = 1*<any ASTRING-CHAR except "+"> */
  tag(): string {
    return this.run(TAG_CHAR, "a tag");
  }

  /** atom = 1*ATOM-CHAR */
  atom(): string {
    return this.run(ATOM_CHAR, "an atom");
  }

  /** Reads an atom if there is one. */
  tryAtom(): string | undefined {
    return this.#isNext(ATOM_CHAR) ? this.atom() : undefined;
  }

  /**
   * The name of a command or data item in capitals: an atom, but it ends before `[` and `<`, where a section
   * or partial begins.
   */
  keyword(): string {
    return this.run(KEYWORD_CHAR, "a name").toUpperCase();
  }

  /**
   * Reads the next name if it is, in any case and as a whole, one of some words.
   * @param words in capitals
   * @returns the word
   */
  tryKeyword(...words: string[]): string | undefined {
    const length = this.#runEnd(KEYWORD_CHAR) - this.at;
    const word = words.find((word) =>
      word.length === length && this.#isWord(word)
    );
    if (word !== undefined) this.at += length;
    return word;
  }

  /** number = 1*DIGIT, below 2^32 */
  number(): number {
    return this.#digits(0xffff_ffff, "a number");
  }

  /** nz-number = digit-nz *DIGIT, below 2^32 */
  nzNumber(): number {
    if (this.peek() === ZERO) throw this.expected("a number above zero");
    return this.number();
  }

  /** number64 = 1*DIGIT; here up to 2^53 - 1, to which numbers are exact */
  number64(): number {
    return this.#digits(Number.MAX_SAFE_INTEGER, "a number");
  }

  /** nz-number64 = digit-nz *DIGIT; here up to 2^53 - 1 */
  nzNumber64(): number {
    if (this.peek() === ZERO) throw this.expected("a number above zero");
    return this.number64();
  }

  /**
   * quoted = DQUOTE *QUOTED-CHAR DQUOTE, as {@linkcode string} decodes it.
   */
  quoted(): string {
    const start = this.at + 1;
    const kind = this.#skipQuoted();
    if (kind === "ascii") return asciiText(this.bytes, start, this.at - 1);
    const bytes = this.#unescape(start, this.at - 1);
    const text = utf8Text(bytes);
    if (text === undefined && this.#utf8) throw this.expected("UTF-8");
    return text ?? latin1Text(bytes);
  }

  /**
   * string = quoted / literal, decoded as UTF-8. What is not UTF-8 comes as one character a byte; but in a
   * quoted string of a client that knows UTF-8 it is an error.
   */
  string(): string {
    if (this.peek() === QUOTE) return this.quoted();
    return lenientText(this.#literal());
  }

  /** nstring = string / nil */
  nstring(): string | null {
    return this.#tryNil() ? null : this.string();
  }

  /** astring = 1*ASTRING-CHAR / string */
  astring(): string {
    return this.#isNext(ASTRING_CHAR)
      ? this.run(ASTRING_CHAR, "a string")
      : this.string();
  }

  /** string as bytes, the escapes of a quoted string resolved */
  stringBytes(): Uint8Array {
    if (this.peek() !== QUOTE) return this.#literal();
    const start = this.at + 1;
    this.#skipQuoted();
    return this.#unescape(start, this.at - 1);
  }

  /** nstring as bytes, the escapes of a quoted string resolved */
  nstringBytes(): Uint8Array | null {
    return this.#tryNil() ? null : this.stringBytes();
  }

  /** astring as bytes, the escapes of a quoted string resolved */
  astringBytes(): Uint8Array {
    if (!this.#isNext(ASTRING_CHAR)) return this.stringBytes();
    return this.runBytes(ASTRING_CHAR);
  }

  /** Whether a literal or literal8 is next. */
  isLiteral(): boolean {
    const next = this.peek();
    return next === OPEN_BRACE ||
      next === TILDE && this.bytes[this.at + 1] === OPEN_BRACE;
  }

  /**
   * literal = "{" number64 ["+"] "}" CRLF *CHAR8, or
   * literal8 = "~{" number64 ["+"] "}" CRLF *OCTET (RFC 7888 § 8); `lastLiteralBinary` tells which.
   *
   * Only a literal8 may hold NUL.
   */
  literalBytes(): Uint8Array {
    const binary = this.tryChar("~");
    this.char("{");
    const size = this.number64();
    this.tryChar("+");
    this.char("}");
    const data = this.#literals[this.#literalsRead];
    if (
      this.bytes[this.at] !== CR || this.bytes[this.at + 1] !== LF ||
      data?.length !== size
    ) {
      throw this.expected("a literal");
    }
    if (!binary && hasNul(data)) {
      throw new ParseError("Expected a literal without NUL");
    }
    this.at += 2;
    this.#literalsRead++;
    this.lastLiteralBinary = binary;
    return data;
  }

  /** All the text that is left, whatever it is. */
  rest(): Uint8Array {
    const from = this.at;
    this.at = this.bytes.length;
    return this.bytes.subarray(from);
  }

  /** What to throw when something else is next. */
  protected expected(what: string): ParseError {
    return new ParseError(`Expected ${what} at offset ${this.at}`);
  }

  /** 1*CHAR of the given classes as a string, not decoded further. */
  protected run(classes: number, what: string): string {
    const from = this.at;
    const end = this.#runEnd(classes);
    if (end === from) throw this.expected(what);
    this.at = end;
    return asciiText(this.bytes, from, end);
  }

  /** *CHAR of the given classes as bytes. */
  protected runBytes(classes: number): Uint8Array {
    const from = this.at;
    this.at = this.#runEnd(classes);
    return this.bytes.subarray(from, this.at);
  }

  #runEnd(classes: number): number {
    const bytes = this.bytes;
    let at = this.at;
    while (at < bytes.length && (CHAR_CLASS[bytes[at]!]! & classes) !== 0) at++;
    return at;
  }

  #isNext(classes: number): boolean {
    return !this.atEnd() &&
      (CHAR_CLASS[this.bytes[this.at]!]! & classes) !== 0;
  }

  /** Whether the next bytes are a word in any case. */
  #isWord(word: string): boolean {
    for (let index = 0; index < word.length; index++) {
      const byte = this.bytes[this.at + index]!;
      const upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
      if (upper !== word.charCodeAt(index)) return false;
    }
    return true;
  }

  /** nil = "NIL", not as the start of anything longer */
  #tryNil(): boolean {
    if (this.#runEnd(ATOM_CHAR) - this.at !== 3 || !this.#isWord("NIL")) {
      return false;
    }
    this.at += 3;
    return true;
  }

  #digits(max: number, what: string): number {
    let value = 0;
    let at = this.at;
    for (
      let byte = this.bytes[at];
      byte !== undefined;
      byte = this.bytes[++at]
    ) {
      if (byte < ZERO || byte > NINE) break;
      value = value * 10 + (byte - ZERO);
      if (value > max) throw this.expected(`${what} of at most ${max}`);
    }
    if (at === this.at) throw this.expected(what);
    this.at = at;
    return value;
  }

  /** literal, not literal8 */
  #literal(): Uint8Array {
    if (this.peek() !== OPEN_BRACE) throw this.expected("a string");
    return this.literalBytes();
  }

  /** Reads over a quoted string; tells whether its content is plain ASCII without escapes. */
  #skipQuoted(): "ascii" | "other" {
    if (this.peek() !== QUOTE) throw this.expected("a quoted string");
    const bytes = this.bytes;
    let kind: "ascii" | "other" = "ascii";
    for (let at = this.at + 1; at < bytes.length; at++) {
      let byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        return kind;
      }
      if (byte === BACKSLASH) {
        kind = "other";
        byte = bytes[++at] ?? NUL;
        if (byte !== QUOTE && byte !== BACKSLASH) break;
      } else if (byte > 0x7f) kind = "other";
      else if (byte === NUL || byte === CR || byte === LF) break;
    }
    throw this.expected("a well-formed quoted string");
  }

  #unescape(from: number, to: number): Uint8Array {
    const escaped = this.bytes.subarray(from, to);
    if (!escaped.includes(BACKSLASH)) return escaped;
    const bytes = new Uint8Array(escaped.length);
    let length = 0;
    for (let index = 0; index < escaped.length; index++) {
      if (escaped[index] === BACKSLASH) index++;
      bytes[length++] = escaped[index]!;
    }
    return bytes.subarray(0, length);
  }
}
