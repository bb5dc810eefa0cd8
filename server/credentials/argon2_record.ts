/**
 * argon2 (RFC 9106) as text: the PHC string format, `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
 *
 * @module
 */

import type { PasswordCheck } from "./job.ts";

/** How much work a hash costs. */
export interface HashCost {
  /** Memory in KiB. */
  readonly memory: number;
  /** Passes over the memory. */
  readonly iterations: number;
  /** Lanes. */
  readonly parallelism: number;
}

/** A hash of argon2id with what is needed to compute it again. */
export interface Argon2Record extends HashCost {
  /** Salt. */
  readonly salt: Uint8Array;
  /** The hash. */
  readonly hash: Uint8Array;
}

/** The most memory of a record, in KiB: 1 GiB. */
export const MAX_MEMORY = 1_048_576;
/** The most passes of a record. */
export const MAX_PASSES = 100;
/** The most work of a record, in KiB times passes: about five seconds. */
export const MAX_WORK = 4 * MAX_MEMORY;

const MAX_LANES = 16;

const FORMAT =
  /^\$(argon2id?)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Whether a cost is one that can be, and that is bearable. */
export function isBearable(cost: HashCost): boolean {
  const { memory, iterations, parallelism } = cost;
  return [memory, iterations, parallelism].every(Number.isInteger) &&
    parallelism >= 1 && parallelism <= MAX_LANES &&
    memory >= 8 * parallelism && memory <= MAX_MEMORY &&
    iterations >= 1 && iterations <= MAX_PASSES &&
    memory * iterations <= MAX_WORK;
}

/** Writes a record of argon2id as a PHC string. */
export function formatArgon2Record(record: Argon2Record): string {
  const { memory, iterations, parallelism, salt, hash } = record;
  const cost = `m=${memory},t=${iterations},p=${parallelism}`;
  return `$argon2id$v=19$${cost}$${base64(salt)}$${base64(hash)}`;
}

/** Reads a PHC string of argon2id or argon2i; undefined for any other text and for an unbearable cost. */
export function parseArgon2Record(text: string): PasswordCheck | undefined {
  const match = FORMAT.exec(text);
  if (match === null) return undefined;
  const [memory, iterations, parallelism] = match.slice(2, 5).map(Number);
  const cost = {
    memory: memory!,
    iterations: iterations!,
    parallelism: parallelism!,
  };
  if (!isBearable(cost)) return undefined;
  try {
    const kind = match[1] as "argon2id" | "argon2i";
    const salt = Uint8Array.fromBase64(match[5]!);
    const hash = Uint8Array.fromBase64(match[6]!);
    return { job: { kind, ...cost, salt, length: hash.length }, hash };
  } catch {
    return undefined;
  }
}

/** Base64 without padding, as the PHC string format has it. */
function base64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}
