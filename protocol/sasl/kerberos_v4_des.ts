/**
 * Single DES (FIPS 46-3) as Kerberos 4 uses it. A key of 56 bits is found by trying all of them, within hours: this
 * proves nothing against whoever cares to.
 *
 * The platform has triple DES alone. With three times the same key, that is single DES.
 *
 * @module
 */

import { createCipheriv, createDecipheriv } from "node:crypto";

/** The length of a key and of a block, in bytes. */
export const DES_BLOCK = 8;

/** Encrypts one block. */
export function encryptDesBlock(
  key: Uint8Array,
  block: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("des-ede3-cbc", thrice(key), NO_VECTOR);
  cipher.setAutoPadding(false);
  return new Uint8Array(cipher.update(block));
}

/**
 * Decrypts whole blocks in the mode PCBC, in which each depends on all before it. The key is the initialization
 * vector too, as Kerberos 4 has it.
 */
export function decryptPcbc(key: Uint8Array, data: Uint8Array): Uint8Array {
  const decipher = createDecipheriv("des-ede3-cbc", thrice(key), key);
  decipher.setAutoPadding(false);
  const plain = new Uint8Array(decipher.update(data));
  // What CBC lacks is the plain text of the block before.
  for (let at = DES_BLOCK; at < plain.length; at++) {
    plain[at]! ^= plain[at - DES_BLOCK]!;
  }
  return plain;
}

const NO_VECTOR = new Uint8Array(DES_BLOCK);

function thrice(key: Uint8Array): Uint8Array {
  return Uint8Array.of(...key, ...key, ...key);
}
