/**
 * Which certificates of clients are believed.
 *
 * @module
 */

import { createHash, X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../protocol/sasl/server.ts";
import { readCertificateFields } from "./certificate_fields.ts";

/** What is asked of a connection after its handshake. */
export type VerifiedSocket = Pick<
  TLSSocket,
  "authorized" | "getPeerX509Certificate" | "isSessionReused"
>;

/** Certificates that are remembered as verified. */
const MAX_REMEMBERED = 4_096;

/**
 * What is known of the certificates of clients, under one set of authorities.
 *
 * In a session that is resumed no certificate is sent, and the platform says of the one of the first handshake
 * that it is authorized, whether it was or not. So a resumed session has one only if this very certificate was
 * verified before.
 */
export class ClientCertificates {
  /** The authorities that certificates may come from, in PEM. */
  readonly authorities: string;
  /** Fingerprints of what was verified, the latest last, and when each certificate ends. */
  readonly #verified = new Map<string, number>();

  /**
   * Reads the authorities.
   * @throws {TypeError} when there is none among them, or one cannot be read
   */
  constructor(authorities: string) {
    const pattern =
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
    const list = authorities.match(pattern) ?? [];
    if (list.length === 0) {
      throw new TypeError(
        "There is no certificate among the client authorities",
      );
    }
    for (const pem of list) {
      try {
        new X509Certificate(pem);
      } catch (cause) {
        const message = "A client authority's certificate cannot be read";
        throw new TypeError(message, { cause });
      }
    }
    this.authorities = authorities;
  }

  /**
   * The certificate that the client of a connection has shown, or undefined where none is to be believed.
   * @param now the time, in milliseconds since 1970
   */
  of(
    socket: VerifiedSocket,
    now: number = Date.now(),
  ): ClientCertificate | undefined {
    const raw = socket.getPeerX509Certificate()?.raw;
    if (raw === undefined || !socket.authorized) return undefined;
    const fingerprint = createHash("sha256").update(raw).digest("hex");
    const expires = socket.isSessionReused()
      ? this.#verified.get(fingerprint)
      : Date.parse(new X509Certificate(raw).validTo);
    if (expires === undefined || !(expires > now)) return undefined;
    this.#remember(fingerprint, expires);
    try {
      const { commonNames, emails } = readCertificateFields(raw);
      return { commonNames, emails, fingerprint };
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  #remember(fingerprint: string, expires: number): void {
    this.#verified.delete(fingerprint);
    this.#verified.set(fingerprint, expires);
    if (this.#verified.size <= MAX_REMEMBERED) return;
    this.#verified.delete(this.#verified.keys().next().value!);
  }
}
