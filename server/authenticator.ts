/**
 * Finds out whom a name and a password prove.
 *
 * @module
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { ApopProof, Credentials, Identity } from "../protocol/host.ts";
import type { PasswordHasher } from "./password.ts";
import { PasswordMemory } from "./password_memory.ts";
import {
  inlineUsers,
  type KnownUser,
  preparePassword,
  prepareUserName,
  type Users,
  type UserStore,
} from "./users.ts";

/** What an {@linkcode Authenticator} needs. */
export interface AuthenticatorOptions {
  /** Who may log in. */
  readonly users: Users;
  /** Whether user names compare without case. */
  readonly caseInsensitive: boolean;
  /** Checks hashed passwords. */
  readonly hasher: PasswordHasher;
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
  /** Makes passwords of any length alike in length before they are compared. */
  readonly #compareKey = crypto.getRandomValues(new Uint8Array(32));

  /** @throws {TypeError} when inline users cannot be users */
  constructor(options: AuthenticatorOptions) {
    this.#users = options.users;
    this.#caseInsensitive = options.caseInsensitive;
    this.#hasher = options.hasher;
    this.lookedUp = typeof options.users !== "function";
    if (typeof options.users === "function") return;
    this.#store = isStore(options.users)
      ? options.users
      : inlineUsers(options.users, options.caseInsensitive);
    this.knowsPasswords = this.#store.hashed === false &&
      (isStore(options.users) || Object.keys(options.users).length > 0);
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
    const record = name === undefined
      ? undefined
      : await this.#store!.get(name);
    const usable = record?.disabled === true ? undefined : record;
    const right = await this.#isRight(password, usable);
    return right && usable !== undefined ? { user: usable.name } : undefined;
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

  async #isRight(
    password: string,
    record: KnownUser | undefined,
  ): Promise<boolean> {
    if (record?.passwordHash !== undefined) {
      return await this.#isHashed(password, record.name, record.passwordHash);
    }
    const known = record?.password;
    const same = this.#isSame(password, preparePassword(known ?? ""));
    if (same && known !== undefined && known !== "") return true;
    if (this.#store!.hashed !== false) {
      await this.#hasher.verify(password, undefined);
    }
    return false;
  }

  async #isHashed(
    password: string,
    user: string,
    hash: string,
  ): Promise<boolean> {
    const key = this.#memory.key(user, hash, password);
    if (this.#memory.has(key)) return true;
    let check = this.#pending.get(key);
    if (check === undefined) {
      check = this.#hasher.verify(password, hash);
      this.#pending.set(key, check);
      try {
        if (await check) this.#memory.add(key);
      } finally {
        this.#pending.delete(key);
      }
    }
    return await check;
  }

  #isSame(a: string, b: string): boolean {
    const digest = (text: string) =>
      createHmac("sha256", this.#compareKey).update(text).digest();
    return timingSafeEqual(digest(a), digest(b));
  }
}

function isStore(
  users: Readonly<Record<string, string>> | UserStore,
): users is UserStore {
  return typeof users.get === "function";
}
