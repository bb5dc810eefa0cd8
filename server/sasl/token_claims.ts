/**
 * What has to be true of the claims of a token (RFC 7519 § 4.1, RFC 7662 § 2.2), beside its signature.
 *
 * @module
 */

import type { Claims } from "./token_introspection.ts";

/** The claims that are looked at, besides the one that names the user. */
export const JUDGED_CLAIMS: readonly string[] = [
  ...["iss", "aud", "exp", "nbf", "scope", "scp", "email_verified"],
];

/** What is asked of claims. */
export interface ClaimRules {
  /** Who has to have issued the token; undefined for whoever. */
  readonly issuer?: string | undefined;
  /** Whom it has to be for, one of these; undefined for whomever. */
  readonly audience?: readonly string[] | undefined;
  /** How far clocks may be apart, in milliseconds. */
  readonly clockTolerance: number;
}

/**
 * What is wrong with the claims that an introspection endpoint tells; undefined for nothing. It answers for the time
 * itself (RFC 7662 § 4), but what it said may be some seconds old.
 */
export function problemWith(
  claims: Claims,
  rules: ClaimRules,
  now: number,
): string | undefined {
  const { issuer, audience, clockTolerance } = rules;
  if (issuer !== undefined && claims.iss !== issuer) return "iss";
  if (audience !== undefined) {
    const named = [claims.aud].flat();
    if (!audience.some((name) => named.includes(name))) return "aud";
  }
  const { exp, nbf } = claims;
  if (typeof exp === "number" && exp * 1_000 + clockTolerance <= now) {
    return "exp";
  }
  if (typeof nbf === "number" && nbf * 1_000 - clockTolerance > now) {
    return "nbf";
  }
  return undefined;
}

/** Whether a token may be used for something: `scope` (RFC 8693 § 4.2), or `scp`, as Microsoft has it. */
export function hasScope(claims: Claims, scope: string): boolean {
  const granted = [claims.scope, claims.scp].flat()
    .flatMap((text) => typeof text === "string" ? text.split(" ") : []);
  return granted.includes(scope);
}

/** The user whom a claim names; undefined where it names none, or an address that nobody has verified. */
export function userIn(claims: Claims, claim: string): string | undefined {
  // OpenID Connect Core 1.0 § 5.1
  if (claim === "email" && claims.email_verified === false) return undefined;
  const user = claims[claim];
  return typeof user === "string" && user !== "" ? user : undefined;
}
