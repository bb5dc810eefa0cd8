/**
 * i;unicode-casemap: the collation by which strings are compared (RFC 5051, RFC 5255 § 4.2, RFC 5256 § 7).
 *
 * A string is prepared code point by code point, each whatever stands beside it: it gets its simple titlecase, which is
 * mostly its capital, and is decomposed. So a text can be prepared in pieces.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Simple titlecase mappings that are no capitals: of digraphs, and of Greek letters with a iota below. */
const TITLES = new Map<number, number>();
for (const title of [0x1c5, 0x1c8, 0x1cb, 0x1f2]) {
  for (const code of [title - 1, title, title + 1]) TITLES.set(code, title);
}
for (const row of [0x1f80, 0x1f90, 0x1fa0]) {
  for (let code = row; code < row + 8; code++) TITLES.set(code, code + 8);
}
for (const code of [0x1fb3, 0x1fc3, 0x1ff3]) TITLES.set(code, code + 9);

/** Georgian letters, whose titlecase is themselves. */
const GEORGIAN = /[\u10d0-\u10fa\u10fd-\u10ff]/;

/** Of code units what they become, where that is one unit; 0 for those that are not known or become more. */
const single = new Uint16Array(0x10000);
/** Of other code points what they become, as far as they are known. */
const others = new Map<number, string>();
/** So many of those beyond U+FFFF are remembered. */
const MAX_OTHERS = 20_000;

/** Where texts are put together, and how much has to be left for what one code point becomes. */
const room = new Uint16Array(32_768);
const roomBytes = Buffer.from(room.buffer);
const MOST_UNITS = 32;

/** Prepares a string: what is equal to the collation becomes equal, and {@linkcode compareCodePoints} has the order. */
export function unicodeCasemap(text: string): string {
  const { length } = text;
  // As many bytes of UTF-8 as code units: it is ASCII.
  if (Buffer.byteLength(text) === length) return text.toUpperCase();
  let prepared = "";
  let used = 0;
  for (let at = 0; at < length; at++) {
    if (used > room.length - MOST_UNITS) {
      prepared += roomBytes.toString("utf16le", 0, 2 * used);
      used = 0;
    }
    const unit = text.charCodeAt(at);
    const short = single[unit]!;
    if (short !== 0 || learn(unit) !== 0) {
      room[used++] = single[unit]!;
      continue;
    }
    const code = text.codePointAt(at)!;
    if (code > 0xffff) at++;
    const long = longCasemap(code);
    for (let of = 0; of < long.length; of++) room[used++] = long.charCodeAt(of);
  }
  return prepared + roomBytes.toString("utf16le", 0, 2 * used);
}

/** What a code unit becomes, where that is one unit; 0 where it is another number of them, of surrogates and of NUL. */
export function shortCasemap(unit: number): number {
  return single[unit]! || learn(unit);
}

function learn(unit: number): number {
  if ((unit & 0xf800) === 0xd800 || others.has(unit)) return 0;
  const prepared = prepare(unit);
  if (prepared.length === 1) return single[unit] = prepared.charCodeAt(0);
  others.set(unit, prepared);
  return 0;
}

/** What a code point becomes. */
export function longCasemap(code: number): string {
  let prepared = others.get(code);
  if (prepared === undefined) {
    prepared = prepare(code);
    if (others.size < MAX_OTHERS) others.set(code, prepared);
  }
  return prepared;
}

/** RFC 5051 § 2, step 2. */
function prepare(code: number): string {
  return titleOf(code).normalize("NFKD");
}

/** The titlecase property of UnicodeData.txt, or the character itself. */
function titleOf(code: number): string {
  const char = String.fromCodePoint(TITLES.get(code) ?? code);
  if (TITLES.has(code) || GEORGIAN.test(char)) return char;
  const capital = char.toUpperCase();
  // Several code points are of SpecialCasing.txt.
  const isOne = capital.length <= 1 + Number(capital.codePointAt(0)! > 0xffff);
  return isOne ? capital : char;
}

/** Compares prepared strings by their code points, as i;octet does in UTF-8. */
export function compareCodePoints(a: string, b: string): number {
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
