/**
 * Tokens: further passwords of a user, made of 128 random bits, so that one pass of SHA-256 keeps them.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import type { UserToken } from "../users.ts";

/** Digits that nobody mistakes for others, 32 of them. */
const DIGITS = "abcdefghijkmnpqrstuvwxyz23456789";

/** What a token begins with, so that people and programs that look for secrets know it for one. */
const PREFIX = "imapd-";

/** A new token. */
export interface NewToken {
  /** What the user logs in by; it is not kept. */
  readonly token: string;
  /** What it is known by, eight characters. */
  readonly id: string;
  /** What is kept of it. */
  readonly hash: string;
}

/** Makes a token. */
export function makeToken(): NewToken {
  const token = PREFIX + randomDigits(26);
  return { token, id: randomDigits(8), hash: hashToken(token) };
}

/** What is kept of a token: SHA-256, in hexadecimal digits. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/**
 * The token among those of a user that a password is, if it is one that has not ended. All of them are looked at.
 * @param now the time in milliseconds since 1970
 */
export function findToken(
  tokens: readonly UserToken[],
  password: string,
  now: number,
): UserToken | undefined {
  const hash = new TextEncoder().encode(hashToken(password));
  let found: UserToken | undefined;
  for (const token of tokens) {
    const other = new TextEncoder().encode(token.hash.toLowerCase());
    const same = other.length === hash.length && timingSafeEqual(other, hash);
    if (same && isValid(token, now)) found = token;
  }
  return found;
}

/** Whether a token has not ended. */
export function isValid({ expires }: UserToken, now: number): boolean {
  return expires === undefined || now < expires;
}

/** Five random bits a digit. */
function randomDigits(count: number): string {
  return Array.from(
    crypto.getRandomValues(new Uint8Array(count)),
    (byte) => DIGITS[byte % DIGITS.length],
  ).join("");
}
