/**
 * Reading a command: what the grammar of commands has above its tokens (RFC 9051 § 9).
 *
 * Nothing here touches anything but bytes, and whatever they are, reading them takes time in proportion to
 * their number and ends in a value or a {@linkcode ParseError}.
 *
 * @module
 */

import { decodeBase64 } from "./base64.ts";
import {
  ATOM_CHAR,
  BASE64_CHAR,
  DIGIT_CHAR,
  LIST_CHAR,
  SET_CHAR,
} from "./char_class.ts";
import type { Frame } from "./command_reader.ts";
import { parseDate, parseDateTime } from "./date_time.ts";
import {
  canonicalName,
  decodeModifiedUtf7,
  isMailboxName,
} from "./mailbox_name.ts";
import { ParseError } from "./parse_error.ts";
import { Scanner } from "./scanner.ts";
import { parse, type Range, type SequenceSet, STAR } from "./sequence_set.ts";
import { latin1Text, utf8Bytes, utf8Text } from "./text.ts";

export { ParseError } from "./parse_error.ts";

/** The flags with a backslash that clients may set (RFC 9051 § 9, flag). */
const SETTABLE_FLAGS = ["Answered", "Flagged", "Deleted", "Seen", "Draft"];

/** RFC 7162 § 7: "a positive unsigned 63-bit integer". */
const MAX_MODSEQ = 2n ** 63n - 1n;

/** How to read, and how much. */
export interface DecoderOptions {
  /**
   * Whether mailbox names come as UTF-8 (IMAP4rev2, UTF8=ACCEPT). Without it they come in modified UTF-7.
   * Default false.
   */
  readonly utf8?: boolean;
  /** The hierarchy delimiter, for `inbox/x`. Default `/`. */
  readonly delimiter?: string;
  /** Parentheses inside parentheses. Default 64. */
  readonly maxDepth?: number;
  /** Items in one list. Default 1,000. */
  readonly maxListItems?: number;
  /** Ranges in a sequence set. Default 20,000. */
  readonly maxSequenceSet?: number;
  /** A mailbox name in bytes of UTF-8. Default 1,000. */
  readonly maxMailboxName?: number;
}

/** See the module's text; the tokens are {@linkcode Scanner}'s. */
export class Decoder extends Scanner {
  /**
   * The last mailbox name as the client spelled it, when the name that was returned is another: in
   * normalization form C, with INBOX in capitals (RFC 9051 § 6.3.9.7, OLDNAME); else undefined.
   */
  lastDenormalized: string | undefined;
  readonly #utf8: boolean;
  readonly #delimiter: string;
  readonly #maxDepth: number;
  readonly #maxListItems: number;
  readonly #maxSequenceSet: number;
  readonly #maxMailboxName: number;
  #depth = 0;

  /** Begins at the start of a command. */
  constructor(frame: Frame, options: DecoderOptions = {}) {
    super(frame, options.utf8 ?? false);
    this.#utf8 = options.utf8 ?? false;
    this.#delimiter = options.delimiter ?? "/";
    this.#maxDepth = options.maxDepth ?? 64;
    this.#maxListItems = options.maxListItems ?? 1_000;
    this.#maxSequenceSet = options.maxSequenceSet ?? 20_000;
    this.#maxMailboxName = options.maxMailboxName ?? 1_000;
  }

  /**
   * mailbox = "INBOX" / astring
   * @returns the name in Unicode, in normalization form C, INBOX in capitals. It may be empty, as in the
   * reference of LIST.
   */
  mailbox(): string {
    const given = this.#name(this.astringBytes());
    const name = canonicalName(given, this.#delimiter);
    this.lastDenormalized = name === given ? undefined : given;
    return name;
  }

  /**
   * list-mailbox = 1*list-char / string
   * @returns the pattern in Unicode, in normalization form C
   */
  listMailbox(): string {
    const bytes = this.runBytes(LIST_CHAR);
    const pattern = bytes.length > 0 ? bytes : this.stringBytes();
    return this.#name(pattern).normalize("NFC");
  }

  /** sequence-set, or the `$` that stands for the last SEARCH's result */
  sequenceSet(): SequenceSet {
    if (this.tryChar("$")) return { kind: "saved" };
    return parse(
      this.run(SET_CHAR, "a sequence set"),
      this.#maxSequenceSet,
    );
  }

  /** A sequence set of numbers alone: without `*`, `$` (RFC 4315 § 4, uid-set; RFC 7162, known-uids). */
  uidSet(): readonly Range[] {
    const set = this.sequenceSet();
    const isUidSet = set.kind === "ranges" &&
      set.ranges.every(([first, last]) => first !== STAR && last !== STAR);
    if (!isUidSet) throw new ParseError("Expected a set of UIDs");
    return set.ranges;
  }

  /**
   * mod-sequence-valzer = "0" / mod-sequence-value, up to 2^63 - 1 (RFC 7162 § 7)
   * @returns a number; what is too large for one to be exact is above every modseq here, and stays so
   */
  modseq(): number {
    const digits = this.run(DIGIT_CHAR, "a mod-sequence");
    if (digits.length > 19 || BigInt(digits) > MAX_MODSEQ) {
      throw new ParseError("Expected a mod-sequence");
    }
    return Math.min(Number(digits), Number.MAX_SAFE_INTEGER);
  }

  /**
   * flag = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword
   *
   * `\Recent` cannot be set, and other flags with a backslash are for RFCs to define (flag-extension).
   */
  flag(): string {
    if (!this.tryChar("\\")) return this.run(ATOM_CHAR, "a flag");
    const name = this.run(ATOM_CHAR, "a flag").toLowerCase();
    const flag = SETTABLE_FLAGS.find((flag) => flag.toLowerCase() === name);
    if (flag === undefined) {
      throw new ParseError("Expected a flag that clients may set");
    }
    return "\\" + flag;
  }

  /** flag-list = "(" [flag *(SP flag)] ")" */
  flagList(): string[] {
    return this.list(() => this.flag());
  }

  /** The flags of STORE: flag-list / (flag *(SP flag)) */
  flagsOrList(): string[] {
    if (this.peek() === 0x28) return this.flagList();
    const flags: string[] = [];
    this.#items(flags, () => this.flag());
    return flags;
  }

  /**
   * date-time, and the obsolete one of RFC 1730
   * @returns milliseconds since 1970
   */
  dateTime(): number {
    return parseDateTime(this.quoted());
  }

  /**
   * date = date-text / DQUOTE date-text DQUOTE
   * @returns days since 1970
   */
  date(): number {
    const quoted = this.tryChar('"');
    const day = parseDate(this.run(ATOM_CHAR, "a date"));
    if (quoted) this.char('"');
    return day;
  }

  /** "(" [item *(SP item)] ")" */
  list<T>(item: () => T): T[] {
    const items: T[] = [];
    this.char("(");
    if (this.tryChar(")")) return items;
    this.enter();
    this.#items(items, item);
    this.leave();
    this.char(")");
    return items;
  }

  /** "(" item *(SP item) ")" */
  nonEmptyList<T>(item: () => T): T[] {
    const items = this.list(item);
    if (items.length > 0) return items;
    throw new ParseError("Expected a list that is not empty");
  }

  /** Goes a level down in a grammar that may hold itself, such as that of search keys. */
  enter(): void {
    if (this.#depth >= this.#maxDepth) {
      throw new ParseError(`Expected at most ${this.#maxDepth} levels`);
    }
    this.#depth++;
  }

  /** Comes up a level. */
  leave(): void {
    this.#depth--;
  }

  /** initial-resp = (base64 / "="), decoded; `=` stands for no bytes */
  base64(): Uint8Array {
    const encoded = this.runBytes(BASE64_CHAR);
    if (encoded.length === 0) throw this.expected("base64");
    const isEmpty = encoded.length === 1 && encoded[0] === 0x3d;
    return isEmpty ? new Uint8Array(0) : decodeBase64(encoded);
  }

  #items<T>(items: T[], item: () => T): void {
    do {
      if (items.length >= this.#maxListItems) {
        throw new ParseError(
          `Expected at most ${this.#maxListItems} items in a list`,
        );
      }
      items.push(item());
    } while (this.trySp());
  }

  #name(encoded: Uint8Array): string {
    const text = this.#utf8
      ? utf8Text(encoded)
      : decodeModifiedUtf7(latin1Text(encoded));
    if (text === undefined || !isMailboxName(text)) {
      throw new ParseError(
        "Expected a mailbox name without control characters",
      );
    }
    if (utf8Bytes(text).length > this.#maxMailboxName) {
      throw new ParseError(
        `Expected a mailbox name of at most ${this.#maxMailboxName} bytes`,
      );
    }
    return text;
  }
}
