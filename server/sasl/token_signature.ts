/**
 * Tokens that say themselves whose they are, and are signed: JSON Web Tokens (RFC 7519).
 *
 * @module
 */

import type { JWTPayload } from "jose";
import { AnswerError } from "./fetch_json.ts";
import { type KeyFinder, keyFinder, type TokenKeySet } from "./token_keys.ts";

/**
 * The algorithms whose keys can be known by everybody. `none` proves nothing, and with `HS256` and its like whoever
 * checks could sign, and a public key would serve as the secret (RFC 8725 § 2.1).
 */
export const TOKEN_ALGORITHMS: readonly string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];

/** Of keys that may be a token's, which does not say by which it is signed, so many are tried. */
const MAX_TRIED = 16;

/** What is asked of a token. */
export interface SignatureRules {
  /** `iss`. */
  readonly issuer: string;
  /** `aud`: one of these. */
  readonly audience: readonly string[];
  /** The algorithms that may be. */
  readonly algorithms: readonly string[];
  /** How far clocks may be apart, in seconds. */
  readonly clockTolerance: number;
}

/**
 * Checks a token by itself: its signature, its issuer, whom it is for, and its time, of which `exp` has to be there.
 * @param source where the keys are
 * @returns the claims, or what is wrong with the token, of which nothing is told
 * @throws {TypeError} for keys and algorithms that cannot be
 */
export function signedClaims(
  source: string | TokenKeySet,
  rules: SignatureRules,
): (token: string) => Promise<JWTPayload | string> {
  for (const name of rules.algorithms) {
    if (!TOKEN_ALGORITHMS.includes(name)) {
      throw new TypeError(`${name} is no algorithm that has public keys`);
    }
  }
  const find = keyFinder(source);
  const options = {
    issuer: rules.issuer,
    audience: [...rules.audience],
    algorithms: [...rules.algorithms],
    clockTolerance: rules.clockTolerance,
    requiredClaims: ["exp"],
  };
  return async (token) => {
    const { errors, jwtVerify } = await import("jose");
    try {
      return (await jwtVerify(token, keysOnly(find), options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) {
        return reasonOf(error);
      }
      // "kid" may be left out (RFC 7515 § 4.1.4): one of these keys it is, or none.
      let reason = "";
      let tried = 0;
      for await (const key of error) {
        if (++tried > MAX_TRIED) break;
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (second) {
          reason = await reasonOf(second);
        }
      }
      return reason;
    }
  };
}

/** Keys that cannot be used are no fault of the token. */
function keysOnly(find: KeyFinder): KeyFinder {
  return async (header, token) => {
    const { errors } = await import("jose");
    try {
      return await find(header, token);
    } catch (cause) {
      if (
        cause instanceof AnswerError ||
        cause instanceof errors.JWKSNoMatchingKey ||
        cause instanceof errors.JWKSMultipleMatchingKeys
      ) throw cause;
      throw new AnswerError("The keys of tokens cannot be used", { cause });
    }
  };
}

/**
 * What is wrong with a token: a code of jose with the name of a claim; its messages could show more.
 * @throws {AnswerError} when it is something else
 */
async function reasonOf(error: unknown): Promise<string> {
  const { errors } = await import("jose");
  if (error instanceof AnswerError) throw error;
  if (!(error instanceof errors.JOSEError)) {
    throw new AnswerError("The keys of tokens cannot be used", {
      cause: error,
    });
  }
  const { claim } = Object(error);
  return typeof claim === "string" ? `${error.code} ${claim}` : error.code;
}
