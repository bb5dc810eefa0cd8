/**
 * The secret of a database, made the first time that it is opened.
 *
 * @module
 */

import { ByteReader, ByteWriter } from "./binary.ts";
import type { Committer } from "./commit.ts";
import { SECRET } from "./keys.ts";
import type { KeyValue } from "./value_reader.ts";

const VERSION = 1;
const LENGTH = 32;

/** Reads the secret, or makes it; of several who make one at the same time one is heard. */
export async function secretOf(
  kv: Deno.Kv,
  committer: Committer,
): Promise<Uint8Array> {
  for (;;) {
    const { value } = await kv.get<Uint8Array>(SECRET);
    if (value !== null) return decodeSecret(value);
    const made = crypto.getRandomValues(new Uint8Array(LENGTH));
    const { key, value: bytes } = secretEntry(made);
    const check = { key, versionstamp: null };
    if ((await committer.write([[key, bytes]], [check])).ok) return made;
  }
}

/** A secret as it is written. */
export function secretEntry(secret: Uint8Array): KeyValue<Uint8Array> {
  const value = new ByteWriter(1 + LENGTH).u8(VERSION).raw(secret).bytes();
  return { key: SECRET, value };
}

/** The secret in a value. @throws {Error} when it is none */
export function decodeSecret(bytes: Uint8Array): Uint8Array {
  return new ByteReader(bytes).version(VERSION).raw(LENGTH);
}
