/**
 * What OAUTHBEARER and XOAUTH2 have in common: a bearer token (RFC 6750) among key/value pairs, and an error that is
 * said before the exchange fails.
 *
 * @module
 */

import type { Exchange, Step } from "./exchange.ts";
import type { Mechanism, SaslServer, TokenRefusal } from "./server.ts";

const encoder = new TextEncoder();
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The longest message, in bytes. Tokens that name the groups of a user have several thousand. */
const MAX_MESSAGE = 32_768;

/** kvsep = %x01      RFC 7628 § 3.1 */
export const KVSEP = "\x01";

/** What a client says. */
export interface TokenMessage {
  /** Whom it says to be; undefined where it leaves that to the token. */
  readonly user: string | undefined;
  /** The value of `auth`. */
  readonly auth: string;
}

/** What is different from one mechanism to the other. */
export interface TokenVariant {
  /** Its name. */
  readonly name: string;
  /** Takes the message apart; undefined where it is none. */
  parse(message: string): TokenMessage | undefined;
  /** What the client is told of a refusal: the members of a JSON object. */
  describe(refusal: TokenRefusal): Readonly<Record<string, unknown>>;
}

/** Makes a mechanism. */
export function tokenMechanism(variant: TokenVariant): Mechanism {
  const { name } = variant;
  return {
    name,
    isOffered: ({ backend, mayShowSecrets }) =>
      mayShowSecrets && backend?.token !== undefined &&
      backend.mechanisms.has(name),
    begin: (server) => begin(server, variant),
  };
}

function begin({ backend }: SaslServer, variant: TokenVariant): Exchange {
  return {
    async next(response): Promise<Step> {
      if (response === undefined) {
        return { type: "challenge", bytes: new Uint8Array(0) };
      }
      const text = textOf(response);
      const message = text === undefined ? undefined : variant.parse(text);
      if (message === undefined) {
        const text = `The response is not that of ${variant.name}`;
        return { type: "failure", text };
      }
      const { user, auth } = message;
      const answer = await backend!.token!(bearerToken(auth), user);
      if ("user" in answer) return { type: "success", identity: answer };
      const error = JSON.stringify(variant.describe(answer));
      return { type: "rejection", user, bytes: encoder.encode(error) };
    },
  };
}

function textOf(response: Uint8Array): string | undefined {
  if (response.length > MAX_MESSAGE) return undefined;
  try {
    return UTF8.decode(response);
  } catch {
    return undefined;
  }
}

/** credentials = "Bearer" 1*SP b64token      RFC 6750 § 2.1; the scheme in any case (RFC 7235 § 2.1) */
const BEARER = /^Bearer +([A-Za-z\d._~+/-]+=*)$/i;

/** The token; empty where there is none, as one says who asks for the scope (RFC 7628 § 4.3). */
function bearerToken(auth: string): string {
  return BEARER.exec(auth)?.[1] ?? "";
}

/**
 * Takes key/value pairs apart. Unknown ones do not matter (RFC 7628 § 3.1).
 * @param text pairs, each with a kvsep behind it
 * @param value what a value may be
 * @returns undefined where there is something else, or a key twice
 */
// kvpair = key "=" value kvsep
// key    = 1*(ALPHA)
export function parsePairs(
  text: string,
  value: RegExp,
): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  const parts = text.split(KVSEP);
  if (parts.pop() !== "") return undefined;
  for (const part of parts) {
    const equals = part.indexOf("=");
    const key = part.slice(0, equals);
    const text = part.slice(equals + 1);
    const fits = equals > 0 && /^[a-z]+$/i.test(key) && value.test(text);
    if (!fits || pairs.has(key)) return undefined;
    pairs.set(key, text);
  }
  return pairs;
}
