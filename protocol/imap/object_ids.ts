/**
 * Object identifiers (RFC 8474): what clients are told of the numbers of mailboxes, messages and threads.
 *
 * A number is enciphered with the storage's secret, 16 bytes at a time, so that an identifier is as long as any other,
 * tells nothing of how many there are, is unlike those of other storages, and can be read back: a search for one is a
 * search for its number.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, createHash } from "node:crypto";

/** What an identifier is of; the letter stands in front of it, as RFC 8474 § 8.1 advises. */
const KINDS = { mailbox: "F", email: "M", thread: "T" } as const;

/** What an identifier is of. */
export type ObjectKind = keyof typeof KINDS;

/** What an identifier says. */
export interface ObjectNumbers {
  /** The number itself. */
  readonly number: number;
  /** The mailbox that a content was first in (`ContentId.home`), else 0. */
  readonly home: number;
}

/** objectid = 1*255(ALPHA / DIGIT / "_" / "-") */
const SYNTAX = /^[A-Za-z0-9_-]{1,255}$/;

/** Stands for the secret of a storage that has none. */
const NO_SECRET = new Uint8Array(32);

/** The identifiers of a storage. */
export class ObjectIds {
  readonly #cipher: ReturnType<typeof createCipheriv>;
  readonly #decipher: ReturnType<typeof createDecipheriv>;
  readonly #block = new Uint8Array(16);
  readonly #view = new DataView(this.#block.buffer);

  /** See {@linkcode objectIdsOf}. */
  constructor(secret: Uint8Array) {
    const key = createHash("sha256").update("object identifiers")
      .update(secret).digest().subarray(0, 16);
    // Blocks by themselves: no two are alike, and each has to be read without the others.
    this.#cipher = createCipheriv("aes-128-ecb", key, null);
    this.#decipher = createDecipheriv("aes-128-ecb", key, null);
    this.#cipher.setAutoPadding(false);
    this.#decipher.setAutoPadding(false);
  }

  /** An identifier. */
  encode(kind: ObjectKind, number: number, home = 0): string {
    const letter = KINDS[kind];
    // The letter, 7 bytes of the home's number, 8 of the number's.
    this.#view.setBigUint64(0, BigInt(home));
    this.#view.setBigUint64(8, BigInt(number));
    this.#block[0] = letter.charCodeAt(0);
    const block = Uint8Array.from(this.#cipher.update(this.#block));
    return letter +
      block.toBase64({ alphabet: "base64url", omitPadding: true });
  }

  /** What an identifier says; undefined where it is none of this kind that has ever been given. */
  decode(kind: ObjectKind, id: string): ObjectNumbers | undefined {
    const letter = KINDS[kind];
    if (id.length !== 23 || id[0] !== letter) return undefined;
    let block: Uint8Array;
    try {
      block = Uint8Array.fromBase64(id.slice(1), { alphabet: "base64url" });
    } catch {
      return undefined;
    }
    this.#block.set(this.#decipher.update(block));
    if (this.#block[0] !== letter.charCodeAt(0)) return undefined;
    this.#block[0] = 0;
    const home = Number(this.#view.getBigUint64(0));
    const number = Number(this.#view.getBigUint64(8));
    // Bits that a number does not need may be spelled in several ways.
    return this.encode(kind, number, home) === id
      ? { number, home }
      : undefined;
  }
}

const known = new WeakMap<Uint8Array, ObjectIds>();

/** The identifiers of a storage with this secret. */
export function objectIdsOf(
  { secret }: { readonly secret?: Uint8Array },
): ObjectIds {
  const key = secret ?? NO_SECRET;
  let ids = known.get(key);
  if (ids === undefined) known.set(key, ids = new ObjectIds(key));
  return ids;
}

/** Whether a text can be an identifier. */
export function isObjectId(text: string): boolean {
  return SYNTAX.test(text);
}
