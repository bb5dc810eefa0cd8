/**
 * Finds out whom a name and a password prove.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { ApopProof, Credentials, Identity } from "../protocol/host.ts";
import type { ScramHash } from "../protocol/sasl/server.ts";
import { findToken, isValid } from "./credentials/token.ts";
import { logger } from "./log.ts";
import type { PasswordHasher } from "./password.ts";
import { keyedHash, PasswordMemory } from "./password_memory.ts";
import { hasScramRecord } from "./scram_record.ts";
import {
  inlineUsers,
  type KnownUser,
  type PasswordUpdate,
  preparePassword,
  prepareUserName,
  SCRAM_HASHES,
  type Users,
  type UserStore,
  type UserToken,
} from "./users.ts";

/** What an {@linkcode Authenticator} needs. */
export interface AuthenticatorOptions {
  /** Who may log in. */
  readonly users: Users;
  /** Whether user names compare without case. */
  readonly caseInsensitive: boolean;
  /** Checks hashed passwords. */
  readonly hasher: PasswordHasher;
  /** Called before and after another record takes the place of a user's, with the same password behind it. */
  readonly renewing?: (user: string, passwordHash: string) => void;
  /** Makes a record of SCRAM for users who have none and log in by a password. Default: they get none. */
  readonly makeScram?: ((password: string) => Promise<string>) | undefined;
  /** The time in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** Checks credentials. An unknown user, a disabled one and a wrong password look alike and take as long. */
export class Authenticator {
  /** Whether users are looked up, and no function decides. */
  readonly lookedUp: boolean;
  /** Whether there may be users, and the passwords of all are known as they are. */
  readonly knowsPasswords: boolean = false;
  readonly #users: Users;
  readonly #store: UserStore | undefined;
  readonly #caseInsensitive: boolean;
  readonly #hasher: PasswordHasher;
  readonly #memory = new PasswordMemory();
  /** Checks under way, so that a client's ten connections at once cost one. */
  readonly #pending = new Map<string, Promise<boolean>>();
  readonly #renewing: AuthenticatorOptions["renewing"];
  readonly #makeScram: AuthenticatorOptions["makeScram"];
  readonly #now: () => number;
  /** Users whose record is being made anew. */
  readonly #renewed = new Set<string>();
  /** Settles when the hasher knows what records there are. */
  #sampled: Promise<void> | undefined;
  /** What is compared in place of passwords: how far two hashes agree tells nothing of them. */
  readonly #compared = keyedHash();

  /** @throws {TypeError} when inline users cannot be users */
  constructor(options: AuthenticatorOptions) {
    this.#users = options.users;
    this.#caseInsensitive = options.caseInsensitive;
    this.#hasher = options.hasher;
    this.#renewing = options.renewing;
    this.#makeScram = options.makeScram;
    this.#now = options.now ?? Date.now;
    this.lookedUp = typeof options.users !== "function";
    if (typeof options.users === "function") return;
    this.#store = isStore(options.users)
      ? options.users
      : inlineUsers(options.users, options.caseInsensitive);
    this.knowsPasswords = this.#store.hashed === false &&
      (isStore(options.users) || Object.keys(options.users).length > 0);
  }

  /** The hash functions of SCRAM by which every user can log in. */
  get scram(): ReadonlySet<ScramHash> {
    if (this.knowsPasswords) return SCRAM_HASHES;
    const store = typeof this.#users !== "function" && isStore(this.#users)
      ? this.#users
      : undefined;
    return store?.scram ?? new Set();
  }

  /** Whoever the credentials prove, or undefined. */
  async authenticate(credentials: Credentials): Promise<Identity | undefined> {
    const name = prepareUserName(credentials.user, this.#caseInsensitive);
    if (typeof this.#users === "function") {
      if (name === undefined) return undefined;
      const answer = await this.#users({ ...credentials, user: name });
      if (answer === true) return { user: name };
      return answer === false ? undefined : answer;
    }
    const password = preparePassword(credentials.password);
    await (this.#sampled ??= this.#sample());
    const record = name === undefined
      ? undefined
      : await this.#store!.get(name);
    if (record !== undefined && this.#isKnownRight(password, record)) {
      return { user: record.name };
    }
    const token = name === undefined
      ? undefined
      : await this.#tokenOf(name, password);
    if (record?.disabled === true) {
      await this.#refuse(password, record);
      return undefined;
    }
    if (record !== undefined && token !== undefined) {
      const { id, scope } = token;
      this.#inBackground(this.#store!.tokenUsed?.(record.name, id));
      const part = scope === undefined ? {} : { scope };
      return { user: record.name, token: id, ...part };
    }
    if (record === undefined) {
      await this.#refuse(password, { name: name ?? "" });
      return undefined;
    }
    return await this.#isRight(password, record)
      ? { user: record.name }
      : undefined;
  }

  /**
   * The account of a user by this name, or undefined when there is none who is not disabled. Nobody is known
   * where a function decides on logins.
   */
  async account(given: string): Promise<string | undefined> {
    return (await this.user(given))?.name;
  }

  /** The record of a user by this name, as {@linkcode account}. */
  async user(given: string): Promise<KnownUser | undefined> {
    const name = prepareUserName(given, this.#caseInsensitive);
    if (name === undefined) return undefined;
    const user = await this.#store?.get(name);
    return user?.disabled === true ? undefined : user;
  }

  /** The tokens of a user that have not ended, by what they are known by. */
  async tokensOf(user: string): Promise<ReadonlySet<string>> {
    const tokens = await this.#store?.tokens?.(user) ?? [];
    const now = this.#now();
    return new Set(
      tokens.filter((token) => isValid(token, now)).map(({ id }) => id),
    );
  }

  /**
   * Whoever a digest over challenge and password proves (RFC 1939 § 7, APOP), or undefined. A digest is made for
   * whomever, there or not.
   */
  async authenticateDigest(proof: ApopProof): Promise<Identity | undefined> {
    const name = prepareUserName(proof.user, this.#caseInsensitive);
    const user = name === undefined ? undefined : await this.#store?.get(name);
    const password = user?.disabled === true ? undefined : user?.password;
    const digest = createHash("md5")
      .update(proof.challenge + preparePassword(password ?? ""))
      .digest("hex");
    const right = this.#isSame(proof.digest, digest);
    return right && password ? { user: user!.name } : undefined;
  }

  /** Whether a password is that of a user who may log in, as far as that is known without work. */
  #isKnownRight(password: string, user: KnownUser): boolean {
    if (user.disabled === true) return false;
    const record = recordOf(user);
    if (record !== undefined) {
      return this.#memory.has(this.#memory.key(user.name, record, password));
    }
    const known = user.password;
    const same = this.#isSame(password, preparePassword(known ?? ""));
    return same && known !== undefined && known !== "";
  }

  /** Whether one is that of which it was not known. */
  async #isRight(password: string, user: KnownUser): Promise<boolean> {
    const record = recordOf(user);
    if (record !== undefined) {
      return await this.#isHashed(password, user, record);
    }
    await this.#refuse(password, user);
    return false;
  }

  /** Takes as long as a password that is wrong. */
  async #refuse(password: string, user: KnownUser): Promise<void> {
    const { name } = user;
    const record = recordOf(user);
    if (this.#store!.hashed === false && record === undefined) return;
    const key = this.#memory.key(name, record ?? "", password);
    await this.#verify(key, password, record, name);
  }

  async #isHashed(
    password: string,
    user: KnownUser,
    hash: string,
  ): Promise<boolean> {
    const key = this.#memory.key(user.name, hash, password);
    if (this.#memory.has(key)) return true;
    const right = await this.#verify(key, password, hash, user.name);
    if (right && !this.#memory.has(key)) {
      this.#memory.add(key);
      this.#inBackground(this.#renew(password, user, hash));
    }
    return right;
  }

  /** Checks a password, or a nobody's; the same at the same time is done once, whosever it is. */
  async #verify(
    key: string,
    password: string,
    hash: string | undefined,
    user: string,
  ): Promise<boolean> {
    let check = this.#pending.get(key);
    if (check === undefined) {
      check = this.#hasher.verify(password, hash, user);
      this.#pending.set(key, check);
      const done = () => this.#pending.delete(key);
      check.then(done, done);
    }
    return await check;
  }

  /**
   * Hashes a password that was right as passwords are hashed now, where its record was made otherwise, and for SCRAM
   * where that is wanted and has not been done.
   */
  async #renew(password: string, user: KnownUser, hash: string): Promise<void> {
    const store = this.#store!;
    const { name } = user;
    const outdated = this.#hasher.isOutdated(hash);
    const makeScram = hasScramRecord(user) ? undefined : this.#makeScram;
    if (
      store.update === undefined || this.#renewed.has(name) ||
      !(outdated || makeScram !== undefined)
    ) return;
    this.#renewed.add(name);
    try {
      const passwordHash = outdated ? await this.#hasher.hash(password) : hash;
      const scram = await makeScram?.(password);
      const update: PasswordUpdate = {
        ...{ passwordHash, replaces: hash },
        ...(scram === undefined ? {} : { scram }),
      };
      this.#renewing?.(name, passwordHash);
      await store.update(name, update);
      // Again for a session that has begun meanwhile.
      this.#renewing?.(name, passwordHash);
      this.#memory.add(this.#memory.key(name, passwordHash, password));
    } finally {
      this.#renewed.delete(name);
    }
  }

  async #tokenOf(
    name: string,
    password: string,
  ): Promise<UserToken | undefined> {
    const tokens = await this.#store!.tokens?.(name) ?? [];
    return findToken(tokens, password, this.#now());
  }

  async #sample(): Promise<void> {
    try {
      this.#hasher.learn(await this.#store!.sample?.() ?? []);
    } catch (error) {
      failed(error);
    }
  }

  /** No login fails, or waits, for what only makes the next one better. */
  #inBackground(work: Promise<void> | undefined): void {
    work?.catch(failed);
  }

  #isSame(a: string, b: string): boolean {
    return this.#compared(a) === this.#compared(b);
  }
}

/** What a password is checked against that comes as it is; undefined where it is known as it is, or there is none. */
function recordOf({ passwordHash, scram }: KnownUser): string | undefined {
  return passwordHash ?? scram;
}

function failed(error: unknown): void {
  logger("users").warn("cannot keep what is known of a user up to date", {
    error,
  });
}

function isStore(
  users: Readonly<Record<string, string>> | UserStore,
): users is UserStore {
  return typeof users.get === "function";
}
