/**
 * What the settings of ACME look like in a configuration file.
 *
 * @module
 */

import { z } from "zod";
import { ACME_DEFAULTS, type AcmeOptions } from "./options.ts";

const text = z.string("Expected text").min(1, "Expected some text");
const port = "Expected a port from 1 to 65535";
const domain = z.string("Expected a domain").regex(
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i,
  "Expected a domain, without wildcard",
);

/** The key `acme`. */
export const acmeSchema: z.ZodType = z.strictObject({
  domains: z.array(domain, "Expected a list of domains").min(
    1,
    "Expected a domain",
  ).max(100, "Expected 100 domains at the most"),
  agreeTerms: z.literal(
    true,
    "Expected true, once the authority's terms of service have been read",
  ),
  email: z.string("Expected an address").regex(
    /^[^\s@]+@[^\s@]+$/,
    "Expected an address",
  ).optional(),
  directory: z.string("Expected a URL").regex(
    /^https:\/\//,
    "Expected a URL that begins with https://",
  ).optional(),
  directoryCa: text.optional(),
  httpPort: z.int(port).min(1, port).max(65_535, port).optional(),
  httpHostname: text.optional(),
}, "Expected a mapping");

/** The key as the sample shows it, as a comment. */
export const ACME_SAMPLE: readonly string[] = [
  "# A certificate from an authority that speaks ACME, in place of cert and key: asked for when",
  "# the server starts and renewed in time. The authority looks at port 80 of each domain, which",
  "# has to lead to httpPort; that is listened to while a certificate is asked for.",
  "# acme:",
  "#   domains: [mail.example.com]",
  "#   email: postmaster@example.com",
  "#   agreeTerms: true",
  `#   directory: ${ACME_DEFAULTS.directory}`,
  `#   httpPort: ${ACME_DEFAULTS.httpPort}`,
  `#   httpHostname: ${ACME_DEFAULTS.httpHostname}`,
];

/** The settings with their path resolved. */
export function withAcmePath(
  acme: AcmeOptions,
  resolve: (path: string) => string,
): AcmeOptions {
  const { directoryCa } = acme;
  return directoryCa === undefined
    ? acme
    : { ...acme, directoryCa: resolve(directoryCa) };
}
