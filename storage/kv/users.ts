/**
 * Users in the database.
 *
 * @module
 */

import { StorageError } from "../model.ts";
import type { Scope } from "../scope.ts";
import {
  USER_SECRET,
  userKey,
  USERS,
  userTokenKey,
  userTokensOf,
} from "./keys.ts";

/** A user. */
export interface UserRecord {
  /** The name to log in by, and of the account. */
  readonly name: string;
  /** The hash of the password, in whatever format says by itself which it is. */
  readonly passwordHash: string;
  /** A record of the same password for SCRAM. Default: none. */
  readonly scram?: string;
  /** Whether the user may not log in. */
  readonly disabled: boolean;
  /** When the user was made, in milliseconds since 1970. */
  readonly created: number;
}

/** A token of a user: a further password, made by chance, that can be narrower than the first. */
export interface UserTokenRecord {
  /** What tells it from the user's others. */
  readonly id: string;
  /** SHA-256 of the token, in hexadecimal digits. */
  readonly hash: string;
  /** What people call it. */
  readonly label: string;
  /** When it was made, in milliseconds since 1970. */
  readonly created: number;
  /** When it ends, likewise. Default: never. */
  readonly expires?: number;
  /** When it was used last, within an hour. Default: never. */
  readonly lastUsed?: number;
  /** What part of the account it opens. Default: all of it. */
  readonly scope?: Scope;
}

/** How many tokens a user may have: all of them are looked at when the user logs in. */
export const MAX_TOKENS = 100;

/** How exactly it is known when a token was used last, in milliseconds: not each login has to be written. */
const LAST_USED = 3_600_000;

/** How long the secret of a database is, in bytes. */
const SECRET_LENGTH = 32;

/** How many users stand for all where their hashes are concerned. */
const SAMPLE = 100;

/**
 * The users of a database, which {@linkcode KvStorage.users} gives. They do for the option `users` of a server.
 *
 * ```ts
 * import { hashPassword, openKvStorage, serve } from "@x/imapd";
 *
 * await using storage = await openKvStorage({ path: ":memory:" });
 * await storage.users.set({
 *   name: "alice",
 *   passwordHash: await hashPassword("secret"),
 *   disabled: false,
 *   created: Date.now(),
 * });
 * await using server = serve({ port: 0, storage, users: storage.users });
 * console.log(server.addr.port);
 * ```
 */
export class KvUsers {
  readonly #kv: Deno.Kv;

  /** The users of this database. */
  constructor(kv: Deno.Kv) {
    this.#kv = kv;
  }

  /** A user, or undefined. */
  async get(name: string): Promise<UserRecord | undefined> {
    const { value } = await this.#kv.get<UserRecord>(userKey(name));
    return value ?? undefined;
  }

  /** Puts a user in, or in place of the one of that name. */
  async set(record: UserRecord): Promise<void> {
    const { name, passwordHash, scram, disabled, created } = record;
    await this.#kv.set(userKey(name), {
      name,
      passwordHash,
      ...(scram === undefined ? {} : { scram }),
      disabled,
      created,
    });
  }

  /**
   * Puts another record of the same password in place of the one that was read before.
   * @param update `replaces` is what the user had; nothing is done where it is something else by now
   */
  async update(
    name: string,
    { passwordHash, replaces, scram }: {
      passwordHash: string;
      replaces: string;
      scram?: string;
    },
  ): Promise<void> {
    const key = userKey(name);
    const entry = await this.#kv.get<UserRecord>(key);
    if (entry.value?.passwordHash !== replaces) return;
    const record = {
      ...entry.value,
      passwordHash,
      ...(scram === undefined ? {} : { scram }),
    };
    // Whoever changes the user meanwhile knows better.
    await this.#kv.atomic().check(entry).set(key, record).commit();
  }

  /** Takes a user out, and the user's tokens; harmless when there is none. The account stays. */
  async remove(name: string): Promise<void> {
    for (const { id } of await this.tokens(name)) {
      await this.removeToken(name, id);
    }
    await this.#kv.delete(userKey(name));
  }

  /** Hashes that some of the users have. */
  async sample(): Promise<readonly string[]> {
    const some = this.#kv.list<UserRecord>({ prefix: USERS }, {
      limit: SAMPLE,
    });
    return await Array.fromAsync(some, ({ value }) => value.passwordHash);
  }

  /** The tokens of a user, in no order; of nobody none. */
  async tokens(name: string): Promise<readonly UserTokenRecord[]> {
    const tokens = this.#kv.list<UserTokenRecord>({
      prefix: userTokensOf(name),
    });
    return await Array.fromAsync(tokens, ({ value }) => value);
  }

  /** Adds a token to a user. @throws {StorageError} LIMIT when there are a hundred */
  async addToken(name: string, token: UserTokenRecord): Promise<void> {
    if ((await this.tokens(name)).length >= MAX_TOKENS) {
      throw new StorageError("LIMIT", "The user has too many tokens");
    }
    await this.#kv.set(userTokenKey(name, token.id), token);
  }

  /** Takes a token from a user; returns whether it was there. */
  async removeToken(name: string, id: string): Promise<boolean> {
    const key = userTokenKey(name, id);
    const { value } = await this.#kv.get(key);
    await this.#kv.delete(key);
    return value !== null;
  }

  /** Notes that a token was used, if that has not been noted within the hour. */
  async tokenUsed(name: string, id: string): Promise<void> {
    const key = userTokenKey(name, id);
    const entry = await this.#kv.get<UserTokenRecord>(key);
    const now = Date.now();
    if (entry.value === null) return;
    const { lastUsed = -Infinity } = entry.value;
    if (Math.abs(now - lastUsed) < LAST_USED) return;
    const token = { ...entry.value, lastUsed: now };
    await this.#kv.atomic().check(entry).set(key, token).commit();
  }

  /**
   * Text that nobody can guess, made when it is first asked for, and the same for all servers on the database: what
   * they say to those who are not users can be made of it.
   */
  async secret(): Promise<string> {
    const random = crypto.getRandomValues(new Uint8Array(SECRET_LENGTH));
    const made = random.toBase64();
    // Whoever is first makes it.
    const absent = { key: USER_SECRET, versionstamp: null };
    const { ok } = await this.#kv.atomic().check(absent)
      .set(USER_SECRET, made).commit();
    if (ok) return made;
    return (await this.#kv.get<string>(USER_SECRET)).value!;
  }

  /** All users, by name. */
  async *list(): AsyncGenerator<UserRecord, void> {
    for await (
      const { value } of this.#kv.list<UserRecord>({ prefix: USERS })
    ) {
      yield value;
    }
  }
}
