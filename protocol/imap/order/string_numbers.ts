/**
 * Numbers for strings, from 0 on: equal ones have the same.
 *
 * @module
 */

/** How many maps there are: a large one would be copied when it has to grow. */
const MAPS = 64;

/** See the module's text. */
export class StringNumbers {
  readonly #maps = Array.from(
    { length: MAPS },
    () => new Map<string, number>(),
  );
  #size = 0;

  /** How many strings there are. */
  get size(): number {
    return this.#size;
  }

  /** The number of a string; undefined where it has none. */
  get(text: string): number | undefined {
    return this.#maps[mapFor(text)]!.get(text);
  }

  /** Gives the next number to a string that has none. */
  add(text: string): number {
    const number = this.#size++;
    this.#maps[mapFor(text)]!.set(text, number);
    return number;
  }
}

/** Which map is for a string. */
function mapFor(text: string): number {
  const { length } = text;
  if (length === 0) return 0;
  const middle = text.charCodeAt(length >> 1);
  const end = text.charCodeAt(length - 1) + 5 * text.charCodeAt(length >> 2);
  return (length * 31 + middle * 7 + end) % MAPS;
}
