/**
 * A certificate of the server, made ready for any number of connections.
 *
 * @module
 */

import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext } from "node:tls";
import type { CertificatePair, TlsOptions } from "../options.ts";
import { readCertificateFields } from "./certificate_fields.ts";

/** See the module's text. */
export interface ServerCertificate {
  /** What `node:tls` makes connections with. */
  readonly context: SecureContext;
  /** The DNS names that it is for, in lower case. */
  readonly names: readonly string[];
  /** The data of channel binding `tls-server-end-point`, or undefined where there is none. */
  readonly endPoint: Uint8Array | undefined;
  /** When it begins to be good, in milliseconds since 1970. */
  readonly begins: number;
  /** When it ends, in milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Reads a certificate and its key, and makes sure that they belong together, so that no client has to find out.
 * @throws {TypeError} when they cannot be read, or do not
 */
export function readServerCertificate(
  pair: CertificatePair,
  { minVersion = "TLSv1.2", clientCa }: Omit<TlsOptions, keyof CertificatePair>,
): ServerCertificate {
  const certificate = attempt(
    "The certificate cannot be read",
    () => new X509Certificate(pair.cert),
  );
  const key = attempt(
    "The private key cannot be read",
    () => createPrivateKey(pair.key),
  );
  if (!certificate.checkPrivateKey(key)) {
    throw new TypeError("The private key does not belong to the certificate");
  }
  const fields = attempt(
    "The certificate cannot be read",
    () => readCertificateFields(certificate.raw),
  );
  return {
    context: createSecureContext({
      cert: pair.cert,
      key: pair.key,
      minVersion,
      ...(clientCa === undefined ? {} : { ca: clientCa }),
    }),
    names: fields.dnsNames,
    endPoint: endPoint(certificate.raw, fields.signatureHash),
    begins: Date.parse(certificate.validFrom),
    expires: Date.parse(certificate.validTo),
  };
}

/**
 * The hash of the certificate as it is sent, by the hash function of its signature; in place of those that are
 * broken, by SHA-256 (RFC 5929 § 4.1).
 */
function endPoint(
  certificate: Uint8Array,
  signatureHash: string | undefined,
): Uint8Array | undefined {
  if (signatureHash === undefined) return undefined;
  const isBroken = signatureHash === "md5" || signatureHash === "sha1";
  const hash = createHash(isBroken ? "sha256" : signatureHash);
  return new Uint8Array(hash.update(certificate).digest());
}

function attempt<T>(message: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(message, { cause });
  }
}
