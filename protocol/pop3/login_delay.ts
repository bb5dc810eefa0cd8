/**
 * LOGIN-DELAY (RFC 2449 § 6.5): how often a user may log in.
 *
 * @module
 */

import type { Host } from "../host.ts";
import { No } from "../imap/errors.ts";

/** When users last logged in, the earliest first; a server's own. */
const lastLogins = new WeakMap<Host, Map<string, number>>();

/** Refuses who has logged in too shortly before. @throws {No} LOGIN-DELAY */
export function assertLoginDelay(host: Host, user: string): void {
  const { pop3LoginDelay } = host.limits;
  const last = lastLogins.get(host)?.get(user);
  if (last === undefined) return;
  const since = host.now() - last;
  if (since >= 0 && since < pop3LoginDelay) {
    throw new No("LOGIN-DELAY", "You have logged in shortly before");
  }
}

/** Notes that a user has logged in, and forgets what is too old to matter. */
export function noteLogin(host: Host, user: string): void {
  const { pop3LoginDelay } = host.limits;
  if (pop3LoginDelay === 0) {
    lastLogins.delete(host);
    return;
  }
  let logins = lastLogins.get(host);
  if (logins === undefined) lastLogins.set(host, logins = new Map());
  const now = host.now();
  logins.delete(user);
  logins.set(user, now);
  for (const [other, time] of logins) {
    if (now - time < pop3LoginDelay) break;
    logins.delete(other);
  }
}
