/**
 * XOAUTH2: no RFC, what Google and Microsoft had before there was OAUTHBEARER, and most clients still speak.
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

/** XOAUTH2. */
export const xoauth2: Mechanism = tokenMechanism({
  name: "XOAUTH2",
  parse,
  describe: ({ status, scope }) => ({
    status: STATUS.get(status) ?? "400",
    schemes: "bearer",
    ...(scope === undefined ? {} : { scope }),
  }),
});

/** The status codes of HTTP for errors of RFC 6750 § 3.1. */
const STATUS: ReadonlyMap<string, string> = new Map([
  ["invalid_token", "401"],
  ["insufficient_scope", "403"],
]);

/** Names are UTF-8; nobody's has control characters. */
const VALUE = /^[^\p{Cc}]*$/u;

// message = "user=" name kvsep "auth=Bearer " token kvsep kvsep
function parse(message: string): TokenMessage | undefined {
  if (!message.endsWith(KVSEP)) return undefined;
  const pairs = parsePairs(message.slice(0, -1), VALUE);
  const user = pairs?.get("user");
  const auth = pairs?.get("auth");
  return user && auth !== undefined ? { user, auth } : undefined;
}
