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

/** Bits of the hash; the largest signature has 2 to the power of it. */
const HASH_BITS = 16;
/** The smallest signature, in bytes. */
const LEAST = 32;
/** Of so many bits, one may be set: with a third of them set, six triples let one text in 700 pass. */
const SPARSE = 3;

/** Bits of a text, for as long as it lives in memory. */
export type Signature = Uint8Array;

/** Gathers the triples of texts into one signature. */
export class SignatureBuilder {
  readonly #bits: Uint8Array;
  #spoiled = false;

  /** @param size the most that a signature may take, in bytes: a power of 2 from 32 to 8,192 */
  constructor(size: number) {
    this.#bits = new Uint8Array(size);
  }

  /** Takes a text that has been folded; triples do not reach from one text to the next. */
  add(text: string, salt = 0): void {
    const bits = this.#bits;
    const mask = bits.length * 8 - 1;
    const { length } = text;
    let first = text.charCodeAt(0);
    let second = text.charCodeAt(1);
    for (let at = 2; at < length; at++) {
      const third = text.charCodeAt(at);
      const hash = hashOf(first ^ salt, second, third) & mask;
      bits[hash >>> 3]! |= 1 << (hash & 7);
      first = second;
      second = third;
    }
  }

  /** Notes that there is text that it cannot be given. */
  spoil(): void {
    this.#spoiled = true;
  }

  /** Gives the signature, as small as lets it tell something, and begins anew; undefined for a spoiled one. */
  take(): Signature | undefined {
    const spoiled = this.#spoiled;
    this.#spoiled = false;
    let bits = this.#bits.slice();
    this.#bits.fill(0);
    if (spoiled) return undefined;
    // Both halves laid over one another are the signature of a hash with one bit less.
    while (bits.length > LEAST) {
      const half = bits.length / 2;
      const folded = bits.slice(0, half);
      for (let at = 0; at < half; at++) folded[at]! |= bits[half + at]!;
      if (count(folded) * SPARSE > half * 8) break;
      bits = folded;
    }
    return bits;
  }
}

/** The hashes of the triples of a string that has been folded, each once. */
export function triplesOf(text: string, salt = 0): Uint16Array {
  const hashes = new Set<number>();
  for (let at = 2; at < text.length; at++) {
    hashes.add(
      hashOf(
        text.charCodeAt(at - 2) ^ salt,
        text.charCodeAt(at - 1),
        text.charCodeAt(at),
      ),
    );
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
  const mask = signature.length * 8 - 1;
  for (let at = 0; at < triples.length; at++) {
    const bit = triples[at]! & mask;
    if ((signature[bit >>> 3]! & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function hashOf(first: number, second: number, third: number): number {
  const mixed = Math.imul(first, 0x9e3779b1) ^
    Math.imul(second, 0x85ebca77) ^ Math.imul(third, 0xc2b2ae3d);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> (32 - HASH_BITS);
}

function count(bits: Uint8Array): number {
  let ones = 0;
  const words = new Uint32Array(bits.buffer, bits.byteOffset, bits.length / 4);
  for (let at = 0; at < words.length; at++) {
    let word = words[at]!;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    ones += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return ones;
}
