/**
 * What CRAM-MD5 proves against: passwords as they are.
 *
 * @module
 */

import type { SaslBackend } from "../../protocol/sasl/server.ts";
import { preparePassword } from "../users.ts";
import type { SaslUsers } from "./mod.ts";

/** The passwords of users, by name. */
export function knownPasswords(
  users: SaslUsers,
): NonNullable<SaslBackend["password"]> {
  return async (given) => {
    const known = await users.user(given);
    if (!known?.password) return undefined;
    const password = preparePassword(known.password);
    return { password, identity: { user: known.name } };
  };
}
