/**
 * An account with an ACME authority, and the signed requests that are made in its name (RFC 8555 § 6, § 7.3).
 *
 * @module
 */

import {
  calculateJwkThumbprint,
  exportJWK,
  FlattenedSign,
  type JWK,
} from "jose";

/** How long one answer may take, in milliseconds. */
const TIME = 30_000;
/** The longest answer, in bytes. */
const MAX_SIZE = 1_048_576;
/** How often a request is made again because its nonce was refused. */
const MAX_TRIES = 10;
/** The algorithm of an account's signatures (RFC 7518 § 3.4). */
export const ACCOUNT_ALGORITHM = "ES256";
const ERROR_PREFIX = "urn:ietf:params:acme:error:";

/** The authority did not do what was asked of it. */
export class AcmeError extends Error {
  /** The type of the problem, without its common prefix; empty where none was told. */
  readonly type: string;

  /** Says what is wrong. */
  constructor(message: string, type = "") {
    super(message);
    this.name = "AcmeError";
    this.type = type;
  }
}

/** What an authority answers. */
export interface AcmeAnswer {
  /** Where the resource is that was made, where one was. */
  readonly location: string | undefined;
  /** How long to wait before asking again, in milliseconds, where it says so. */
  readonly retryAfter: number | undefined;
  /** The answer itself. */
  readonly text: string;
}

/** What it takes to talk to an authority. */
export interface AcmeConnection {
  /** Where its directory is. */
  readonly directory: string;
  /** What to make requests with, where that is not as usual. */
  readonly client?: Deno.HttpClient;
  /** Ends it all. */
  readonly signal: AbortSignal;
}

/** See the module's text. */
export class AcmeAccount {
  readonly #connection: AcmeConnection;
  readonly #key: CryptoKey;
  readonly #jwk: JWK;
  #newNonce = "";
  #newOrder = "";
  #nonce: string | undefined;
  /** The URL of the account, by which requests say whose they are. */
  #id: string | undefined;

  private constructor(connection: AcmeConnection, key: CryptoKey, jwk: JWK) {
    this.#connection = connection;
    this.#key = key;
    this.#jwk = jwk;
  }

  /**
   * Opens the account of a key, which is made where there is none (§ 7.3).
   * @param key its private key, P-256, which may be exported
   * @param email where to write to
   * @throws {AcmeError} when the authority refuses, or answers with what makes no sense
   */
  static async open(
    connection: AcmeConnection,
    key: CryptoKey,
    email?: string,
  ): Promise<AcmeAccount> {
    const { d: _secret, ...jwk } = await exportJWK(key);
    const account = new AcmeAccount(connection, key, jwk);
    const directory = memberReader(
      (await account.#fetch(connection.directory, {})).text,
    );
    account.#newNonce = directory("newNonce");
    account.#newOrder = directory("newOrder");
    const { location } = await account.post(directory("newAccount"), {
      termsOfServiceAgreed: true,
      ...(email === undefined ? {} : { contact: [`mailto:${email}`] }),
    });
    if (location === undefined) throw new AcmeError("The account has no URL");
    account.#id = location;
    return account;
  }

  /** Where orders are placed. */
  get newOrder(): string {
    return this.#newOrder;
  }

  /** What proves that a challenge was answered by whoever has the key (§ 8.1). */
  async keyAuthorization(token: string): Promise<string> {
    return `${token}.${await calculateJwkThumbprint(this.#jwk)}`;
  }

  /** Asks for what is at a URL (§ 6.3). @throws {AcmeError} */
  get(url: string): Promise<AcmeAnswer> {
    return this.post(url, undefined);
  }

  /**
   * Makes a signed request (§ 6.2), again where only its nonce was too old (§ 6.5).
   * @throws {AcmeError} when the authority refuses
   */
  async post(url: string, payload: unknown): Promise<AcmeAnswer> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#fetch(url, {
          method: "POST",
          headers: { "content-type": "application/jose+json" },
          body: JSON.stringify(await this.#sign(url, payload)),
        });
      } catch (error) {
        const isOld = error instanceof AcmeError && error.type === "badNonce";
        if (!isOld || tries === MAX_TRIES) throw error;
      }
    }
  }

  async #sign(url: string, payload: unknown): Promise<unknown> {
    if (this.#nonce === undefined) {
      await this.#fetch(this.#newNonce, { method: "HEAD" });
    }
    const nonce = this.#nonce;
    if (nonce === undefined) throw new AcmeError("There is no nonce");
    this.#nonce = undefined;
    const text = payload === undefined ? "" : JSON.stringify(payload);
    return await new FlattenedSign(new TextEncoder().encode(text))
      .setProtectedHeader({
        ...{ alg: ACCOUNT_ALGORITHM, nonce, url },
        ...(this.#id === undefined ? { jwk: this.#jwk } : { kid: this.#id }),
      })
      .sign(this.#key);
  }

  async #fetch(url: string, init: RequestInit): Promise<AcmeAnswer> {
    const { client, signal } = this.#connection;
    const response = await fetch(url, {
      ...init,
      ...(client === undefined ? {} : { client }),
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIME)]),
    });
    const { headers } = response;
    this.#nonce = headers.get("replay-nonce") ?? this.#nonce;
    const text = await boundedText(response);
    if (!response.ok) throw problem(response.status, text);
    return {
      location: headers.get("location") ?? undefined,
      retryAfter: secondsOf(headers.get("retry-after")),
      text,
    };
  }
}

/**
 * Reads members of a JSON object that have to be text.
 * @throws {AcmeError} when it is none; so does what is returned
 */
export function memberReader(json: string): (name: string) => string {
  const object = objectOf(json);
  return (name) => {
    const value = object[name];
    if (typeof value === "string") return value;
    throw new AcmeError(`The authority's answer has no ${name}`);
  };
}

/** A JSON object. @throws {AcmeError} when it is none */
export function objectOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null) {
      return value as Record<string, unknown>;
    }
  } catch {
    // Said below.
  }
  throw new AcmeError("The authority's answer is no JSON object");
}

/** What a problem document says (RFC 7807, § 6.7). */
export function problemOf(value: unknown, otherwise: string): AcmeError {
  const { type, detail } = (value ?? {}) as Record<string, unknown>;
  const kind = typeof type === "string" && type.startsWith(ERROR_PREFIX)
    ? type.slice(ERROR_PREFIX.length)
    : "";
  const text = typeof detail === "string" ? detail : otherwise;
  // deno-lint-ignore no-control-regex -- what others say has to stay in one line of the log
  const line = text.replace(/[\x00-\x1f\x7f]+/g, " ").slice(0, 500);
  return new AcmeError(kind === "" ? line : `${line} (${kind})`, kind);
}

function problem(status: number, text: string): AcmeError {
  const otherwise = `The authority answers with status ${status}`;
  try {
    return problemOf(JSON.parse(text), otherwise);
  } catch {
    return new AcmeError(otherwise);
  }
}

function secondsOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text)
    ? Number(text) * 1_000
    : undefined;
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_SIZE) throw new AcmeError("The authority says too much");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
