/**
 * A client's side of SCRAM for tests, made of the formulas of RFC 5802 § 3 and nothing of the server.
 *
 * @module
 */

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

/** What a client says, where it is not what it should. */
export interface ScramClientOptions {
  /** The hash function. Default `sha256`. */
  readonly hash?: "sha1" | "sha256";
  /** gs2-cbind-flag. Default `n`. */
  readonly flag?: string;
  /** cbind-data. Default none. */
  readonly binding?: Uint8Array;
  /** authzid, quoted already. Default none. */
  readonly authzid?: string;
  /** c-nonce. Default a random one. */
  readonly nonce?: string;
}

/** See the module's text. */
export class ScramClient {
  readonly #user: string;
  readonly #password: string;
  readonly #options: ScramClientOptions;
  readonly #hash: "sha1" | "sha256";
  readonly #bare: string;
  #verifier = "";
  /** What the server has said of the user. */
  salt = "";
  /** What the server has said of the user. */
  iterations = 0;
  /** The nonce of both. */
  nonce = "";

  /** A client of a user, whose name is quoted already. */
  constructor(
    user: string,
    password: string,
    options: ScramClientOptions = {},
  ) {
    this.#user = user;
    this.#password = password;
    this.#options = options;
    this.#hash = options.hash ?? "sha256";
    const nonce = options.nonce ??
      crypto.getRandomValues(new Uint8Array(12)).toBase64();
    this.#bare = `n=${this.#user},r=${nonce}`;
  }

  /** client-first-message. */
  first(): string {
    return this.#header + this.#bare;
  }

  /** client-final-message, in answer to the server-first-message. */
  final(serverFirst: string): string {
    const match = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst);
    if (match === null) throw new Error(`Not expected: ${serverFirst}`);
    [this.nonce, this.salt] = [match[1]!, match[2]!];
    this.iterations = Number(match[3]);
    const hash = this.#hash;
    const hmac = (key: Uint8Array, text: string) =>
      createHmac(hash, key).update(text).digest();
    const salted = pbkdf2Sync(
      this.#password,
      Uint8Array.fromBase64(this.salt),
      this.iterations,
      hash === "sha1" ? 20 : 32,
      hash,
    );
    const clientKey = hmac(salted, "Client Key");
    const storedKey = createHash(hash).update(clientKey).digest();
    const input = new Uint8Array([
      ...new TextEncoder().encode(this.#header),
      ...this.#options.binding ?? [],
    ]);
    const withoutProof = `c=${input.toBase64()},r=${this.nonce}`;
    const said = `${this.#bare},${serverFirst},${withoutProof}`;
    const signature = hmac(storedKey, said);
    const proof = clientKey.map((byte, at) => byte ^ signature[at]!);
    this.#verifier = hmac(hmac(salted, "Server Key"), said).toString("base64");
    return `${withoutProof},p=${new Uint8Array(proof).toBase64()}`;
  }

  /** Whether the server-final-message proves that the server knows the password. */
  isProved(serverFinal: string): boolean {
    return serverFinal === `v=${this.#verifier}`;
  }

  get #header(): string {
    const { flag = "n", authzid } = this.#options;
    return `${flag},${authzid === undefined ? "" : `a=${authzid}`},`;
  }
}
