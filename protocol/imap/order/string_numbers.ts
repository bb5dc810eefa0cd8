/**
 * Numbers for strings, from 0 on: equal ones have the same.
 *
 * @module
 */

/** How many maps there are: a large one would be copied when it has to grow. */
const MAPS = 64;
/** What a map takes, and a string in one beside its code units, in bytes. */
const MAP = 400, STRING = 100;

/** Where hashes begin: nobody is to know which strings come into the same map. */
const SEED = crypto.getRandomValues(new Uint32Array(1))[0]!;

/** See the module's text. */
export class StringNumbers {
  readonly #maps: (Map<string, number> | undefined)[] = [];
  #size = 0;
  #bytes = 0;

  /** How many strings there are. */
  get size(): number {
    return this.#size;
  }

  /** How many bytes all of it takes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of a string; undefined where it has none. */
  get(text: string): number | undefined {
    return this.#maps[mapFor(text)]?.get(text);
  }

  /** Gives the next number to a string that has none. */
  add(text: string): number {
    const number = this.#size++;
    const at = mapFor(text);
    let map = this.#maps[at];
    if (map === undefined) {
      this.#maps[at] = map = new Map();
      this.#bytes += MAP;
    }
    map.set(text, number);
    this.#bytes += STRING + 2 * text.length;
    return number;
  }
}

/** Which map is for a string. */
function mapFor(text: string): number {
  let hash = SEED;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return (hash >>> 0) % MAPS;
}
