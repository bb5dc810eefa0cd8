/**
 * Bytes as strings: ASCII, UTF-8 or, where it is neither, one character a byte.
 *
 * @module
 */

/** Up to here a loop makes a string faster than a decoder does. */
const SHORT = 12;
/** How many arguments a function is given at a time. */
const SLICE = 4_096;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The string of bytes that are known to be ASCII. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > SHORT) return utf8.decode(bytes.subarray(from, to));
  let text = "";
  for (let index = from; index < to; index++) {
    text += String.fromCharCode(bytes[index]!);
  }
  return text;
}

/** The string of bytes that are UTF-8, or undefined when they are not. A byte order mark is kept. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The string of any bytes, U+0000 to U+00FF for each of them. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += SLICE) {
    text += String.fromCharCode(...bytes.subarray(from, from + SLICE));
  }
  return text;
}

/** UTF-8, or where it is not valid, one character a byte. */
export function lenientText(bytes: Uint8Array): string {
  return utf8Text(bytes) ?? latin1Text(bytes);
}

/** The UTF-8 of a string; a lone surrogate becomes U+FFFD. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}
