/**
 * What a mailbox name may be, and what becomes of it.
 *
 * A name is a path of levels. `INBOX` is one name in whatever case it is written (RFC 9051 § 5.1), as the
 * first level of a longer name too, so that no mailbox has two spellings. A delimiter at the end only says
 * that more is to come below the name (RFC 9051 § 6.3.4) and is dropped.
 *
 * @module
 */

import { StorageError } from "./model.ts";
import { MAX_USER_LENGTH, type StorageLimits } from "./limits.ts";

/** The one name that is always there. */
export const INBOX = "INBOX";

const encoder = new TextEncoder();

// C0, DEL and C1 controls, line and paragraph separators (RFC 9051 § 5.1), halves of surrogate pairs.
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * The levels of a name, `INBOX` in capitals.
 * @throws {StorageError} CANNOT when it is no name: an empty level, a control character, white space at an
 * end of a level
 */
export function parseName(name: string, delimiter: string): string[] {
  const levels = name.split(delimiter);
  if (levels.length > 1 && levels.at(-1) === "") levels.pop();
  for (const level of levels) {
    if (level === "") throw cannot("A level of the name is empty");
    // Only names here, but in a backup or an export they could become paths.
    if (level === "." || level === "..") throw cannot("A level is . or ..");
    if (level !== level.trim()) throw cannot("White space ends a level");
    if (FORBIDDEN.test(level) || !level.isWellFormed()) {
      throw cannot("A character that no name may have");
    }
  }
  if (levels[0]!.toUpperCase() === INBOX) levels[0] = INBOX;
  return levels;
}

/** As {@linkcode parseName}, or undefined when it is no name. */
export function tryParseName(
  name: string,
  delimiter: string,
): string[] | undefined {
  try {
    return parseName(name, delimiter);
  } catch (error) {
    if (error instanceof StorageError) return undefined;
    throw error;
  }
}

/**
 * Refuses a name that is too long or too deep to be made.
 * @throws {StorageError} CANNOT when too long, LIMIT when too deep
 */
export function checkNewName(
  levels: readonly string[],
  delimiter: string,
  limits: StorageLimits,
): void {
  if (levels.length > limits.maxDepth) {
    throw new StorageError("LIMIT", "Too many levels of hierarchy");
  }
  const length = encoder.encode(levels.join(delimiter)).length;
  if (length > limits.maxNameLength) throw cannot("The name is too long");
}

/** The order of a list: level by level, by code unit, `INBOX` before all. */
export function compareNames(
  a: readonly string[],
  b: readonly string[],
): number {
  for (let level = 0; level < a.length && level < b.length; level++) {
    const left = a[level]!;
    const right = b[level]!;
    if (left === right) continue;
    if (level === 0 && left === INBOX) return -1;
    if (level === 0 && right === INBOX) return 1;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

/**
 * Refuses what cannot be the name of a user.
 * @throws {StorageError} CANNOT
 */
export function checkUser(user: string): void {
  if (
    user === "" || FORBIDDEN.test(user) || !user.isWellFormed() ||
    encoder.encode(user).length > MAX_USER_LENGTH
  ) throw cannot("That cannot be the name of a user");
}

/** The next UIDVALIDITY of an account: above the last, and the time in seconds when that is more. */
export function nextUidValidity(last: number, now: number): number {
  return Math.max(last + 1, Math.floor(now / 1000));
}

function cannot(text: string): StorageError {
  return new StorageError("CANNOT", text);
}
