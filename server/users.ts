/**
 * Who may log in, and with what: the shapes in which a server can be told.
 *
 * @module
 */

import type { Credentials, Identity, Scope } from "../protocol/host.ts";
import type { ScramHash } from "../protocol/sasl/server.ts";

/** A user as a {@linkcode UserStore} knows them. The password is there in one way or another, or there is no login by it. */
export interface KnownUser {
  /** The name of the account. */
  readonly name: string;
  /** The password itself, for tests and first steps. */
  readonly password?: string;
  /**
   * A record of the password: a PHC string of argon2id, as {@linkcode hashPassword} makes it, or one of another
   * server: bcrypt (`$2y$`), SHA-crypt (`$5$`, `$6$`), or with a scheme of Dovecot in front, such as `{SSHA512}`,
   * `{PBKDF2}` or `{SCRAM-SHA-256}`. Text that is none of these is no password.
   */
  readonly passwordHash?: string;
  /**
   * A record of the same password for SCRAM, `{SCRAM-SHA-256}…`, as {@linkcode hashForScram} makes it, beside one that
   * guards the password better. Without `passwordHash` it does for all mechanisms. Default: none, and a user whose
   * `passwordHash` is no record of SCRAM cannot log in by it.
   */
  readonly scram?: string;
  /** A disabled user is refused like one who is not there. Default false. */
  readonly disabled?: boolean;
}

/** A further password of a user, made by chance and not by the user, perhaps for a part of the account alone. */
export interface UserToken {
  /** What tells it from the user's others; of a session by it, what it is known by. */
  readonly id: string;
  /** SHA-256 of the token's UTF-8, in hexadecimal digits. That does for a token of 128 random bits or more. */
  readonly hash: string;
  /** When it ends, in milliseconds since 1970. Default: never. */
  readonly expires?: number;
  /** What part of the account it opens. Default: all of it. */
  readonly scope?: Scope;
}

/** Another record for a password that is the same. */
export interface PasswordUpdate {
  /** The new record. */
  readonly passwordHash: string;
  /** The record that it is for. Where the user has another by now, nothing is to be done. */
  readonly replaces: string;
  /** Another record of SCRAM; absent where it stays as it was. */
  readonly scram?: string;
}

/**
 * Where users are looked up. Names are in Unicode NFC, and in lower case where case is ignored.
 *
 * ```ts
 * import { hashPassword, serve, type UserStore } from "@x/imapd";
 *
 * const hashes = new Map([["alice", await hashPassword("secret")]]);
 * const users: UserStore = {
 *   get(name) {
 *     const passwordHash = hashes.get(name);
 *     if (passwordHash === undefined) return Promise.resolve(undefined);
 *     return Promise.resolve({ name, passwordHash });
 *   },
 *   // Hashes of other schemes or costs become those of today when their user logs in.
 *   update(name, { passwordHash, replaces }) {
 *     if (hashes.get(name) === replaces) hashes.set(name, passwordHash);
 *     return Promise.resolve();
 *   },
 * };
 * await using server = serve({ port: 0, users });
 * console.log(server.addr.port);
 * ```
 */
export interface UserStore {
  /** The user of a name, or undefined. */
  get(name: string): Promise<KnownUser | undefined>;
  /**
   * Whether any of its records has a hash. Then every refusal costs as much as checking one, so that time
   * does not tell who exists. Default true.
   */
  readonly hashed?: boolean;
  /**
   * The hash functions of SCRAM by which each of its users can log in, since there is a record of it or the password
   * itself; of no users both. Then SCRAM is offered of itself. Default: none.
   */
  readonly scram?: ReadonlySet<ScramHash>;
  /**
   * Some of its hashes, a hundred at the most. Where some users have other schemes or costs than others, a refusal
   * of nobody costs what that of one user or another does. Default: those are counted that are met.
   */
  sample?(): Promise<readonly string[]>;
  /** Keeps the password of a user, who has just logged in, as another record. Default: it stays as it was. */
  update?(name: string, update: PasswordUpdate): Promise<void>;
  /** The tokens of a user; of nobody none, in the same time. Default: there are none. */
  tokens?(name: string): Promise<readonly UserToken[]>;
  /** A user has logged in by a token. */
  tokenUsed?(name: string, id: string): Promise<void>;
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

/** Both hash functions of SCRAM. */
export const SCRAM_HASHES: ReadonlySet<ScramHash> = new Set([
  "SHA-256",
  "SHA-1",
]);

const encoder = new TextEncoder();
const NO_SCRAM: ReadonlySet<ScramHash> = new Set();

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
  // Most names are such, and nothing below does anything to them.
  if (/^[!-~]+$/.test(name)) return caseInsensitive ? name.toLowerCase() : name;
  let prepared = name.normalize("NFC");
  if (caseInsensitive) prepared = prepared.toLowerCase().normalize("NFC");
  // U+FFFD is what a decoder puts where bytes were no UTF-8.
  if (/[\p{Cc}\p{Cs}\u2028\u2029\uFFFD]/u.test(prepared)) return undefined;
  if (prepared.trim() !== prepared || prepared === "") return undefined;
  // A UTF-16 code unit takes three bytes at the most.
  const mayBeLong = prepared.length * 3 > MAX_NAME;
  if (mayBeLong && encoder.encode(prepared).length > MAX_NAME) return undefined;
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
  return {
    hashed: false,
    scram: SCRAM_HASHES,
    get: (name) => Promise.resolve(users.get(name)),
  };
}

/** Several stores as one; the first that knows a name answers. A user has the tokens of all. */
export function combinedUsers(stores: readonly UserStore[]): UserStore {
  let sets: readonly ReadonlySet<ScramHash>[] = [];
  let common = SCRAM_HASHES;
  return {
    hashed: stores.some((store) => store.hashed !== false),
    get scram() {
      const now = stores.map(({ scram }) => scram ?? NO_SCRAM);
      // Each connection asks, and they hardly ever change.
      if (now.some((set, index) => set !== sets[index])) {
        sets = now;
        common = now.reduce((all, set) => all.intersection(set), SCRAM_HASHES);
      }
      return common;
    },
    async get(name) {
      for (const store of stores) {
        const user = await store.get(name);
        if (user !== undefined) return user;
      }
      return undefined;
    },
    async sample() {
      const samples = await Promise.all(
        stores.map((store) => store.sample?.()),
      );
      return samples.flatMap((sample) => sample ?? []);
    },
    async update(name, update) {
      for (const store of stores) {
        const user = await store.get(name);
        if (user !== undefined) return await store.update?.(name, update);
      }
    },
    async tokens(name) {
      const tokens = await Promise.all(
        stores.map((store) => store.tokens?.(name)),
      );
      return tokens.flatMap((tokens) => tokens ?? []);
    },
    async tokenUsed(name, id) {
      for (const store of stores) await store.tokenUsed?.(name, id);
    },
  };
}
