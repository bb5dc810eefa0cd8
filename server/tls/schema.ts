/**
 * What the certificates for more hosts look like in a configuration file.
 *
 * @module
 */

import { z } from "zod";

const path = z.string("Expected a path").min(1, "Expected a path");

/** The files of a certificate and its key. */
export interface CertificateFiles {
  /** The certificate with those that lead to its issuer, in PEM. */
  readonly cert: string;
  /** The private key, in PEM. */
  readonly key: string;
}

/** The key `certificates`. */
export const certificatesSchema: z.ZodType = z.array(
  z.strictObject({ cert: path, key: path }, "Expected a mapping"),
  "Expected a list of certificates",
);

/** The key as the sample shows it, as a comment. */
export const CERTIFICATES_SAMPLE: readonly string[] = [
  "# Certificates for more hosts: a client gets the one that has the name it asks for, and the",
  "# one above where none has. Files that change are read again by themselves.",
  "# certificates:",
  "#   - { cert: mail.example.org.crt, key: mail.example.org.key }",
];

/** The files with their paths resolved. */
export function withCertificatePaths(
  certificates: readonly CertificateFiles[],
  resolve: (path: string) => string,
): CertificateFiles[] {
  return certificates.map(({ cert, key }) => ({
    cert: resolve(cert),
    key: resolve(key),
  }));
}
