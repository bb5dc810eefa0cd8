/**
 * An authorization server of our own on loopback: it has keys (RFC 7517), issues tokens (RFC 9068), and says of each
 * whether it is good (RFC 7662).
 *
 * @module
 */

import {
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";

/** What {@linkcode AuthorizationServer.token} puts into a token besides what it has to have. */
export interface TokenSettings {
  /** Claims, in place of the usual ones; undefined leaves one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The key that signs; default the first. */
  readonly key?: SigningKey;
  /** Whether the header names the key. Default true. */
  readonly kid?: boolean;
}

/** A pair of keys. */
export interface SigningKey {
  /** Its name. */
  readonly kid: string;
  /** The algorithm. */
  readonly alg: string;
  /** What signs. */
  readonly privateKey: CryptoKey;
  /** What is published. */
  readonly publicKey: JWK;
}

/** Makes a pair of keys. */
export async function makeKey(kid: string, alg = "ES256"): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return { kid, alg, privateKey, publicKey: await exportJWK(publicKey) };
}

/** See the module's text. */
export class AuthorizationServer implements AsyncDisposable {
  /** The issuer. */
  readonly issuer = "http://issuer.example";
  /** The keys, the first of which signs. */
  keys: SigningKey[];
  /** What is known of tokens that cannot be read, by token. */
  readonly opaque = new Map<string, Record<string, unknown>>();
  /** What it answers instead; undefined for what it should. */
  broken: (() => Response | Promise<Response>) | undefined;
  /** The questions so far: path, Authorization, and body. */
  readonly questions: {
    readonly path: string;
    readonly authorization: string | null;
    readonly body: string;
  }[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(keys: SigningKey[]) {
    this.keys = keys;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => this.#answer(request),
    );
  }

  /** Starts one that has a key. */
  static async start(): Promise<AuthorizationServer> {
    return new AuthorizationServer([await makeKey("first")]);
  }

  /** Where it listens. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Where the keys are. */
  get jwks(): string {
    return `${this.url}/jwks`;
  }

  /** Where to ask about tokens. */
  get endpoint(): string {
    return `${this.url}/introspect`;
  }

  /** The keys as they are published. */
  get keySet(): { keys: (JWK & { kty: string })[] } {
    return {
      keys: this.keys.map(({ kid, alg, publicKey }) => ({
        ...publicKey,
        ...{ kty: publicKey.kty!, kid, alg },
      })),
    };
  }

  /** How often something was asked. */
  asked(path: string): number {
    return this.questions.filter((question) => question.path === path).length;
  }

  /** A token for alice, good for an hour. */
  async token(settings: TokenSettings = {}): Promise<string> {
    const { key = this.keys[0]!, kid = true } = settings;
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      ...{ iss: this.issuer, aud: "imapd", sub: "0815", scope: "openid mail" },
      ...{ email: "alice", iat: now, exp: now + 3_600, ...settings.claims },
    };
    const payload = JSON.parse(JSON.stringify(claims)) as JWTPayload;
    return await new SignJWT(payload)
      .setProtectedHeader({
        ...{ alg: key.alg, typ: "at+jwt" },
        ...(kid ? { kid: key.kid } : {}),
      })
      .sign(key.privateKey);
  }

  /** Ends. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    const authorization = request.headers.get("authorization");
    const body = await request.text();
    this.questions.push({ path, authorization, body });
    if (this.broken !== undefined) return await this.broken();
    if (path === "/jwks") return Response.json(this.keySet);
    const token = new URLSearchParams(body).get("token") ?? "";
    return Response.json(this.opaque.get(token) ?? { active: false });
  }
}
