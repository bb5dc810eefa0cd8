/**
 * Signatures: which texts cannot contain a string, told without the text.
 *
 * A signature is a set of bits, one for each three code units that follow one another in the text, by a hash of
 * them. A string whose triples are not all there is not in the text; where they are, the text decides. So
 * results are those of a search without signatures, and a rare word costs the reading of few messages. Triples of
 * different kinds of text may share a signature: a kind's salt goes into their hashes.
 *
 * @module
 */

import { CR, LF } from "../../mime/bytes.ts";
import { longCasemap, shortCasemap } from "../unicode_casemap.ts";
import { CAPITALS } from "./fold.ts";

/** By how much code units are shifted against one another in a window of three: the fourth falls out. */
const SHIFT = 11;
/** Bits of the hash; the largest signature has 2 to the power of it. */
const HASH_BITS = 16;
/** The smallest signature, in bytes. */
const LEAST = 32;
/** Of so many bits, one may be set: with a third of them set, six triples let one text in 700 pass. */
const SPARSE = 3;

const TAB = 9, SPACE = 32, EQUALS = 61, QUESTION = 63;

/** The capitals, and a space for all white space of a header. */
const UNFOLDED = CAPITALS.slice().fill(SPACE, TAB, LF + 1);
UNFOLDED[CR] = SPACE;

/** Bits of a text, for as long as it lives in memory. */
export type Signature = Int32Array;

/** Gathers the triples of texts into one signature. Triples do not reach from one text to the next. */
export class SignatureBuilder {
  readonly #bits: Int32Array;
  readonly #mask: number;
  /** The last code units of what {@linkcode addUtf8} took. */
  #window = 0;

  /** @param size the most that a signature may take, in bytes: a power of 2 from 32 to 8,192 */
  constructor(size: number) {
    this.#bits = new Int32Array(size / 4);
    this.#mask = size * 8 - 1;
  }

  /** Takes a text that has been folded. */
  add(text: string, salt = 0): void {
    const bits = this.#bits;
    const mask = this.#mask;
    let window = text.charCodeAt(0) << SHIFT ^ text.charCodeAt(1);
    for (let at = 2; at < text.length; at++) {
      window = (window << SHIFT) ^ text.charCodeAt(at);
      set(bits, hashOf(window ^ salt) & mask);
    }
  }

  /**
   * Takes a text in valid UTF-8, and signs what {@linkcode fold} would make of it; two triples more, with nothing before
   * the first character, do no harm. A long text goes slice by slice, cut between characters.
   * @param goesOn whether it is a slice behind another of the same text
   * @returns false where NUL is in it, which does not stand for itself in every text
   */
  addUtf8(
    bytes: Uint8Array,
    start: number,
    end: number,
    goesOn = start > 0,
  ): boolean {
    if (!goesOn) this.#window = 0;
    for (let at = start; at < end;) {
      at = this.#addAscii(bytes, at, end);
      if (at < end && bytes[at] === 0) return false;
      at = this.#addBeyondAscii(bytes, at, end);
    }
    return true;
  }

  /**
   * Takes the characters of ASCII from a place on.
   * @returns where they end, or where NUL is
   */
  #addAscii(bytes: Uint8Array, start: number, end: number): number {
    const bits = this.#bits;
    const mask = this.#mask;
    let window = this.#window;
    let at = start;
    for (; at < end; at++) {
      const capital = CAPITALS[bytes[at]!]!;
      if (capital === 0) break;
      window = (window << SHIFT) ^ capital;
      set(bits, hashOf(window) & mask);
    }
    this.#window = window;
    return at;
  }

  /**
   * Takes the characters beyond ASCII from a place on.
   * @returns where they end
   */
  #addBeyondAscii(bytes: Uint8Array, start: number, end: number): number {
    const bits = this.#bits;
    const mask = this.#mask;
    let window = this.#window;
    let at = start;
    while (at < end && bytes[at]! >= 0x80) {
      const code = codeAt(bytes, at);
      at += code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      const short = code < 0x10000 ? shortCasemap(code) : 0;
      if (short !== 0) {
        window = (window << SHIFT) ^ short;
        set(bits, hashOf(window) & mask);
        continue;
      }
      const folded = longCasemap(code);
      for (let index = 0; index < folded.length; index++) {
        window = (window << SHIFT) ^ folded.charCodeAt(index);
        set(bits, hashOf(window) & mask);
      }
    }
    this.#window = window;
    return at;
  }

  /**
   * Takes bytes of header fields, or of a field's value, as {@linkcode foldHeader} would fold them.
   * @returns where there is the first byte that is not ASCII, NUL or the begin of an encoded word; else the end
   */
  addPlainHeader(
    bytes: Uint8Array,
    start: number,
    end: number,
    salt = 0,
  ): number {
    const bits = this.#bits;
    const mask = this.#mask;
    let window = 0;
    let last = 0;
    let units = 0;
    for (let at = start; at < end; at++) {
      const unit = UNFOLDED[bytes[at]!]!;
      if (unit === 0 || (unit === QUESTION && last === EQUALS)) return at;
      if (unit === SPACE && last === SPACE) continue;
      last = unit;
      window = (window << SHIFT) ^ unit;
      if (++units > 2) set(bits, hashOf(window ^ salt) & mask);
    }
    return end;
  }

  /** Gives the signature, as small as lets it tell something, and begins anew. */
  take(): Signature {
    const bits = this.#bits;
    let { length } = bits;
    // Both halves laid over one another are the signature of a hash with one bit less.
    while (length * 4 > LEAST) {
      const half = length / 2;
      if (onesOfHalves(bits, half) * SPARSE > half * 32) break;
      for (let at = 0; at < half; at++) bits[at]! |= bits[half + at]!;
      length = half;
    }
    const signature = bits.slice(0, length);
    bits.fill(0);
    return signature;
  }
}

/** The code point of a character beyond ASCII in valid UTF-8. */
function codeAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  const second = bytes[at + 1]! & 0x3f;
  if (lead < 0xe0) return (lead & 0x1f) << 6 | second;
  const third = bytes[at + 2]! & 0x3f;
  return lead < 0xf0
    ? (lead & 0x0f) << 12 | second << 6 | third
    : (lead & 0x07) << 18 | second << 12 | third << 6 | bytes[at + 3]! & 0x3f;
}

/** The hashes of the triples of a string that has been folded, each once. */
export function triplesOf(text: string, salt = 0): Uint16Array {
  const hashes = new Set<number>();
  let window = 0;
  for (let at = 0; at < text.length; at++) {
    window = (window << SHIFT) ^ text.charCodeAt(at);
    if (at > 1) hashes.add(hashOf(window ^ salt));
  }
  return Uint16Array.from(hashes);
}

/** The salt of a name. */
export function saltOf(name: string): number {
  let salt = name.length;
  for (let at = 0; at < name.length; at++) {
    salt = Math.imul(salt, 0x01000193) ^ name.charCodeAt(at);
  }
  return salt;
}

/** Whether a text may contain a string, going by the text's signature and the string's triples. */
export function mayContain(
  signature: Signature,
  triples: Uint16Array,
): boolean {
  const mask = signature.length * 32 - 1;
  for (let at = 0; at < triples.length; at++) {
    const bit = triples[at]! & mask;
    if ((signature[bit >>> 5]! & (1 << bit)) === 0) return false;
  }
  return true;
}

/** The hash of three code units that went into a window; what was there before has left it. */
function hashOf(window: number): number {
  const mixed = Math.imul(window, 0x9e3779b1);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> (32 - HASH_BITS);
}

function set(bits: Int32Array, bit: number): void {
  bits[bit >>> 5]! |= 1 << bit;
}

/** How many bits are set when the second half is laid over the first. */
function onesOfHalves(bits: Int32Array, half: number): number {
  let ones = 0;
  for (let at = 0; at < half; at++) {
    let word = bits[at]! | bits[half + at]!;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    ones += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return ones;
}
