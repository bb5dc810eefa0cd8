/**
 * What a certificate is asked for with: a key, and a request that it signs (RFC 2986).
 *
 * @module
 */

import { loadX509 } from "../x509.ts";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A request for a certificate. */
export interface SigningRequest {
  /** The request, in DER. */
  readonly request: Uint8Array;
  /** The key that the certificate will be for, in PEM. */
  readonly key: string;
}

/** Makes a new key, P-256, and asks for a certificate of hosts with it. */
export async function makeSigningRequest(
  domains: readonly string[],
): Promise<SigningRequest> {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        domains.map((value) => ({ type: "dns" as const, value })),
      ),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    request: new Uint8Array(request.rawData),
    key: x509.PemConverter.encode(key, "PRIVATE KEY") + "\n",
  };
}
