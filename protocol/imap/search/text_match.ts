/**
 * What "contains the string" means in SEARCH (RFC 9051 § 6.4.4).
 *
 * Text is compared by i;unicode-casemap (RFC 5051), as RFC 5255 § 4.3 has it: every character gets its titlecase and
 * is decomposed by compatibility. So `É` is found by `é`, by `e` and a combining accent, and by `e` alone; a full-width
 * letter by the plain one.
 *
 * However long the string and however it repeats itself, the time is linear in the length of what is
 * searched.
 *
 * @module
 */

import { fold, foldHeader } from "./fold.ts";
import { triplesOf } from "./signature.ts";

/** A string that is searched for. */
export class Needle {
  /** How a body is asked for it. */
  readonly #body: Finder;
  /** How a header field is asked for it: its white space is run together as that of the field. */
  readonly #header: Finder;
  /** Its longest run without white space. */
  readonly #word: Finder;

  /** Takes the string as the client meant it. */
  constructor(text: string) {
    this.#body = new Finder(fold(text));
    const headerText = foldHeader(text);
    this.#header = new Finder(headerText);
    this.#word = new Finder(
      headerText.split(" ").reduce((a, b) => b.length > a.length ? b : a),
    );
  }

  /** How long it is, folded, in UTF-16 code units. */
  get length(): number {
    return this.#body.needle.length;
  }

  /** What the signature of a text has that contains it. */
  textTriples(): Uint16Array {
    return triplesOf(this.#body.needle);
  }

  /** What the signature of a header field has that contains it. */
  headerTriples(salt?: number): Uint16Array {
    return triplesOf(this.#header.needle, salt);
  }

  /** Whether text that has gone through {@linkcode fold} contains it. */
  inText(folded: string): boolean {
    return this.#body.isIn(folded);
  }

  /** Whether a field's text that has gone through {@linkcode foldHeader} contains it. */
  inHeader(folded: string): boolean {
    return this.#header.isIn(folded);
  }

  /** Whether a header that has gone through {@linkcode fold} as a whole has its longest word. */
  mayBeIn(folded: string): boolean {
    return this.#word.isIn(folded);
  }
}

/**
 * How many characters of a text are folded at a time. Large enough to be rare, small enough that a text of
 * any length needs little memory beside itself.
 */
const PIECE = 65_536;

/**
 * A long text in folded pieces. A string of up to `length` that is in the folded text is in one of them: each
 * begins as far before the end of the one before it as that takes.
 */
export function* foldedPieces(
  text: string,
  length: number,
): Generator<string, void, undefined> {
  // Two code units may fold to one: 𝐚 to a.
  const overlap = 2 * length;
  const size = PIECE + 4 * overlap;
  let from = 0;
  while (text.length - from > size) {
    const to = cutAt(text, from + size);
    yield fold(text.slice(from, to));
    from = cutAt(text, to - overlap);
  }
  yield fold(text.slice(from));
}

/** The last place up to `at` that is between two characters. */
export function cutAt(text: string, at: number): number {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 ? at - 1 : at;
}

/** Up to this length the engine's own search is linear: its tables hold that much of the string. */
const NATIVE_LENGTH = 128;

/** Finds a string in others. */
class Finder {
  readonly needle: string;
  /** Of each beginning of the string the longest border (Knuth, Morris and Pratt). */
  #borders: Uint32Array | undefined;

  constructor(needle: string) {
    this.needle = needle;
  }

  isIn(text: string): boolean {
    const needle = this.needle;
    if (needle.length <= NATIVE_LENGTH) return text.includes(needle);
    const borders = this.#borders ??= bordersOf(needle);
    let matched = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      while (matched > 0 && code !== needle.charCodeAt(matched)) {
        matched = borders[matched]!;
      }
      if (code === needle.charCodeAt(matched)) {
        if (++matched === needle.length) return true;
      }
    }
    return false;
  }
}

function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length + 1);
  let border = 0;
  for (let index = 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    while (border > 0 && code !== text.charCodeAt(border)) {
      border = borders[border]!;
    }
    if (code === text.charCodeAt(border)) border++;
    borders[index + 1] = border;
  }
  return borders;
}
