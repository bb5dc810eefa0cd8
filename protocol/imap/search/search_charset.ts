/**
 * The charset of the strings in a search (RFC 9051 § 6.4.4).
 *
 * @module
 */

import { decodeCharset, isKnownCharset } from "../../mime/charset.ts";
import { ParseError } from "../../wire/parse_error.ts";
import { utf8Text } from "../../wire/text.ts";

/** A charset that is not known; the answer is `NO [BADCHARSET (...)]` (RFC 9051 § 7.1). */
export class BadCharset extends Error {
  /** The charsets that a client does best to use. */
  readonly supported: readonly string[] = ["UTF-8", "US-ASCII"];

  /** Says no more than that it is not known. */
  constructor() {
    super("The charset is not known");
    this.name = "BadCharset";
  }
}

/** US-ASCII is read as the UTF-8 that it is a part of. */
const UTF_8_NAMES: ReadonlySet<string> = new Set([
  "utf-8",
  "utf8",
  "us-ascii",
  "ascii",
]);

/** A charset that search strings can be in. */
export class SearchCharset {
  /** Its name as the client spelled it. */
  readonly name: string;
  readonly #utf8: boolean;
  readonly #known: boolean;

  /** Finds it, whatever the case of its name. */
  constructor(name: string) {
    this.name = name;
    this.#utf8 = UTF_8_NAMES.has(name.toLowerCase());
    this.#known = this.#utf8 || isKnownCharset(name);
  }

  /**
   * Refuses one that is not known, once the keys have been read: some of them have a word on it as well (RFC 5466
   * § 3.1).
   * @throws {BadCharset}
   */
  assertKnown(): void {
    if (!this.#known) throw new BadCharset();
  }

  /**
   * The text of a string; none where the charset is not known.
   * @throws {ParseError} when it is not of this charset
   */
  decode(bytes: Uint8Array): string {
    if (!this.#known) return "";
    const text = this.#utf8 ? utf8Text(bytes) : decodeCharset(bytes, this.name);
    if (text === undefined || text.includes("\uFFFD") && !this.#utf8) {
      throw new ParseError("The search string is not of its charset");
    }
    return text;
  }
}
