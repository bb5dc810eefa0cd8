/**
 * What OAUTHBEARER and XOAUTH2 prove against: tokens that somebody else issues. A token is good by its signature
 * (RFC 7519), by what its issuer says of it when asked (RFC 7662), or by what the application says.
 *
 * @module
 */

import type { Identity } from "../../protocol/identity.ts";
import type { SaslBackend, TokenRefusal } from "../../protocol/sasl/server.ts";
import { StorageError } from "../../storage/model.ts";
import { logger } from "../log.ts";
import { AnswerError } from "./fetch_json.ts";
import type { SaslUsers } from "./mod.ts";
import {
  type ClaimRules,
  hasScope,
  JUDGED_CLAIMS,
  problemWith,
  userIn,
} from "./token_claims.ts";
import {
  type Claims,
  Introspection,
  type IntrospectionOptions,
} from "./token_introspection.ts";
import type { TokenKeySet } from "./token_keys.ts";
import { signedClaims, TOKEN_ALGORITHMS } from "./token_signature.ts";

/**
 * Which tokens are good. There are `jwks`, `introspection`, or both: then a token has to pass both, and `jwks` says
 * whose it is.
 */
export interface TokenOptions {
  /** Who issues them: the claim `iss`. Needed with `jwks`. */
  readonly issuer?: string;
  /** What this server is called there: the claim `aud` has to name it, or one of these. Needed with `jwks`. */
  readonly audience?: string | readonly string[];
  /**
   * The public keys of the issuer: a URL of https (or of http, on this machine), the path of a file, or the JSON Web
   * Key Set itself. What is fetched or read is loaded anew after ten minutes, or when a token names another key.
   */
  readonly jwks?: string | TokenKeySet;
  /** The algorithms of signatures (RFC 7518 § 3.1). Default: all that have a public key. */
  readonly algorithms?: readonly string[];
  /** Asks the issuer about each token. */
  readonly introspection?: IntrospectionOptions;
  /** The claim that names the user, such as `sub` or `preferred_username`. Default `email`. */
  readonly claim?: string;
  /** The scope without which a token is not good for mail. Default: none is needed. */
  readonly requiredScope?: string;
  /** How far the clocks may be apart, in seconds. Default 30. */
  readonly clockTolerance?: number;
  /**
   * Where clients find out how to get a token: the URL of an OpenID provider's configuration, told with each refusal
   * (RFC 7628 § 3.2.2). Default: where the issuer has it, if that begins with https.
   */
  readonly openidConfiguration?: string;
}

/**
 * Decides alone on a token: whose it is, perhaps with a scope and the time at which the session ends (`expires`),
 * true for the user whom the client names, undefined or false for nobody, or why it is refused.
 *
 * ```ts
 * import { serve } from "@x/imapd";
 *
 * const sessions = new Map([["0d2f6f4a", "alice"]]);
 * await using server = serve({
 *   port: 0,
 *   users: { alice: "secret" },
 *   sasl: {
 *     tokens(token) {
 *       const user = sessions.get(token);
 *       return user === undefined ? undefined : { user };
 *     },
 *   },
 * });
 * console.log(server.addr.port);
 * ```
 *
 * @param token never to be logged
 * @param user whom the client says to be; undefined where it leaves that to the token
 */
export type TokenFunction = (
  token: string,
  user: string | undefined,
) => TokenAnswer | Promise<TokenAnswer>;

/** What a {@linkcode TokenFunction} answers. */
export type TokenAnswer = Identity | TokenRefusal | boolean | undefined;

const DEFAULT_CLAIM = "email";
/** In seconds. */
const DEFAULT_TOLERANCE = 30;
const MAX_TOLERANCE = 600;

/**
 * Whom tokens are for. Only users who are looked up are found; a function is not asked about them.
 * @throws {TypeError} for options that cannot be
 */
export function tokenProof(
  options: TokenOptions | TokenFunction,
  users: SaslUsers,
): NonNullable<SaslBackend["token"]> {
  if (typeof options === "function") return decidedBy(options);
  const check = claimsOf(options);
  const { claim = DEFAULT_CLAIM, requiredScope: scope } = options;
  const configuration = configurationOf(options);
  const grace = (options.clockTolerance ?? DEFAULT_TOLERANCE) * 1_000;
  const refuse = (status: string): TokenRefusal => ({
    status,
    ...(scope === undefined ? {} : { scope }),
    ...(configuration === undefined ? {} : { configuration }),
  });
  const log = logger("sasl");
  const refused = (reason: string) => {
    log.debug("token refused", { reason });
    return refuse("invalid_token");
  };
  return async (token, asked) => {
    if (token === "") return refuse("invalid_token");
    let claims: Claims | string;
    try {
      claims = await check(token);
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      log.error("tokens cannot be checked", { error });
      throw new StorageError("UNAVAILABLE", "Tokens cannot be checked now");
    }
    if (typeof claims === "string") return refused(claims);
    if (scope !== undefined && !hasScope(claims, scope)) {
      return refuse("insufficient_scope");
    }
    const named = userIn(claims, claim);
    if (named === undefined) return refused(`no ${claim}`);
    const known = await users.user(named);
    if (known === undefined) return refused("no such user");
    // To act for another needs a right that nobody has here.
    if (asked !== undefined) {
      const name = users.prepare(asked);
      const same = name === known.name || name === users.prepare(named);
      if (!same) return refused("another user");
    }
    const { exp } = claims;
    return {
      user: known.name,
      ...(typeof exp === "number" ? { expires: exp * 1_000 + grace } : {}),
    };
  };
}

/** Finds out what a token says; a string says what is wrong with it. */
type ClaimsCheck = (token: string) => Promise<Claims | string>;

function claimsOf(options: TokenOptions): ClaimsCheck {
  const { jwks, introspection, issuer, algorithms = TOKEN_ALGORITHMS } =
    options;
  const { claim = DEFAULT_CLAIM, clockTolerance = DEFAULT_TOLERANCE } = options;
  if (!(clockTolerance >= 0 && clockTolerance <= MAX_TOLERANCE)) {
    throw new TypeError(`clockTolerance goes from 0 to ${MAX_TOLERANCE}`);
  }
  const audience = options.audience === undefined
    ? undefined
    : [options.audience].flat();
  const tolerance = clockTolerance * 1_000;
  if (jwks === undefined) {
    if (introspection === undefined) {
      throw new TypeError("tokens needs jwks or introspection");
    }
    return introspected(introspection, claim, {
      ...{ issuer, audience, clockTolerance: tolerance },
    });
  }
  if (!issuer || !audience?.length) {
    throw new TypeError("tokens needs issuer and audience with jwks");
  }
  const signed = signedClaims(jwks, {
    ...{ issuer, audience, clockTolerance, algorithms },
  });
  if (introspection === undefined) return signed;
  // The token says itself who issued it and whom it is for; the endpoint need not.
  const asked = introspected(introspection, claim, {
    clockTolerance: tolerance,
  });
  return async (token) => {
    const claims = await signed(token);
    if (typeof claims === "string") return claims;
    const answer = await asked(token);
    return typeof answer === "string" ? answer : claims;
  };
}

function introspected(
  options: IntrospectionOptions,
  claim: string,
  rules: ClaimRules,
): ClaimsCheck {
  const introspection = new Introspection(options, [...JUDGED_CLAIMS, claim]);
  return async (token) => {
    const claims = await introspection.claims(token);
    if (claims === undefined) return "not active";
    return problemWith(claims, rules, Date.now()) ?? claims;
  };
}

/** OpenID Connect Discovery 1.0 § 4.1 */
function configurationOf(options: TokenOptions): string | undefined {
  const { issuer = "", openidConfiguration } = options;
  if (openidConfiguration !== undefined) return openidConfiguration;
  return /^https:\/\//i.test(issuer)
    ? `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`
    : undefined;
}

function decidedBy(decide: TokenFunction): NonNullable<SaslBackend["token"]> {
  const refusal = { status: "invalid_token" };
  return async (token, user) => {
    if (token === "") return refusal;
    const answer = await decide(token, user);
    if (answer === true) return user === undefined ? refusal : { user };
    return answer === false || answer === undefined ? refusal : answer;
  };
}
