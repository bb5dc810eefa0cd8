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
import { CAPITALS, fold, longFoldOf, shortFoldOf } from "./fold.ts";

/** By how much code units are shifted against one another in a window of three: the fourth falls out. */
const SHIFT = 11;
/** Bits of the hash; the largest signature has 2 to the power of it. */
const HASH_BITS = 16;
/** The smallest signature, in bytes. */
const LEAST = 32;
/** Of so many bits, one may be set: with a third of them set, six triples let one text in 700 pass. */
const SPARSE = 3;

const TAB = 9, SPACE = 32, EQUALS = 61, QUESTION = 63;

/** Bits of a text, for as long as it lives in memory. */
export type Signature = Int32Array;

/** Gathers the triples of texts into one signature. Triples do not reach from one text to the next. */
export class SignatureBuilder {
  readonly #bits: Int32Array;
  readonly #mask: number;
  #spoiled = false;

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
   * Takes a text as it is, and signs what {@linkcode fold} would make of it; two triples more, with nothing before its
   * first unit, do no harm.
   */
  addText(text: string): void {
    const bits = this.#bits;
    const mask = this.#mask;
    const { length } = text;
    let window = 0;
    // As it was behind the last character of ASCII.
    let before = 0;
    for (let at = 0; at < length; at++) {
      const unit = text.charCodeAt(at);
      if (unit < 0x80) {
        before = window = (window << SHIFT) ^ CAPITALS[unit]!;
        set(bits, hashOf(window) & mask);
        continue;
      }
      const short = shortFoldOf(unit);
      if (short !== 0) {
        window = (window << SHIFT) ^ short;
        set(bits, hashOf(window) & mask);
        continue;
      }
      let folded = longFoldOf(unit);
      if (folded === undefined) {
        const from = runStart(text, at);
        at = runEnd(text, at);
        folded = fold(text.slice(from, at--));
        window = before;
      }
      for (let index = 0; index < folded.length; index++) {
        window = (window << SHIFT) ^ folded.charCodeAt(index);
        set(bits, hashOf(window) & mask);
      }
    }
  }

  /**
   * Takes bytes of ASCII as a text, as {@linkcode addText} does.
   * @returns false where other bytes than ASCII or a NUL are among them, so that the text has to be taken
   */
  addPlain(bytes: Uint8Array, start: number, end: number): boolean {
    const bits = this.#bits;
    const mask = this.#mask;
    let window = 0;
    for (let at = start; at < end; at++) {
      const unit = CAPITALS[bytes[at]!]!;
      if (unit === 0) return false;
      window = (window << SHIFT) ^ unit;
      set(bits, hashOf(window) & mask);
    }
    return true;
  }

  /**
   * Takes the bytes of a header field, or of its value, as {@linkcode foldHeader} would fold them.
   * @returns false where other bytes than ASCII, a NUL or an encoded word are among them
   */
  addPlainField(
    bytes: Uint8Array,
    start: number,
    end: number,
    salt = 0,
  ): boolean {
    const bits = this.#bits;
    const mask = this.#mask;
    let window = 0;
    let last = 0;
    let units = 0;
    for (let at = start; at < end; at++) {
      let unit = CAPITALS[bytes[at]!]!;
      if (unit <= SPACE) {
        if (unit === 0) return false;
        if (unit === TAB || unit === CR || unit === LF) unit = SPACE;
        if (unit === SPACE && last === SPACE) continue;
      } else if (unit === QUESTION && last === EQUALS) return false;
      last = unit;
      window = (window << SHIFT) ^ unit;
      if (++units > 2) set(bits, hashOf(window ^ salt) & mask);
    }
    return true;
  }

  /** Notes that there is text that it cannot be given. */
  spoil(): void {
    this.#spoiled = true;
  }

  /** Gives the signature, as small as lets it tell something, and begins anew; undefined for a spoiled one. */
  take(): Signature | undefined {
    const spoiled = this.#spoiled;
    const bits = this.#bits;
    let { length } = bits;
    // Both halves laid over one another are the signature of a hash with one bit less.
    while (!spoiled && length * 4 > LEAST) {
      const half = length / 2;
      if (onesOfHalves(bits, half) * SPARSE > half * 32) break;
      for (let at = 0; at < half; at++) bits[at]! |= bits[half + at]!;
      length = half;
    }
    const signature = spoiled ? undefined : bits.slice(0, length);
    this.#spoiled = false;
    bits.fill(0);
    return signature;
  }
}

/** Where the characters beyond ASCII begin that the one at a place is among. */
function runStart(text: string, at: number): number {
  while (at > 0 && text.charCodeAt(at - 1) >= 0x80) at--;
  return at;
}

/** Where they end. */
function runEnd(text: string, at: number): number {
  while (at < text.length && text.charCodeAt(at) >= 0x80) at++;
  return at;
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
