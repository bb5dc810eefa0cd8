/**
 * Writing responses (RFC 9051 § 7).
 *
 * There are two kinds of methods. `text` and `bytes` take what this project's code has made. All others take
 * values, which may come from anybody: whatever the value, what is written is one well-formed token of the
 * grammar, so that no mail and no mailbox name can end a line or begin a response.
 *
 * @module
 */

import { ASTRING_CHAR, ATOM_CHAR, isMadeOf } from "./char_class.ts";
import { encodeModifiedUtf7 } from "./modified_utf7.ts";
import { utf8Bytes, utf8Text } from "./text.ts";

const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;
const EMPTY = new Uint8Array(0);
/** What is set aside for a response at first, in bytes. */
const FIRST_SIZE = 256;
/** The most that is set aside because the last responses were large. */
const MOST_FIRST = 1_048_576;
/** Strings longer than this are encoded by the platform, shorter ones by a loop. */
const SHORT = 64;
/** A longer string goes as a literal: some clients cannot read a quoted string of any length. */
const MAX_QUOTED = 1_000;

// What a quoted string cannot hold, without and with UTF-8 (RFC 9051 § 9, QUOTED-CHAR).
// deno-lint-ignore no-control-regex
const UNQUOTABLE = /[^\x01-\x09\x0b\x0c\x0e-\x7f]/;
const UNQUOTABLE_UTF8 = /[\r\n]/;
// What text for people cannot hold: controls, and the line separators of Unicode.
// deno-lint-ignore no-control-regex
const NOT_TEXT = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g;
const NOT_ASCII = /[^ -~]/gu;

/** Buffers of one size that encoders hand to one another: who waits needs none, an answer needs one for a moment. */
class Spare {
  readonly #kept: Uint8Array[] = [];

  /**
   * None is kept yet.
   * @param size theirs, in bytes
   * @param most how many are kept
   */
  constructor(readonly size: number, readonly most: number) {}

  take(): Uint8Array {
    return this.#kept.pop() ?? new Uint8Array(this.size);
  }

  /** Takes a buffer that nobody uses any more, if it is one of these. */
  giveBack(buffer: Uint8Array): void {
    if (buffer.length === this.size && this.#kept.length < this.most) {
      this.#kept.push(buffer);
    }
  }
}

/** For answers of a few lines, and for lists of them. */
const SMALL = new Spare(4_096, 64);
const LARGE = new Spare(65_536, 8);

/** See the module's text. */
export class Encoder {
  /**
   * Whether the client understands UTF-8 in quoted strings (IMAP4rev2, UTF8=ACCEPT). Without it, what is not
   * ASCII goes as a literal, and mailbox names go in modified UTF-7.
   */
  utf8: boolean;
  #buffer: Uint8Array = EMPTY;
  #length = 0;
  /** What is set aside first: as much as was taken last, which often comes again. */
  #first = FIRST_SIZE;
  /** Whether its buffers come from those that others have given back, and go there. */
  #shares = false;

  /**
   * Makes an encoder with nothing written.
   * @param options see {@linkcode Encoder.utf8}
   */
  constructor(options: { utf8?: boolean } = {}) {
    this.utf8 = options.utf8 ?? false;
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#length;
  }

  /** Takes all that was written; what is written from now on is apart from it. */
  take(): Uint8Array {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#first = Math.min(Math.max(this.#length, FIRST_SIZE), MOST_FIRST);
    this.#buffer = EMPTY;
    this.#length = 0;
    return taken;
  }

  /**
   * Gives back what {@linkcode take} gave, to be written over; for bytes that nobody will look at any more.
   */
  recycle(taken: Uint8Array): void {
    if (this.#buffer.length === 0 && taken.byteOffset === 0) {
      this.#buffer = new Uint8Array(taken.buffer);
    }
  }

  /** Gives back the room that is kept for more, where nothing is waiting: others may have it. */
  trim(): void {
    if (this.#length > 0) return;
    this.#shares = true;
    this.#giveBack();
    this.#buffer = EMPTY;
    this.#first = FIRST_SIZE;
  }

  /**
   * Writes protocol text of our own.
   * @throws {RangeError} when there is anything but ASCII in it, or a CR, LF or NUL
   */
  text(ascii: string): this {
    const length = ascii.length;
    this.#reserve(length);
    const buffer = this.#buffer;
    const at = this.#length;
    for (let index = 0; index < length; index++) {
      const code = ascii.charCodeAt(index);
      if (code > 0x7f || code === CR || code === LF || code === 0) {
        throw new RangeError("Protocol text must be ASCII of one line");
      }
      buffer[at + index] = code;
    }
    this.#length = at + length;
    return this;
  }

  /** Writes bytes that are a well-formed part of a response already. */
  bytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /**
   * Writes a number.
   * @param n a whole number from 0 to 2^53 - 1
   * @throws {RangeError} when it is not
   */
  number(n: number): this {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new RangeError(`Cannot write ${n} as a number`);
    }
    if (n > 999_999_999) return this.text(String(n));
    let digits = 1;
    for (let limit = 10; n >= limit; limit *= 10) digits++;
    this.#reserve(digits);
    const buffer = this.#buffer;
    let rest = n;
    for (let at = this.#length + digits - 1; at >= this.#length; at--) {
      const tenth = (rest / 10) | 0;
      buffer[at] = 0x30 + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += digits;
    return this;
  }

  /**
   * Writes a `string`: quoted where that can be, else a literal. NULs are left out, since neither can hold
   * one.
   */
  string(value: string | Uint8Array): this {
    if (typeof value !== "string") return this.#stringOfBytes(value);
    if (value.length <= MAX_QUOTED) {
      if (!UNQUOTABLE.test(value)) return this.#quoted(value);
      const rest = withoutNul(value.toWellFormed());
      if (this.#isQuotable(rest)) return this.#quoted(rest);
    }
    return this.literal(utf8Bytes(withoutNul(value)));
  }

  /** Writes an `nstring`: NIL for null, else a string. */
  nstring(value: string | Uint8Array | null): this {
    return value === null ? this.text("NIL") : this.string(value);
  }

  /** Writes an `astring`: an atom where that can be, else a string. */
  astring(value: string): this {
    const isAtom = isMadeOf(value, ASTRING_CHAR) &&
      (value.length !== 3 || value.toUpperCase() !== "NIL");
    return isAtom ? this.#ascii(value) : this.string(value);
  }

  /**
   * Writes a literal of any bytes, as they are: a message keeps its size even with a NUL in it, which the
   * grammar has no place for.
   */
  literal(value: Uint8Array): this {
    return this.#ascii(`{${value.length}}\r\n`).bytes(value);
  }

  /** Writes a literal8 (RFC 3516 § 4.4), which may hold NUL. */
  literal8(value: Uint8Array): this {
    return this.#ascii(`~{${value.length}}\r\n`).bytes(value);
  }

  /** Writes a mailbox name, given in Unicode; in modified UTF-7 for clients without UTF-8. */
  mailbox(name: string): this {
    const asItIs = this.utf8 ||
      (isMadeOf(name, ASTRING_CHAR) && !name.includes("&"));
    return this.astring(asItIs ? name : encodeModifiedUtf7(name));
  }

  /**
   * Writes `resp-text` for people, at the end of a line, without a response code. What cannot be in it becomes
   * a space or `?`; a `[` at the start becomes `(`, lest it be taken for a response code.
   */
  humanText(text: string): this {
    let line = text.toWellFormed().replace(NOT_TEXT, " ").trim();
    if (!this.utf8) line = line.replace(NOT_ASCII, "?");
    if (line.startsWith("[")) line = "(" + line.slice(1);
    return line === "" ? this.#ascii("-") : this.#unicode(line);
  }

  /** Writes flags in parentheses. What is no flag is left out. */
  flags(flags: readonly string[]): this {
    this.open();
    let first = true;
    for (const flag of flags) {
      if (!isFlag(flag)) continue;
      if (!first) this.sp();
      first = false;
      this.#ascii(flag);
    }
    return this.close();
  }

  /** Writes a space. */
  sp(): this {
    return this.#byte(SPACE);
  }

  /** Ends a line. */
  crlf(): this {
    return this.#byte(CR).#byte(LF);
  }

  /** Writes `(`. */
  open(): this {
    return this.#byte(0x28);
  }

  /** Writes `)`. */
  close(): this {
    return this.#byte(0x29);
  }

  #byte(byte: number): this {
    if (this.#length === this.#buffer.length) this.#reserve(1);
    this.#buffer[this.#length++] = byte;
    return this;
  }

  /** Writes what is known to be ASCII. */
  #ascii(text: string): this {
    const length = text.length;
    this.#reserve(length);
    const buffer = this.#buffer;
    const at = this.#length;
    for (let index = 0; index < length; index++) {
      buffer[at + index] = text.charCodeAt(index);
    }
    this.#length = at + length;
    return this;
  }

  #unicode(text: string): this {
    return this.bytes(utf8Bytes(text));
  }

  #isQuotable(text: string): boolean {
    return !(this.utf8 ? UNQUOTABLE_UTF8 : UNQUOTABLE).test(text);
  }

  /** Writes a string of which it is known that it can be quoted. */
  #quoted(value: string): this {
    const escaped = value.includes('"') || value.includes("\\")
      ? value.replace(/["\\]/g, "\\$&")
      : value;
    this.#byte(0x22);
    if (escaped.length > SHORT || this.utf8) this.#unicode(escaped);
    else this.#ascii(escaped);
    return this.#byte(0x22);
  }

  #stringOfBytes(value: Uint8Array): this {
    const bytes = value.includes(0) ? value.filter((byte) => byte > 0) : value;
    if (bytes.length <= MAX_QUOTED) {
      const text = utf8Text(bytes);
      if (text !== undefined && this.#isQuotable(text)) {
        return this.#quoted(text);
      }
    }
    return this.literal(bytes);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#buffer.length) return;
    const room = Math.max(needed, this.#buffer.length * 2, this.#first);
    const buffer = !this.#shares || room > LARGE.size
      ? new Uint8Array(room)
      : room > SMALL.size
      ? LARGE.take()
      : SMALL.take();
    buffer.set(this.#buffer.subarray(0, this.#length));
    if (this.#shares) this.#giveBack();
    this.#buffer = buffer;
  }

  #giveBack(): void {
    SMALL.giveBack(this.#buffer);
    LARGE.giveBack(this.#buffer);
  }
}

/** flag-perm: an atom, a backslash and an atom, or `\*`. */
function isFlag(flag: string): boolean {
  return isMadeOf(flag, ATOM_CHAR, flag.startsWith("\\") ? 1 : 0) ||
    flag === "\\*";
}

function withoutNul(text: string): string {
  return text.replaceAll("\0", "");
}
