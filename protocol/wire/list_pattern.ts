/**
 * The wildcards of LIST (RFC 9051 § 6.3.9): `*` is anything, `%` anything within a level.
 *
 * @module
 */

const ANY = "*";
const LEVEL = "%";
const WORD = 32;

/**
 * Makes a test of a pattern. Its time is in proportion to the length of the name, and to that of the pattern
 * in steps of 32 characters, however many wildcards there are.
 *
 * The five letters of INBOX match in any case, in a name that is INBOX or below it.
 *
 * @param pattern in Unicode, the reference name in front of it
 * @param delimiter the hierarchy delimiter, one character
 */
export function compilePattern(
  pattern: string,
  delimiter: string,
): (name: string) => boolean {
  if (/^\*+$/.test(pattern)) return () => true;
  const matcher = new Matcher(simplify(pattern), delimiter);
  const inbox = `INBOX${delimiter}`;
  const prefix = /^([^*%]+)\*+$/.exec(pattern)?.[1];
  return (name) => {
    if (name === "INBOX" || name.startsWith(inbox)) {
      return matcher.matches(name, 5);
    }
    return prefix === undefined
      ? matcher.matches(name, 0)
      : name.startsWith(prefix);
  };
}

/**
 * Whether a mailbox name matches a pattern; {@linkcode compilePattern} is for many names.
 * @param pattern in Unicode, the reference name in front of it
 * @param delimiter the hierarchy delimiter, one character
 */
export function matchPattern(
  pattern: string,
  name: string,
  delimiter: string,
): boolean {
  return compilePattern(pattern, delimiter)(name);
}

/** Wildcards in a row are as good as one of them: `*` if there is one, else `%`. */
function simplify(pattern: string): string {
  return pattern.replace(
    /[*%]{2,}/g,
    (run) => run.includes(ANY) ? ANY : LEVEL,
  );
}

/**
 * Follows all ways to match at once. Bit n of a set of places is for the place before the pattern's
 * character n; it is in `#reached` when what is before it can match what has been read of the name.
 */
class Matcher {
  readonly #separator: number;
  readonly #length: number;
  readonly #any: Uint32Array;
  readonly #level: Uint32Array;
  /** For each character of the pattern, the places that it stands at. */
  readonly #places = new Map<number, Uint32Array>();
  readonly #nowhere: Uint32Array;
  readonly #reached: Uint32Array;

  /** Takes a pattern without wildcards in a row. */
  constructor(pattern: string, delimiter: string) {
    this.#length = pattern.length;
    this.#separator = delimiter.charCodeAt(0);
    this.#reached = this.#newSet();
    this.#nowhere = this.#newSet();
    this.#any = this.#newSet();
    this.#level = this.#newSet();
    for (let place = 0; place < pattern.length; place++) {
      add(this.#placesOf(pattern[place]!), place);
    }
  }

  /**
   * Whether the whole pattern matches the whole name.
   * @param folded how many characters of the name are capitals that match in any case
   */
  matches(name: string, folded: number): boolean {
    const reached = this.#reached.fill(0);
    add(reached, 0);
    if (has(this.#any, 0) || has(this.#level, 0)) add(reached, 1);
    const last = this.#length - 1;
    const endsInAny = last >= 0 && has(this.#any, last);
    for (let index = 0; index < name.length; index++) {
      if (endsInAny && has(reached, last)) return true;
      const code = name.charCodeAt(index);
      const lower = index < folded ? code + 0x20 : code;
      if (!this.#step(code, lower)) return false;
    }
    return has(reached, this.#length);
  }

  /** Reads one character of the name, which may match another one too; false when no place is left. */
  #step(code: number, orCode: number): boolean {
    const reached = this.#reached;
    const places = this.#places.get(code) ?? this.#nowhere;
    const more = code === orCode
      ? this.#nowhere
      : this.#places.get(orCode) ?? this.#nowhere;
    const level = code === this.#separator ? this.#nowhere : this.#level;
    let carry = 0;
    let alive = 0;
    for (let word = 0; word < reached.length; word++) {
      const before = reached[word]!;
      const moves = before & (places[word]! | more[word]!);
      const stays = before & (this.#any[word]! | level[word]!);
      const now = moves << 1 | stays | carry;
      // A wildcard may match nothing: the place behind it is reached too. No wildcard is there.
      const skips = now & (this.#any[word]! | this.#level[word]!);
      reached[word] = now | skips << 1;
      carry = (moves | skips) >>> (WORD - 1);
      alive |= reached[word]! | carry;
    }
    return alive !== 0;
  }

  #placesOf(char: string): Uint32Array {
    if (char === ANY) return this.#any;
    if (char === LEVEL) return this.#level;
    const code = char.charCodeAt(0);
    let places = this.#places.get(code);
    if (places === undefined) {
      places = this.#newSet();
      this.#places.set(code, places);
    }
    return places;
  }

  #newSet(): Uint32Array {
    return new Uint32Array(Math.floor(this.#length / WORD) + 1);
  }
}

function add(places: Uint32Array, place: number): void {
  places[place >>> 5]! |= 1 << (place & (WORD - 1));
}

function has(places: Uint32Array, place: number): boolean {
  return (places[place >>> 5]! & 1 << (place & (WORD - 1))) !== 0;
}
