/**
 * A small ACME authority on loopback (RFC 8555): it checks signatures and nonces, looks at the proofs by HTTP, and
 * issues certificates for what requests ask for.
 *
 * @module
 */

import "reflect-metadata";
import {
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import {
  calculateJwkThumbprint,
  type FlattenedJWSInput,
  flattenedVerify,
  importJWK,
  type JWK,
} from "jose";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const LIFE = 90 * 24 * 3_600_000;

/** What an authority does that is out of the ordinary. */
export interface Habits {
  /** How many nonces it refuses before it takes one; each request has the same chance. */
  readonly refusedNonces?: number;
  /** Whether it forgets a host in the certificate. */
  readonly forgetful?: boolean;
}

interface Order {
  readonly account: string;
  readonly domains: readonly string[];
  certificate?: string;
}

interface Authorization {
  readonly domain: string;
  readonly account: string;
  readonly token: string;
  status: "pending" | "valid" | "invalid";
  error?: unknown;
}

/** A request whose signature is right. */
interface Signed {
  readonly account: string;
  readonly jwk: JWK;
  /** Undefined for a request that only asks. */
  readonly payload: Record<string, unknown> | undefined;
}

/** An answer that is a problem (§ 6.7). */
class Problem extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, detail: string, status = 400) {
    super(detail);
    this.type = `urn:ietf:params:acme:error:${type}`;
    this.status = status;
  }

  get document(): Record<string, unknown> {
    return { type: this.type, detail: this.message, status: this.status };
  }
}

/** See the module's text. */
export class AcmeAuthority implements AsyncDisposable {
  /** What was asked of it, as `POST /order`. */
  readonly asked: string[] = [];
  readonly #habits: Habits;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #keys: CryptoKeyPair;
  readonly #certificate: X509Certificate;
  readonly #nonces = new Set<string>();
  readonly #accounts = new Map<string, JWK>();
  readonly #orders: Order[] = [];
  readonly #authorizations: Authorization[] = [];
  readonly #proofPort: number;
  #refused = 0;

  private constructor(
    keys: CryptoKeyPair,
    certificate: X509Certificate,
    proofPort: number,
    habits: Habits,
  ) {
    this.#keys = keys;
    this.#certificate = certificate;
    this.#proofPort = proofPort;
    this.#habits = habits;
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  /** Starts one. @param proofPort where hosts prove themselves, in place of port 80 */
  static async start(
    proofPort: number,
    habits: Habits = {},
  ): Promise<AcmeAuthority> {
    const keys = await crypto.subtle.generateKey(ECDSA, true, [
      "sign",
      "verify",
    ]);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      ...{ keys, name: "CN=Authority", signingAlgorithm: ECDSA },
    });
    return new AcmeAuthority(keys, certificate, proofPort, habits);
  }

  /** Where its directory is. */
  get directory(): string {
    return this.#url("/directory");
  }

  /** Stops. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }

  #url(path: string): string {
    return `http://127.0.0.1:${this.#server.addr.port}${path}`;
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    this.asked.push(`${request.method} ${pathname.replace(/\/\d+$/, "")}`);
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    let response: Response;
    try {
      response = await this.#respond(request, pathname);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      response = Response.json(error.document, { status: error.status });
    }
    response.headers.set("replay-nonce", nonce);
    return response;
  }

  async #respond(request: Request, path: string): Promise<Response> {
    if (path === "/directory") {
      return Response.json({
        newNonce: this.#url("/nonce"),
        newAccount: this.#url("/account"),
        newOrder: this.#url("/order"),
      });
    }
    if (path === "/nonce") return new Response(null);
    const signed = await this.#verify(request);
    const [, kind, index] = path.split("/");
    switch (index === undefined ? kind : `${kind}/`) {
      case "account":
        return this.#account(signed);
      case "order":
        return this.#order(signed);
      case "order/":
        return Response.json(this.#orderDocument(Number(index), signed));
      case "authorization/":
        return Response.json(this.#authorization(Number(index), signed));
      case "challenge/":
        return await this.#challenge(Number(index), signed);
      case "finalize/":
        return await this.#finalize(Number(index), signed);
      case "certificate/":
        return new Response(this.#orders[Number(index)]!.certificate!);
    }
    throw new Problem("malformed", "There is nothing", 404);
  }

  /** The checks of § 6.2 to § 6.5. */
  async #verify(request: Request): Promise<Signed> {
    if (request.headers.get("content-type") !== "application/jose+json") {
      throw new Problem("malformed", "Wrong media type", 415);
    }
    const message: FlattenedJWSInput = await request.json();
    const header = JSON.parse(
      new TextDecoder().decode(
        Uint8Array.fromBase64(message.protected!, { alphabet: "base64url" }),
      ),
    );
    const account = header.kid ?? "";
    const jwk = header.jwk ?? this.#accounts.get(account);
    if ((header.jwk === undefined) === (header.kid === undefined) || !jwk) {
      throw new Problem("accountDoesNotExist", "Whose is this?");
    }
    const isFirst = new URL(request.url).pathname === "/account";
    if (isFirst !== (header.jwk !== undefined) || header.url !== request.url) {
      throw new Problem("unauthorized", "Not for this", 403);
    }
    let payload: Uint8Array;
    try {
      const key = await importJWK(jwk, "ES256");
      ({ payload } = await flattenedVerify(message, key));
    } catch {
      throw new Problem("malformed", "The signature is wrong");
    }
    const { refusedNonces = 0 } = this.#habits;
    const isKnown = this.#nonces.delete(header.nonce);
    if (!isKnown || this.#refused < refusedNonces) {
      this.#refused++;
      throw new Problem("badNonce", "Too old");
    }
    this.#refused = 0;
    const text = new TextDecoder().decode(payload);
    return {
      account,
      jwk,
      payload: text === "" ? undefined : JSON.parse(text),
    };
  }

  async #account({ jwk, payload }: Signed): Promise<Response> {
    if (payload?.termsOfServiceAgreed !== true) {
      throw new Problem("userActionRequired", "Agree to the terms", 403);
    }
    const { kty, crv, x, y, ...more } = jwk;
    if (Object.keys(more).length > 0) throw new Problem("badPublicKey", "More");
    const name = await calculateJwkThumbprint({ kty, crv, x, y } as JWK);
    const location = this.#url(`/account/${name}`);
    const status = this.#accounts.has(location) ? 200 : 201;
    this.#accounts.set(location, jwk);
    return Response.json({ status: "valid" }, {
      status,
      headers: { location },
    });
  }

  #order({ account, payload }: Signed): Response {
    const identifiers = payload!.identifiers as { value: string }[];
    const domains = identifiers.map(({ value }) => value);
    const index = this.#orders.push({ account, domains }) - 1;
    for (const domain of domains) {
      const known = this.#authorizations.find((one) =>
        one.domain === domain && one.status === "valid"
      );
      const token = crypto.randomUUID();
      this.#authorizations.push(
        known ?? { domain, account, token, status: "pending" },
      );
    }
    return Response.json(this.#orderDocument(index, { account }), {
      status: 201,
      headers: { location: this.#url(`/order/${index}`) },
    });
  }

  #orderDocument(
    index: number,
    { account }: Pick<Signed, "account">,
  ): Record<string, unknown> {
    const order = this.#orders[index]!;
    if (order.account !== account) throw new Problem("unauthorized", "Whose?");
    const authorizations = order.domains.map((domain) =>
      this.#authorizations.findLastIndex((one) => one.domain === domain)
    );
    const states = authorizations.map((at) => this.#authorizations[at]!.status);
    const status = order.certificate !== undefined
      ? "valid"
      : states.includes("invalid")
      ? "invalid"
      : states.includes("pending")
      ? "pending"
      : "ready";
    return {
      status,
      authorizations: authorizations.map((at) =>
        this.#url(`/authorization/${at}`)
      ),
      finalize: this.#url(`/finalize/${index}`),
      ...(status === "valid" && {
        certificate: this.#url(`/certificate/${index}`),
      }),
    };
  }

  #authorization(index: number, { account }: Signed): Record<string, unknown> {
    const { domain, status, token, error, ...one } = this
      .#authorizations[index]!;
    if (one.account !== account) throw new Problem("unauthorized", "Whose?");
    const challenge = {
      ...{ type: "http-01", status, token },
      url: this.#url(`/challenge/${index}`),
      ...(error !== undefined && { error }),
    };
    const other = { type: "dns-01", status: "pending", token, url: "none" };
    return {
      status,
      identifier: { type: "dns", value: domain },
      challenges: [other, challenge],
    };
  }

  /** Looks at the proof (§ 8.3); all hosts are on loopback. */
  async #challenge(index: number, { jwk }: Signed): Promise<Response> {
    const authorization = this.#authorizations[index]!;
    const { domain, token } = authorization;
    const path = `/.well-known/acme-challenge/${token}`;
    const url = `http://127.0.0.1:${this.#proofPort}${path}`;
    const wanted = `${token}.${await calculateJwkThumbprint(jwk)}`;
    const heard = await fetch(url, { headers: { host: domain } })
      .then((response) => response.text(), () => undefined);
    if (heard === wanted && !domain.startsWith("not-ours.")) {
      authorization.status = "valid";
    } else {
      authorization.status = "invalid";
      const problem = new Problem("unauthorized", `${domain}\r\nis not yours`);
      authorization.error = problem.document;
    }
    return Response.json({});
  }

  async #finalize(index: number, signed: Signed): Promise<Response> {
    if (this.#orderDocument(index, signed).status !== "ready") {
      throw new Problem("orderNotReady", "Prove it first", 403);
    }
    const order = this.#orders[index]!;
    const csr = String(signed.payload!.csr);
    if (csr.includes("=")) throw new Problem("badCSR", "Padded");
    const request = new Pkcs10CertificateRequest(
      Uint8Array.fromBase64(csr, { alphabet: "base64url" }),
    );
    const extension = request.extensions.find((one) =>
      one instanceof SubjectAlternativeNameExtension
    );
    const asked = extension?.names.items.map(({ value }) => value).sort();
    const ordered = [...order.domains].sort();
    if (!await request.verify() || `${asked}` !== `${ordered}`) {
      throw new Problem("badCSR", "Not what was ordered");
    }
    const { forgetful = false } = this.#habits;
    const now = Date.now();
    const certificate = await X509CertificateGenerator.create({
      publicKey: await request.publicKey.export(),
      subject: "",
      issuer: this.#certificate.subject,
      notBefore: new Date(now - 3_600_000),
      notAfter: new Date(now + LIFE),
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ECDSA,
      extensions: [
        new SubjectAlternativeNameExtension(
          order.domains.slice(forgetful ? 1 : 0)
            .map((value) => ({ type: "dns" as const, value })),
        ),
      ],
    });
    order.certificate = certificate.toString("pem") + "\n" +
      this.#certificate.toString("pem") + "\n";
    return Response.json(this.#orderDocument(index, signed));
  }
}
