/**
 * Who may log in, and with what: the shapes in which a server can be told.
 *
 * @module
 */

import type { Credentials, Identity } from "../protocol/host.ts";

/** A user as a {@linkcode UserStore} knows them. One of the two passwords is there. */
export interface KnownUser {
  /** The name of the account. */
  readonly name: string;
  /** The password itself, for tests and first steps. */
  readonly password?: string;
  /** A PHC string of argon2id, `$argon2id$v=19$m=...`. */
  readonly passwordHash?: string;
  /** A disabled user is refused like one who is not there. Default false. */
  readonly disabled?: boolean;
}

/** Where users are looked up. */
export interface UserStore {
  /** The user of a name, or undefined. The name is in Unicode NFC, and in lower case where case is ignored. */
  get(name: string): Promise<KnownUser | undefined>;
  /**
   * Whether any of its records has a hash. Then every refusal costs as much as checking one, so that time
   * does not tell who exists. Default true.
   */
  readonly hashed?: boolean;
}

/**
 * Decides alone on a login: the identity, or true for the name as it was given; undefined or false refuses.
 * It must take as long for a user who is not there as for a wrong password.
 */
export type AuthenticateFunction = (
  credentials: Credentials,
) => Promise<Identity | boolean | undefined> | Identity | boolean | undefined;

/** Users as options have them: passwords by name, a store, or a function. */
export type Users =
  | Readonly<Record<string, string>>
  | UserStore
  | AuthenticateFunction;

/** How many bytes of UTF-8 a user name may have. */
const MAX_NAME = 255;

/**
 * A user name as it is compared and stored: Unicode NFC, lower case where case is ignored; undefined for
 * a name that cannot be: empty, too long, with control characters, separators of lines, or text that was
 * not valid UTF-8.
 */
export function prepareUserName(
  name: string,
  caseInsensitive: boolean,
): string | undefined {
  if (!name.isWellFormed() || name.length > MAX_NAME) return undefined;
  let prepared = name.normalize("NFC");
  if (caseInsensitive) prepared = prepared.toLowerCase().normalize("NFC");
  // U+FFFD is what a decoder puts where bytes were no UTF-8.
  if (/[\p{Cc}\p{Cs}\u2028\u2029\uFFFD]/u.test(prepared)) return undefined;
  if (prepared.trim() !== prepared || prepared === "") return undefined;
  if (new TextEncoder().encode(prepared).length > MAX_NAME) return undefined;
  return prepared;
}

/** A password as it is compared and hashed: Unicode NFC. */
export function preparePassword(password: string): string {
  return password.normalize("NFC");
}

/**
 * Users with their passwords in plain text.
 * @throws {TypeError} for a name that cannot be, for one that is there twice, and for an empty password
 */
export function inlineUsers(
  passwords: Readonly<Record<string, string>>,
  caseInsensitive: boolean,
): UserStore {
  const users = new Map<string, KnownUser>();
  for (const [given, password] of Object.entries(passwords)) {
    const name = prepareUserName(given, caseInsensitive);
    if (name === undefined) {
      throw new TypeError(`${JSON.stringify(given)} cannot be a user name`);
    }
    if (users.has(name)) throw new TypeError(`User ${name} is there twice`);
    if (password === "") throw new TypeError(`User ${name} has no password`);
    users.set(name, { name, password });
  }
  return { hashed: false, get: (name) => Promise.resolve(users.get(name)) };
}

/** Several stores as one; the first that knows a name answers. */
export function combinedUsers(stores: readonly UserStore[]): UserStore {
  return {
    hashed: stores.some((store) => store.hashed !== false),
    async get(name) {
      for (const store of stores) {
        const user = await store.get(name);
        if (user !== undefined) return user;
      }
      return undefined;
    },
  };
}
