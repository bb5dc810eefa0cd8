/**
 * What the settings of tokens, certificates and anonymous logins look like in a configuration file.
 *
 * @module
 */

import { z } from "zod";
import { CERTIFICATE_NAMES } from "./certificates.ts";
import { TOKEN_ALGORITHMS } from "./token_signature.ts";

const text = z.string("Expected text").min(1, "Expected some text");
const algorithms = `Expected a list of ${TOKEN_ALGORITHMS.join(" ")}`;
const from = `Expected one of ${CERTIFICATE_NAMES.join(" ")}`;
const keys = "Expected a URL, a path or a JSON Web Key Set";

const tokens = z.strictObject({
  issuer: text.optional(),
  audience: z.union([text, z.array(text)], "Expected a name or a list of names")
    .optional(),
  jwks: z.union([
    text,
    z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) }),
  ], keys).optional(),
  algorithms: z.array(z.enum(TOKEN_ALGORITHMS, algorithms), algorithms)
    .optional(),
  introspection: z.strictObject({
    endpoint: text,
    clientId: text,
    clientSecret: text,
  }, "Expected endpoint, clientId and clientSecret").optional(),
  claim: text.optional(),
  requiredScope: text.optional(),
  clockTolerance: z.number("Expected seconds").min(0, "Expected seconds")
    .optional(),
  openidConfiguration: text.optional(),
}, "Expected a mapping").refine(
  ({ jwks, introspection }) =>
    jwks !== undefined || introspection !== undefined,
  "Expected jwks or introspection",
).refine(
  ({ jwks, issuer, audience }) =>
    jwks === undefined || (issuer !== undefined && audience !== undefined),
  "Expected issuer and audience with jwks",
);

/** The keys that go into `sasl`. */
export const PROOFS_SHAPE: Readonly<Record<string, z.ZodType>> = {
  tokens: tokens.optional(),
  certificates: z.strictObject(
    { from: z.enum(CERTIFICATE_NAMES, from).optional() },
    "Expected a mapping",
  ).optional(),
  anonymous: z.union([
    text,
    z.strictObject({ user: text, readOnly: z.boolean().optional() }),
  ], "Expected a user, or user and readOnly").optional(),
};

/** The keys as the sample shows them, as a comment. */
export const PROOFS_SAMPLE: readonly string[] = [
  "#   # OAUTHBEARER and XOAUTH2: tokens of an issuer whose keys are at a URL or in a file, or that",
  "#   # is asked about each (introspection); the claim names the user.",
  "#   tokens:",
  "#     issuer: https://login.example.com",
  "#     audience: imapd",
  "#     jwks: https://login.example.com/jwks",
  "#     claim: email",
  "#     requiredScope: mail",
  "#   # EXTERNAL: certificates of clients; what in them names the user, email or commonName.",
  "#   certificates: { from: email }",
  "#   # ANONYMOUS: the account of those who have no name; they read it, and write with",
  "#   # { user: public, readOnly: false }.",
  "#   anonymous: public",
];
