/**
 * Finds out at the start that a certificate is none, so that no client has to.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from "node:crypto";
import type { TlsOptions } from "./options.ts";

/**
 * Makes sure that a certificate and a key can be read and belong together.
 * @throws {TypeError} when not
 */
export function checkCertificate(pair: TlsOptions): void {
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
}

function attempt<T>(message: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(message, { cause });
  }
}
