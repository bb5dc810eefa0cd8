/**
 * Binary strings: one character a byte.
 *
 * @module
 */

/** The bytes of a binary string. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** The binary string of bytes. */
export function binaryString(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return text;
}

/** A binary string for people: UTF-8 where it is some, control characters visible, one line. */
export function printable(text: string): string {
  const shown = new TextDecoder().decode(bytesOf(text))
    .replace(/\r\n$/, "")
    .replace(
      // deno-lint-ignore no-control-regex -- making them visible is the purpose
      /[\x00-\x1f\x7f]/g,
      (char) => "\\x" + char.charCodeAt(0).toString(16).padStart(2, "0"),
    );
  return shown.length > 2000 ? shown.slice(0, 2000) + "..." : shown;
}
