/**
 * Passwords as SCRAM keeps them: `{SCRAM-SHA-256}4096,salt,StoredKey,ServerKey`, each of the three in base64, as
 * in Dovecot's files. Nobody who reads one can log in by it, but whoever learns a proof along with it can.
 *
 * @module
 */

import {
  deriveScramKeys,
  HASH_LENGTH,
  SCRAM_ITERATIONS,
  type ScramKeys,
} from "../protocol/sasl/scram_keys.ts";
import type { ScramHash } from "../protocol/sasl/server.ts";

/** Such a record, taken apart. */
export interface ScramRecord extends ScramKeys {
  /** The hash function. */
  readonly hash: ScramHash;
  /** Iterations. */
  readonly iterations: number;
  /** Salt. */
  readonly salt: Uint8Array;
}

/** The length of a salt, of records and of those who have none, in bytes. */
export const SCRAM_SALT_LENGTH = 16;

/** More than this a client does not compute in reasonable time. */
export const MAX_SCRAM_ITERATIONS = 10_000_000;

const FORMAT =
  /^\{SCRAM-(SHA-1|SHA-256)\}([1-9]\d{0,7}),([A-Za-z0-9+/=]{4,172}),([A-Za-z0-9+/=]{28,44}),([A-Za-z0-9+/=]{28,44})$/;

/** Reads a record, or answers undefined for any other text and for more than ten million iterations. */
export function parseScramRecord(text: string): ScramRecord | undefined {
  const match = FORMAT.exec(text);
  if (match === null) return undefined;
  const hash = match[1] as ScramHash;
  const iterations = Number(match[2]);
  if (iterations > MAX_SCRAM_ITERATIONS) return undefined;
  const [salt, storedKey, serverKey] = match.slice(3).map(bytesOf);
  const length = HASH_LENGTH[hash];
  if (
    salt === undefined || storedKey?.length !== length ||
    serverKey?.length !== length
  ) return undefined;
  return { hash, iterations, salt, storedKey, serverKey };
}

/** The record of a user by a hash function, of the two that there may be; undefined where neither is one. */
export function scramRecordOf(
  { scram, passwordHash }: {
    readonly scram?: string;
    readonly passwordHash?: string;
  },
  hash: ScramHash,
): ScramRecord | undefined {
  return [scram, passwordHash]
    .map((text) => text === undefined ? undefined : parseScramRecord(text))
    .find((record) => record?.hash === hash);
}

/** Whether a user can log in by SCRAM with one hash function or the other. */
export function hasScramRecord(
  user: Parameters<typeof scramRecordOf>[0],
): boolean {
  return (Object.keys(HASH_LENGTH) as ScramHash[])
    .some((hash) => scramRecordOf(user, hash) !== undefined);
}

/** Writes a record. */
export function formatScramRecord(record: ScramRecord): string {
  const { hash, iterations, salt, storedKey, serverKey } = record;
  const [...fields] = [salt, storedKey, serverKey].map((b) => b.toBase64());
  return `{SCRAM-${hash}}${[iterations, ...fields].join(",")}`;
}

/** How a record is made. */
export interface ScramRecordOptions {
  /** The hash function. Default SHA-256. */
  readonly hash?: ScramHash;
  /** Iterations; had better be those that the server tells of users who are not there. Default 4,096. */
  readonly iterations?: number;
}

/** Makes the record of a password, with a new salt. */
export async function makeScramRecord(
  password: string,
  options: ScramRecordOptions = {},
): Promise<string> {
  const { hash = "SHA-256", iterations = SCRAM_ITERATIONS } = options;
  const salt = crypto.getRandomValues(new Uint8Array(SCRAM_SALT_LENGTH));
  const keys = await deriveScramKeys(hash, password, salt, iterations);
  return formatScramRecord({ hash, iterations, salt, ...keys });
}

function bytesOf(base64: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
  } catch {
    return undefined;
  }
}
