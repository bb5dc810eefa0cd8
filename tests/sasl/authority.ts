/**
 * An authority of our own that issues certificates to clients.
 *
 * @module
 */

import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const HOUR = 3_600_000;

/** See the module's text. */
export class Authority {
  readonly #keys: CryptoKeyPair;
  readonly #certificate: X509Certificate;

  private constructor(keys: CryptoKeyPair, certificate: X509Certificate) {
    this.#keys = keys;
    this.#certificate = certificate;
  }

  /** Makes one. */
  static async make(): Promise<Authority> {
    const keys = await makeKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      ...{ keys, name: "CN=Authority", signingAlgorithm: ECDSA },
      ...validity(),
      extensions: [new BasicConstraintsExtension(true, 0, true)],
    });
    return new Authority(keys, certificate);
  }

  /** Its own certificate, in PEM. */
  get cert(): string {
    return this.#certificate.toString("pem");
  }

  /** Issues a certificate to a client: common name and mail addresses. */
  async issue(
    commonName: string,
    ...emails: readonly string[]
  ): Promise<{ cert: string; key: string }> {
    const keys = await makeKeys();
    const certificate = await X509CertificateGenerator.create({
      ...{ publicKey: keys.publicKey, subject: `CN=${commonName}` },
      ...{ issuer: this.#certificate.subject, ...validity() },
      ...{ signingKey: this.#keys.privateKey, signingAlgorithm: ECDSA },
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension(
          emails.map((value) => ({ type: "email" as const, value })),
        ),
      ],
    });
    const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return {
      cert: certificate.toString("pem"),
      key: PemConverter.encode(key, "PRIVATE KEY"),
    };
  }
}

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ECDSA, true, ["sign", "verify"]);
}

function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - HOUR), notAfter: new Date(now + HOUR) };
}
