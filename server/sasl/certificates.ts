/**
 * What EXTERNAL proves against: certificates that clients have shown.
 *
 * @module
 */

import type { Identity } from "../../protocol/identity.ts";
import type {
  ClientCertificate,
  SaslBackend,
} from "../../protocol/sasl/server.ts";
import type { SaslUsers } from "./mod.ts";

/** Whom certificates are for. */
export interface CertificateOptions {
  /**
   * What names the user: the mail addresses of subjectAltName (RFC 5280 § 4.2.1.6), or the common names of the
   * subject. Default `email`. Whoever issues the certificates has to see to it that they are true.
   */
  readonly from?: "email" | "commonName";
}

/** See {@linkcode CertificateOptions.from}. */
export const CERTIFICATE_NAMES: readonly string[] = ["email", "commonName"];

/**
 * Decides alone on a certificate, which has been verified: whose it is, true for the user whom the client names,
 * undefined or false for nobody.
 * @param authzid whom the client wants to be; empty for whomever the certificate is for
 */
export type CertificateFunction = (
  certificate: ClientCertificate,
  authzid: string,
) => CertificateAnswer | Promise<CertificateAnswer>;

/** What a {@linkcode CertificateFunction} answers. */
export type CertificateAnswer = Identity | boolean | undefined;

/** More names of a certificate than these are not looked at. */
const MAX_NAMES = 16;

/** Whom certificates are for. Only users who are looked up are found; a function is not asked about them. */
export function certificateProof(
  options: CertificateOptions | CertificateFunction,
  users: SaslUsers,
): NonNullable<SaslBackend["certificate"]> {
  if (typeof options === "function") return decidedBy(options);
  const { from = "email" } = options;
  return async ({ emails, commonNames }, authzid) => {
    const names = (from === "email" ? emails : commonNames).slice(0, MAX_NAMES);
    const found = new Set<string>();
    for (const name of names) {
      const known = await users.user(name);
      if (known !== undefined) found.add(known.name);
    }
    if (authzid !== "") {
      const asked = (await users.user(authzid))?.name;
      return asked !== undefined && found.has(asked)
        ? { user: asked }
        : undefined;
    }
    // One that is for several has to be told for whom (RFC 4422 App. A.1).
    const [user] = found;
    return user !== undefined && found.size === 1 ? { user } : undefined;
  };
}

function decidedBy(
  decide: CertificateFunction,
): NonNullable<SaslBackend["certificate"]> {
  return async (certificate, authzid) => {
    const answer = await decide(certificate, authzid);
    if (answer === true) return authzid === "" ? undefined : { user: authzid };
    return answer === false ? undefined : answer;
  };
}
