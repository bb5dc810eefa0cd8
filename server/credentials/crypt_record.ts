/**
 * Records of crypt(3): bcrypt (`$2y$10$…`) and the SHA-crypt functions (`$5$…`, `$6$…`). Each has an alphabet
 * and an order of its own for its 64 digits.
 *
 * @module
 */

import type { PasswordCheck } from "./job.ts";
import { digestFromCrypt } from "./sha_crypt.ts";

/** The most that bcrypt may cost: 2^15 rounds, some four seconds. */
export const MAX_BCRYPT_COST = 15;
/** The most rounds of SHA-crypt: some two seconds. */
export const MAX_SHA_CRYPT_ROUNDS = 500_000;

// `$2a$` and `$2b$` were other names for bugs that only passwords beyond 72 bytes met; `$2x$` is a broken one.
const BCRYPT = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

const SHA_CRYPT =
  /^\$([56])\$(?:rounds=(\d{1,9})\$)?([^$:\n]{0,16})\$([./0-9A-Za-z]{43}|[./0-9A-Za-z]{86})$/;

const BCRYPT_DIGITS =
  "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64_DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Reads a record of bcrypt; undefined for any other text and for a cost below 4 or above 15. */
export function parseBcryptRecord(text: string): PasswordCheck | undefined {
  const match = BCRYPT.exec(text);
  if (match === null) return undefined;
  const cost = Number(match[1]);
  if (cost < 4 || cost > MAX_BCRYPT_COST) return undefined;
  const salt = bytesOf(match[2]!);
  return { job: { kind: "bcrypt", salt, cost }, hash: bytesOf(match[3]!) };
}

/**
 * Reads a record of SHA-crypt; undefined for any other text and for more than 500,000 rounds. Fewer than 1,000
 * rounds mean 1,000.
 */
export function parseShaCryptRecord(text: string): PasswordCheck | undefined {
  const match = SHA_CRYPT.exec(text);
  if (match === null) return undefined;
  const kind = match[1] === "5" ? "sha256-crypt" : "sha512-crypt";
  const rounds = Math.max(1_000, Number(match[2] ?? 5_000));
  const hash = digestFromCrypt(kind, match[4]!);
  if (rounds > MAX_SHA_CRYPT_ROUNDS || hash === undefined) return undefined;
  const salt = new TextEncoder().encode(match[3]);
  return { job: { kind, salt, rounds }, hash };
}

/** Undoes bcrypt's base64: digits of its own, and no padding. */
function bytesOf(text: string): Uint8Array {
  const base64 = text.replaceAll(
    /./g,
    (digit) => BASE64_DIGITS[BCRYPT_DIGITS.indexOf(digit)]!,
  );
  return Uint8Array.fromBase64(base64, { lastChunkHandling: "loose" });
}
