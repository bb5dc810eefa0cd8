/**
 * The character classes of the IMAP grammar (RFC 9051 § 9), one table look-up a byte.
 *
 * @module
 */

/** ATOM-CHAR: any CHAR but atom-specials. */
export const ATOM_CHAR = 1;
/** ASTRING-CHAR: ATOM-CHAR or resp-specials, which is `]`. */
export const ASTRING_CHAR = 2;
/** What a tag is made of: ASTRING-CHAR but `+`. */
export const TAG_CHAR = 4;
/** list-char: ASTRING-CHAR or list-wildcards. */
export const LIST_CHAR = 8;
/** What a name of a command or data item is made of: ATOM-CHAR up to a section or partial. */
export const KEYWORD_CHAR = 16;
/** DIGIT, comma, colon, `*`: what a sequence set is made of. */
export const SET_CHAR = 32;
/** base64-char and the padding. */
export const BASE64_CHAR = 64;
/** DIGIT */
export const DIGIT_CHAR = 128;

/** For each byte the classes that it belongs to, as the sum of the constants above. */
export const CHAR_CLASS: Uint8Array = makeTable();

function makeTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0x21; byte < 0x7f; byte++) {
    const char = String.fromCharCode(byte);
    let classes = 0;
    if (!'(){%*"\\]'.includes(char)) classes |= ATOM_CHAR;
    if (!'(){%*"\\'.includes(char)) classes |= ASTRING_CHAR;
    if (!'(){%*"\\+'.includes(char)) classes |= TAG_CHAR;
    if (!'(){"\\'.includes(char)) classes |= LIST_CHAR;
    if (!'(){%*"\\][<'.includes(char)) classes |= KEYWORD_CHAR;
    if (/[0-9:,*]/.test(char)) classes |= SET_CHAR;
    if (/[A-Za-z0-9+/=]/.test(char)) classes |= BASE64_CHAR;
    if (/[0-9]/.test(char)) classes |= DIGIT_CHAR;
    table[byte] = classes;
  }
  return table;
}

/** Whether all of a string is in one of the given classes, and there is some of it. */
export function isMadeOf(text: string, classes: number, from = 0): boolean {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7e || (CHAR_CLASS[code]! & classes) === 0) return false;
  }
  return text.length > from;
}
