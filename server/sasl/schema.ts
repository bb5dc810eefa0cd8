/**
 * What the settings of SASL look like in a configuration file.
 *
 * @module
 */

import { z } from "zod";
import { MECHANISM_NAMES } from "../../protocol/sasl/mod.ts";
import { SCRAM_ITERATIONS } from "../../protocol/sasl/scram_keys.ts";
import { MAX_SCRAM_ITERATIONS } from "../scram_record.ts";
import {
  KERBEROS_SAMPLE,
  KERBEROS_SHAPE,
  withKerberosPaths,
} from "./kerberos_schema.ts";
import type { SaslOptions } from "./mod.ts";
import { PROOFS_SAMPLE, PROOFS_SHAPE } from "./proofs_schema.ts";

const names = `Expected a list of ${MECHANISM_NAMES.join(" ")}`;
const iterations =
  `Expected a number from ${SCRAM_ITERATIONS} to ${MAX_SCRAM_ITERATIONS}`;

/** The key `sasl`: the option of that name. */
export const saslSchema: z.ZodType = z.strictObject({
  mechanisms: z.array(
    z.string(names).refine(
      (name) => MECHANISM_NAMES.includes(name.toUpperCase()),
      names,
    ),
    names,
  ).optional(),
  scramIterations: z.int(iterations).min(SCRAM_ITERATIONS, iterations)
    .max(MAX_SCRAM_ITERATIONS, iterations).optional(),
  scramRecords: z.boolean("Expected true or false").optional(),
  ...PROOFS_SHAPE,
  ...KERBEROS_SHAPE,
}, "Expected a mapping");

/** The key as the sample shows it, as a comment. */
export const SASL_SAMPLE: readonly string[] = [
  "# How clients may prove who they are; what has nothing to prove against is not offered. SCRAM is",
  "# for users who were made with --scram and, with scramRecords, for all who have logged in by a",
  "# password once; it is offered where it is named, or every user has what it needs. CRAM-MD5 is for",
  "# users whose password is here in clear text. SCRAM-SHA-256-PLUS binds to the certificate",
  "# (tls-server-end-point); clients that know other bindings alone choose it and fail.",
  "# scramIterations is for new passwords, and what users are said to have who are not there.",
  "# sasl:",
  "#   mechanisms: [PLAIN, LOGIN, SCRAM-SHA-256]",
  "#   scramRecords: true",
  `#   scramIterations: ${SCRAM_ITERATIONS}`,
  ...PROOFS_SAMPLE,
  ...KERBEROS_SAMPLE,
];

/** The settings with their paths resolved. */
export function withSaslPaths(
  given: SaslOptions,
  resolve: (path: string) => string,
): SaslOptions {
  const sasl = withKerberosPaths(given, resolve);
  const { tokens } = sasl;
  return typeof tokens === "object" && typeof tokens.jwks === "string"
    ? { ...sasl, tokens: { ...tokens, jwks: resolve(tokens.jwks) } }
    : sasl;
}
