/**
 * OAUTHBEARER: RFC 7628. The client shows a token that the server of an organisation has given it (RFC 6750).
 *
 * `host` and `port` are for kinds of tokens that sign them, and bearer tokens do not: a server is reached by more
 * names than it knows.
 *
 * @module
 */

import {
  KVSEP,
  parsePairs,
  tokenMechanism,
  type TokenMessage,
} from "./oauth.ts";
import type { Mechanism } from "./server.ts";

/** OAUTHBEARER. */
export const oauthbearer: Mechanism = tokenMechanism({
  name: "OAUTHBEARER",
  parse,
  // RFC 7628 § 3.2.2
  describe: ({ status, scope, configuration }) => ({
    status,
    ...(scope === undefined ? {} : { scope }),
    ...(configuration === undefined
      ? {}
      : { "openid-configuration": configuration }),
  }),
});

// gs2-header  = gs2-cb-flag "," [gs2-authzid] ","      RFC 5801 § 4
// gs2-authzid = "a=" gs2-saslname
// There is no channel to bind, and no other mechanism of the GSS-API.
const GS2_HEADER = /^[ny],(?:a=((?:[^\0,=]|=2C|=3D)+))?,$/iu;

// value = *(VCHAR / SP / HTAB / CR / LF )
const VALUE = /^[\x20-\x7e\t\r\n]*$/;

// client-resp = (gs2-header kvsep *kvpair kvsep) / kvsep
function parse(message: string): TokenMessage | undefined {
  const headerEnd = message.indexOf(KVSEP);
  const header = GS2_HEADER.exec(message.slice(0, headerEnd));
  if (headerEnd < 0 || header === null || !message.endsWith(KVSEP)) {
    return undefined;
  }
  const pairs = parsePairs(message.slice(headerEnd + 1, -1), VALUE);
  const auth = pairs?.get("auth");
  if (auth === undefined) return undefined;
  const user = header[1]?.replace(/=2C/gi, ",").replace(/=3D/gi, "=");
  return { user, auth };
}
