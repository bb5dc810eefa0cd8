/**
 * i;unicode-casemap: the collation by which SORT and THREAD compare strings (RFC 5051, RFC 5256 § 7).
 *
 * @module
 */

/** Simple titlecase mappings that are not the capital: of digraphs, and of Greek letters with a iota below. */
const TITLE = new Map<number, number>();
for (const title of [0x1c5, 0x1c8, 0x1cb, 0x1f2]) {
  for (const code of [title - 1, title, title + 1]) TITLE.set(code, title);
}
for (const row of [0x1f80, 0x1f90, 0x1fa0]) {
  for (let code = row; code < row + 8; code++) TITLE.set(code, code + 8);
}
for (const code of [0x1fb3, 0x1fc3, 0x1ff3]) TITLE.set(code, code + 9);

/** Georgian letters, whose titlecase is themselves. */
const GEORGIAN = /[\u10d0-\u10fa\u10fd-\u10ff]/;

/** What code points become, as far as they have been met; those of a letter or two, since texts repeat them. */
const known = new Map<string, string>();
const MAX_KNOWN = 10_000;

/**
 * Prepares a string: two are equal to the collation when what they become is equal, and {@linkcode compareCodePoints}
 * has their order.
 */
export function unicodeCasemap(text: string): string {
  // deno-lint-ignore no-control-regex
  if (!/[^\x00-\x7f]/.test(text)) return text.toUpperCase();
  let prepared = "";
  for (const char of text) {
    let mapped = known.get(char);
    if (mapped === undefined) {
      // RFC 5051 § 2: each code point by itself, so that nothing is reordered.
      mapped = titleOf(char).normalize("NFKD");
      if (known.size < MAX_KNOWN) known.set(char, mapped);
    }
    prepared += mapped;
  }
  return prepared;
}

/** The titlecase property of UnicodeData.txt, or the character itself. */
function titleOf(char: string): string {
  const title = TITLE.get(char.codePointAt(0)!);
  if (title !== undefined) return String.fromCodePoint(title);
  if (GEORGIAN.test(char)) return char;
  const capital = char.toUpperCase();
  // More than one is of SpecialCasing.txt.
  return capital.length === String.fromCodePoint(capital.codePointAt(0)!).length
    ? capital
    : char;
}

/** Compares prepared strings by their code points, as i;octet does those in UTF-8. */
export function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const one = a.charCodeAt(at);
    const other = b.charCodeAt(at);
    if (one !== other) return weight(one) - weight(other);
  }
  return a.length - b.length;
}

/** Where a code unit of UTF-16 stands among others: surrogates, which begin what is beyond U+FFFF, at the end. */
function weight(unit: number): number {
  return unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
