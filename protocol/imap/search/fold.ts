/**
 * Text as SEARCH compares it: equal strings are equal to a search.
 *
 * @module
 */

/** The capital of each ASCII character; 0 for NUL and for what is not ASCII. */
export const CAPITALS: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    byte < 0x80 ? String.fromCharCode(byte).toUpperCase().charCodeAt(0) : 0,
);

/**
 * Folds a text, which may become longer.
 *
 * A text that is cut before or behind a character of ASCII has the folds of its pieces: nothing combines with such a
 * character, and none changes its place.
 */
export function fold(text: string): string {
  return isAscii(text)
    ? text.toUpperCase()
    : streamSafe(text).normalize("NFKD").toUpperCase();
}

/** A header field's text as it is compared: folded, with each run of white space as one space. */
export function foldHeader(text: string): string {
  return fold(text).replace(/[\t\n\r ]+/g, " ");
}

/** Whether a text is of ASCII, which folds letter by letter. */
function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return !/[^\x00-\x7f]/.test(text);
}

/**
 * Text without endless runs of combining marks, as the Stream-Safe Text Format of Unicode (UAX #15 § 13) has
 * it: normalization brings a run in order in a time that grows with the square of its length. The half-width
 * sound marks are no combining marks, but decompose to such.
 */
function streamSafe(text: string): string {
  return text.replace(LONG_RUN, "$&\u034f");
}

const LONG_RUN = /[\p{M}\uff9e\uff9f]{30}(?=[\p{M}\uff9e\uff9f])/gu;

/** What may change its place beside others, or is half of a character. */
const DEPENDENT = /[\p{M}\uff9e\uff9f\p{Cs}]/u;

/** Folds of code units that have one unit; 0 for those that are not known or have others. */
const single = new Uint16Array(0x10000);
/** The other folds that are known; undefined for that of a unit which depends on those beside it. */
const others = new Map<number, string | undefined>();

/**
 * The fold of a code unit, where that is one unit and the same whatever stands beside it; else 0.
 * {@linkcode longFoldOf} knows of the others.
 */
export function shortFoldOf(unit: number): number {
  return single[unit]! || learn(unit);
}

/** The fold of a code unit, or undefined where it depends on those beside it. */
export function longFoldOf(unit: number): string | undefined {
  return others.get(unit);
}

function learn(unit: number): number {
  if (others.has(unit)) return 0;
  const char = String.fromCharCode(unit);
  const folded = fold(char);
  if (folded.length === 1 && !DEPENDENT.test(char) && folded !== "\0") {
    return single[unit] = folded.charCodeAt(0);
  }
  others.set(unit, DEPENDENT.test(char) ? undefined : folded);
  return 0;
}
