/**
 * The public keys of those who issue tokens (RFC 7517): fetched from a URL, read from a file, or given.
 *
 * @module
 */

import type { FlattenedJWSInput, JWSHeaderParameters } from "jose";
import { AnswerError, fetchJson, trustedUrl } from "./fetch_json.ts";

/** A JSON Web Key Set. */
export interface TokenKeySet {
  /** Its keys, each a JSON Web Key. */
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Finds the key of a token by its header. */
export type KeyFinder = (
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
) => Promise<CryptoKey>;

/** After this time keys are loaded anew, in milliseconds: an issuer may have withdrawn some. */
const MAX_AGE = 600_000;
/** How long after a loading there is none for a key that is unknown: anybody can make up its name. */
const COOLDOWN = 30_000;
/** How long after a loading that failed there is none. */
const PAUSE = 5_000;
/** The largest file, in bytes. */
const MAX_FILE = 262_144;

/**
 * A finder of keys.
 * @param source a URL of https, a path, or the keys themselves
 * @param now the time in milliseconds
 * @throws {TypeError} when the URL is of http, or there are no keys
 */
export function keyFinder(
  source: string | TokenKeySet,
  now: () => number = Date.now,
): KeyFinder {
  if (typeof source !== "string") {
    assertKeys(source);
    const keys = new CachedKeys(() => Promise.resolve(source), () => 0);
    return (header, token) => keys.find(header, token);
  }
  const load = /^https?:\/\//i.test(source)
    ? fetched(trustedUrl(source, "jwks"))
    : () => read(source);
  const keys = new CachedKeys(load, now);
  return (header, token) => keys.find(header, token);
}

function fetched(url: URL): () => Promise<TokenKeySet> {
  const headers = { accept: "application/jwk-set+json, application/json" };
  return async () => checked(await fetchJson(url, { headers }), url.href);
}

async function read(path: string): Promise<TokenKeySet> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_FILE) throw new AnswerError(`${path} is too long`);
    return checked(JSON.parse(await Deno.readTextFile(path)), path);
  } catch (cause) {
    if (cause instanceof AnswerError) throw cause;
    throw new AnswerError(`${path} cannot be read`, { cause });
  }
}

function checked(document: unknown, from: string): TokenKeySet {
  try {
    assertKeys(document);
  } catch {
    throw new AnswerError(`${from} holds no JSON Web Key Set`);
  }
  return document;
}

function assertKeys(document: unknown): asserts document is TokenKeySet {
  const { keys } = Object(document);
  const fits = Array.isArray(keys) &&
    keys.every((key) => typeof key?.kty === "string");
  if (!fits) throw new TypeError("jwks has to be a JSON Web Key Set");
}

/** Keys that are kept for a time. */
class CachedKeys {
  readonly #load: () => Promise<TokenKeySet>;
  readonly #now: () => number;
  #find: KeyFinder | undefined;
  /** When loading began last, and when it last succeeded. */
  #triedAt = -Infinity;
  #loadedAt = -Infinity;
  #loading: Promise<KeyFinder> | undefined;
  #failure: unknown;

  constructor(load: () => Promise<TokenKeySet>, now: () => number) {
    this.#load = load;
    this.#now = now;
  }

  /**
   * The key of a token.
   * @throws {AnswerError} when there are no keys to look in
   * @throws {errors.JOSEError} of jose, when none of them is the token's
   */
  async find(
    header: JWSHeaderParameters,
    token: FlattenedJWSInput,
  ): Promise<CryptoKey> {
    const { errors } = await import("jose");
    const isOld = this.#now() - this.#loadedAt >= MAX_AGE;
    const find = isOld ? await this.#loaded() : this.#find!;
    try {
      return await find(header, token);
    } catch (error) {
      // The issuer may have begun with another key.
      const mayBeNew = error instanceof errors.JWKSNoMatchingKey &&
        this.#now() - this.#triedAt >= COOLDOWN;
      if (!mayBeNew) throw error;
      const anew = await this.#loaded();
      return await anew(header, token);
    }
  }

  #loaded(): Promise<KeyFinder> {
    if (this.#loading !== undefined) return this.#loading;
    if (this.#failure !== undefined && this.#now() - this.#triedAt < PAUSE) {
      return Promise.reject(this.#failure);
    }
    this.#triedAt = this.#now();
    this.#failure = undefined;
    this.#loading = this.#loadOnce().finally(() => this.#loading = undefined);
    return this.#loading;
  }

  async #loadOnce(): Promise<KeyFinder> {
    try {
      const { createLocalJWKSet } = await import("jose");
      const { keys } = await this.#load();
      const find = createLocalJWKSet({ keys: keys as never });
      this.#loadedAt = this.#now();
      return this.#find = (header, token) => find(header, token);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}
