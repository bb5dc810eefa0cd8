/**
 * PBKDF2 (RFC 8018 § 5.2) as Dovecot writes it: `{PBKDF2}$1$salt$5000$hash`, the salt as it stands there, the hash
 * in hexadecimal digits.
 *
 * @module
 */

import type { PasswordCheck } from "./job.ts";

/** The most iterations of a record: some five seconds. */
export const MAX_PBKDF2_ITERATIONS = 10_000_000;

const FORMAT =
  /^\$1\$([./A-Za-z0-9]{1,64})\$([1-9]\d{0,7})\$([0-9A-Fa-f]{40})$/;

/** Reads what stands behind `{PBKDF2}`; undefined for any other text and for more than ten million iterations. */
export function parsePbkdf2Record(text: string): PasswordCheck | undefined {
  const match = FORMAT.exec(text);
  if (match === null) return undefined;
  const iterations = Number(match[2]);
  if (iterations > MAX_PBKDF2_ITERATIONS) return undefined;
  const salt = new TextEncoder().encode(match[1]);
  const hash = Uint8Array.fromHex(match[3]!);
  const { length } = hash;
  return { job: { kind: "pbkdf2", salt, iterations, length }, hash };
}
