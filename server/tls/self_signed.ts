/**
 * Makes a self-signed certificate, for a server that has been given none.
 *
 * @module
 */

import type { JsonGeneralName } from "@peculiar/x509";
import type { CertificatePair } from "../options.ts";
import { loadX509 } from "./x509.ts";

const YEAR = 365 * 24 * 60 * 60 * 1000;
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * Makes a self-signed certificate: P-256, SHA-256, no authority, good for ten years, for `localhost`,
 * 127.0.0.1, ::1 and the names given.
 */
export async function makeCertificate(
  names: readonly string[] = [],
): Promise<CertificatePair> {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
  const altNames: JsonGeneralName[] = [
    ...new Set(["localhost", ...names]),
  ].map((value) => ({ type: "dns", value }));
  altNames.push({ type: "ip", value: "127.0.0.1" });
  altNames.push({ type: "ip", value: "::1" });
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: "CN=localhost",
    // An hour back: clocks differ.
    notBefore: new Date(now - 60 * 60 * 1000),
    notAfter: new Date(now + 10 * YEAR),
    keys,
    signingAlgorithm: ECDSA,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(altNames),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    cert: certificate.toString("pem") + "\n",
    key: x509.PemConverter.encode(key, "PRIVATE KEY") + "\n",
  };
}

/** A random positive serial number of 16 bytes, in hexadecimal. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x7f | 0x40;
  return bytes.toHex();
}
