/**
 * SASL mechanisms (RFC 4422), one a file; none of them knows the protocol that carries it.
 *
 * @module
 */

import { anonymous } from "./anonymous.ts";
import { cramMd5 } from "./cram_md5.ts";
import { external } from "./external.ts";
import { gssapi } from "./gssapi.ts";
import { kerberosV4 } from "./kerberos_v4.ts";
import { login } from "./login.ts";
import { oauthbearer } from "./oauthbearer.ts";
import { otp } from "./otp.ts";
import { plain } from "./plain.ts";
import { scram } from "./scram.ts";
import type { Mechanism, SaslServer } from "./server.ts";
import { skey } from "./skey.ts";
import { xoauth2 } from "./xoauth2.ts";

export type { Exchange, Step } from "./exchange.ts";
export type { Mechanism, SaslBackend, SaslServer } from "./server.ts";

/**
 * All of them, those first that a client had better choose: what proves the server too and binds it, what a server
 * does not learn a password by, and last what others could listen to.
 */
const MECHANISMS: readonly Mechanism[] = [
  external,
  gssapi,
  scram("SHA-256", true),
  scram("SHA-1", true),
  scram("SHA-256", false),
  scram("SHA-1", false),
  oauthbearer,
  xoauth2,
  otp,
  skey,
  cramMd5(),
  kerberosV4,
  plain,
  login,
  anonymous,
];

/** The names of all of them, in capitals. */
export const MECHANISM_NAMES: readonly string[] = MECHANISMS.map((
  { name },
) => name);

/** The mechanisms that are offered on a connection as it is now, best first. */
export function offeredMechanisms(server: SaslServer): readonly Mechanism[] {
  return MECHANISMS.filter((mechanism) => mechanism.isOffered(server));
}
