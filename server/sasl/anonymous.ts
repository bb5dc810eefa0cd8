/**
 * What ANONYMOUS lets in to: one account for all who come without a name.
 *
 * @module
 */

import type { SaslBackend } from "../../protocol/sasl/server.ts";
import type { SaslUsers } from "./mod.ts";

/**
 * The account of those who have no name. Where users are looked up it has to be one of theirs, so that a slip of the
 * pen opens nothing.
 */
export function anonymousAccount(
  account: string,
  users: SaslUsers,
): NonNullable<SaslBackend["anonymous"]> {
  return async () => {
    if (!users.lookedUp) return { user: account };
    const known = await users.user(account);
    return known && { user: known.name };
  };
}
