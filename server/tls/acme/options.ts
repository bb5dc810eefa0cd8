/**
 * Certificates from an authority that speaks ACME (RFC 8555): what has to be told.
 *
 * @module
 */

/** See the module's text. */
export interface AcmeOptions {
  /** The hosts that the certificate is for, the first of them as its subject. No wildcards: HTTP cannot prove them. */
  readonly domains: readonly string[];
  /** Whether the authority's terms of service have been read and are agreed to. */
  readonly agreeTerms: true;
  /** Where the authority writes to when something is wrong. */
  readonly email?: string;
  /** The directory of the authority. Default: that of Let's Encrypt. */
  readonly directory?: string;
  /** The path of a certificate to trust beside the usual ones when asking an authority of one's own, PEM. */
  readonly directoryCa?: string;
  /** The port to prove on that hosts are ours, behind port 80 of all of them. Default 80. */
  readonly httpPort?: number;
  /** The address to bind for that. Default `0.0.0.0`. */
  readonly httpHostname?: string;
}

/** The defaults of {@linkcode AcmeOptions}. */
export const ACME_DEFAULTS = {
  directory: "https://acme-v02.api.letsencrypt.org/directory",
  httpPort: 80,
  httpHostname: "0.0.0.0",
} as const;
