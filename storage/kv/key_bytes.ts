/**
 * Keys as Deno KV has them in its table: bytes that sort as the keys do. As a string, a unit a byte, such bytes are the
 * key's name, which sorts alike.
 *
 * @module
 */

const STRING = 0x02;
const NUMBER = 0x21;
const END = 0x00;
/** After a zero: it is part of the name. */
const ESCAPED = 0xff;
/** A name that its bytes are like. */
// deno-lint-ignore no-control-regex
const PLAIN = /^[\x01-\x7f]*$/;
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
  const bytes: number[] = [];
  for (const part of key) {
    if (typeof part === "string") {
      bytes.push(STRING);
      for (const byte of encoder.encode(part)) {
        bytes.push(byte);
        if (byte === END) bytes.push(ESCAPED);
      }
      bytes.push(END);
    } else if (typeof part === "number") {
      scratch.setFloat64(0, part);
      turnSign(scratch.getInt8(0) < 0);
      bytes.push(NUMBER, ...scratchBytes);
    } else throw new TypeError("A key has a part of another kind");
  }
  return Uint8Array.from(bytes);
}

/** The key of such bytes. */
export function decodeKey(bytes: Uint8Array): Deno.KvKey {
  const key: (string | number)[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] === STRING) {
      const name: number[] = [];
      for (at++; bytes[at] !== END || bytes[at + 1] === ESCAPED; at++) {
        name.push(bytes[at]!);
        if (bytes[at] === END) at++;
      }
      key.push(decoder.decode(Uint8Array.from(name)));
      at++;
    } else if (bytes[at] === NUMBER) {
      for (let i = 0; i < 8; i++) scratchBytes[i] = bytes[at + 1 + i]!;
      turnSign(scratch.getInt8(0) >= 0);
      key.push(scratch.getFloat64(0));
      at += 9;
    } else throw new TypeError("A key has a part of another kind");
  }
  return key;
}

/** The name of a key. @throws {TypeError} as {@linkcode encodeKey} */
export function nameOf(key: Deno.KvKey): string {
  let name = "";
  for (const part of key) {
    if (typeof part === "string" && PLAIN.test(part)) {
      name += `\x02${part}\0`;
    } else name += nameOfBytes(encodeKey([part]));
  }
  return name;
}

/** The name of a key from its bytes. */
export function nameOfBytes(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** The key of a name. */
export function keyOf(name: string): Deno.KvKey {
  return decodeKey(Uint8Array.from(name, (unit) => unit.charCodeAt(0)));
}

/** Numbers below zero have all bits turned, others the first. */
function turnSign(isNegative: boolean): void {
  const high = scratch.getInt32(0);
  scratch.setInt32(0, isNegative ? ~high : high ^ 0x80000000);
  if (isNegative) scratch.setInt32(4, ~scratch.getInt32(4));
}
