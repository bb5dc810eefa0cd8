/**
 * SHA-crypt: the functions `$5$` and `$6$` of crypt(3), by Ulrich Drepper's "Unix crypt using SHA-256 and
 * SHA-512". The numbers in the comments are those of its steps.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ShaCryptJob } from "./job.ts";

const DIGITS =
  "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Computes the digest. */
export function shaCrypt(
  password: Uint8Array,
  { kind, salt, rounds }: ShaCryptJob,
): Uint8Array {
  const name = kind === "sha256-crypt" ? "sha256" : "sha512";
  const hash = (parts: readonly Uint8Array[]): Uint8Array => {
    const hash = createHash(name);
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  // 4-8
  const b = hash([password, salt, password]);
  // 1-3, 9-12: B once for each byte of the password, then B or the password for each bit of its length.
  const start = [password, salt, repeated(b, password.length)];
  for (let bits = password.length; bits > 0; bits >>= 1) {
    start.push((bits & 1) === 1 ? b : password);
  }
  const a = hash(start);
  // 13-16
  const dp = hash(Array(password.length).fill(password));
  const p = repeated(dp, password.length);
  // 17-20
  const ds = hash(Array(16 + a[0]!).fill(salt));
  const s = repeated(ds, salt.length);
  // 21
  let c = a;
  for (let round = 0; round < rounds; round++) {
    const odd = round % 2 === 1;
    const next = createHash(name).update(odd ? p : c);
    if (round % 3 !== 0) next.update(s);
    if (round % 7 !== 0) next.update(p);
    c = next.update(odd ? c : p).digest();
  }
  return new Uint8Array(c);
}

/** A block, over and over, up to a length. */
function repeated(block: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += block.length) {
    bytes.set(block.subarray(0, length - at), at);
  }
  return bytes;
}

/**
 * The digest that the last field of a record stands for (22), or undefined when it is that of the other function,
 * or has bits that no digest has.
 */
export function digestFromCrypt(
  kind: ShaCryptJob["kind"],
  text: string,
): Uint8Array | undefined {
  const digest = new Uint8Array(kind === "sha256-crypt" ? 32 : 64);
  let at = 0;
  for (const places of digitOrder(digest.length)) {
    let value = 0;
    const digits = Math.ceil(places.length * 8 / 6);
    for (let digit = digits - 1; digit >= 0; digit--) {
      value = value << 6 | DIGITS.indexOf(text[at + digit] ?? "");
    }
    at += digits;
    if (value < 0 || value >> places.length * 8 !== 0) return undefined;
    for (const place of places) {
      digest[place] = value & 0xff;
      value >>= 8;
    }
  }
  return at === text.length ? digest : undefined;
}

/** Which bytes of the digest go together into digits, from the lowest on. */
function digitOrder(length: number): readonly number[][] {
  const third = Math.floor(length / 3);
  const order: number[][] = [];
  for (let group = 0; group < third; group++) {
    const places = [0, 1, 2].map((part) => group + part * third);
    // With each group the three begin one further: to the left with SHA-512, to the right with SHA-256.
    const turn = length === 64 ? group % 3 : (3 - group % 3) % 3;
    const turned = [0, 1, 2].map((part) => places[(part + turn) % 3]!);
    order.push(turned.reverse());
  }
  order.push(length === 64 ? [63] : [30, 31]);
  return order;
}
