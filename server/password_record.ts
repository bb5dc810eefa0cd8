/**
 * Password hashes as text: the PHC string format of argon2id (RFC 9106),
 * `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
 *
 * @module
 */

/** How much work a hash costs. */
export interface HashCost {
  /** Memory in KiB. */
  readonly memory: number;
  /** Passes over the memory. */
  readonly iterations: number;
  /** Lanes. */
  readonly parallelism: number;
}

/** A hash with what is needed to compute it again. */
export interface PasswordRecord extends HashCost {
  /** The salt. */
  readonly salt: Uint8Array;
  /** The hash. */
  readonly hash: Uint8Array;
}

const FORMAT =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** Writes a record as a PHC string. */
export function formatPasswordRecord(record: PasswordRecord): string {
  const { memory, iterations, parallelism, salt, hash } = record;
  const cost = `m=${memory},t=${iterations},p=${parallelism}`;
  return `$argon2id$v=19$${cost}$${base64(salt)}$${base64(hash)}`;
}

/**
 * Reads a PHC string, or answers undefined for any other text and for a cost beyond 1 GiB, 100 passes or
 * 16 lanes.
 */
export function parsePasswordRecord(text: string): PasswordRecord | undefined {
  const match = FORMAT.exec(text);
  if (match === null) return undefined;
  const [memory, iterations, parallelism] = match.slice(1, 4).map(Number);
  if (
    memory! < 8 * parallelism! || memory! > 1_048_576 || iterations! < 1 ||
    iterations! > 100 || parallelism! < 1 || parallelism! > 16
  ) return undefined;
  try {
    return {
      memory: memory!,
      iterations: iterations!,
      parallelism: parallelism!,
      salt: Uint8Array.fromBase64(match[4]!),
      hash: Uint8Array.fromBase64(match[5]!),
    };
  } catch {
    return undefined;
  }
}

/** Base64 without padding, as the PHC string format has it. */
function base64(bytes: Uint8Array): string {
  return bytes.toBase64({ omitPadding: true });
}
