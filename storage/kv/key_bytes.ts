/**
 * Keys as Deno KV has them in its table: bytes that sort as the keys do. As a string, a unit a byte, such bytes are the
 * key's name, which sorts alike.
 *
 * @module
 */

const STRING = 0x02;
const NUMBER = 0x21;
const END = "\0";
/** After a zero: it is part of the name. */
const ESCAPED = "\xff";
/** Text that is the same in UTF-8, without a zero. */
// deno-lint-ignore no-control-regex
const PLAIN = /^[\x01-\x7f]*$/;
/** As many units a string is made of at once. */
const UNITS = 4_096;
/** A number on its way. */
const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The first key after one, both as bytes. */
export function following(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}

/**
 * A key as bytes that sort as keys do: names up to a zero, numbers such that their bytes sort as they do.
 * @throws {TypeError} when a part is neither a number nor a name
 */
export function encodeKey(key: Deno.KvKey): Uint8Array {
  return bytesOf(nameOf(key));
}

/** The key of such bytes. */
export function decodeKey(bytes: Uint8Array): Deno.KvKey {
  return keyOf(nameOfBytes(bytes));
}

/** The name of a key. @throws {TypeError} as {@linkcode encodeKey} */
export function nameOf(key: Deno.KvKey): string {
  let name = "";
  for (const part of key) {
    if (typeof part === "string") {
      const text = PLAIN.test(part)
        ? part
        : nameOfBytes(encoder.encode(part)).replaceAll(END, END + ESCAPED);
      name += `\x02${text}${END}`;
    } else if (typeof part === "number") {
      scratch.setFloat64(0, part);
      turnSign(scratch.getInt8(0) < 0);
      name += `!${nameOfBytes(scratchBytes)}`;
    } else throw new TypeError("A key has a part of another kind");
  }
  return name;
}

/** The name of a key from its bytes. */
export function nameOfBytes(bytes: Uint8Array): string {
  let name = "";
  for (let at = 0; at < bytes.length; at += UNITS) {
    const some = bytes.subarray(at, at + UNITS) as unknown as number[];
    // Nothing else is as fast before the engine knows that it is done often.
    name += String.fromCharCode.apply(null, some);
  }
  return name;
}

/** The key of a name. */
export function keyOf(name: string): Deno.KvKey {
  const key: (string | number)[] = [];
  for (let at = 0; at < name.length;) {
    const kind = name.charCodeAt(at++);
    if (kind === STRING) {
      let end = name.indexOf(END, at);
      while (end >= 0 && name[end + 1] === ESCAPED) {
        end = name.indexOf(END, end + 2);
      }
      if (end < 0) throw new TypeError("A key has a name without an end");
      key.push(textOf(name.slice(at, end)));
      at = end + 1;
    } else if (kind === NUMBER) {
      for (let i = 0; i < 8; i++) scratchBytes[i] = name.charCodeAt(at++);
      turnSign(scratch.getInt8(0) >= 0);
      key.push(scratch.getFloat64(0));
    } else throw new TypeError("A key has a part of another kind");
  }
  return key;
}

function textOf(bytes: string): string {
  if (PLAIN.test(bytes)) return bytes;
  return decoder.decode(bytesOf(bytes.replaceAll(END + ESCAPED, END)));
}

/** What {@linkcode nameOfBytes} has made a string of. */
function bytesOf(name: string): Uint8Array {
  const bytes = new Uint8Array(name.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = name.charCodeAt(at);
  return bytes;
}

/** Numbers below zero have all bits turned, others the first. */
function turnSign(isNegative: boolean): void {
  const high = scratch.getInt32(0);
  scratch.setInt32(0, isNegative ? ~high : high ^ 0x80000000);
  if (isNegative) scratch.setInt32(4, ~scratch.getInt32(4));
}
