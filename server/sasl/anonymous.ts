/**
 * What ANONYMOUS lets in to: one account for all who come without a name.
 *
 * @module
 */

import type { SaslBackend } from "../../protocol/sasl/server.ts";
import type { SaslUsers } from "./mod.ts";

/** What those who have no name may use. */
export interface AnonymousOptions {
  /** The account. */
  readonly user: string;
  /** Whether nothing may be changed in it. Default true. */
  readonly readOnly?: boolean;
}

/**
 * The account of those who have no name. Where users are looked up it has to be one of theirs, so that a slip of the
 * pen opens nothing.
 */
export function anonymousAccount(
  options: string | AnonymousOptions,
  users: SaslUsers,
): NonNullable<SaslBackend["anonymous"]> {
  const { user: account, readOnly = true } = typeof options === "string"
    ? { user: options }
    : options;
  const part = readOnly ? { scope: { readOnly } } : {};
  return async () => {
    if (!users.lookedUp) return { user: account, ...part };
    const known = await users.user(account);
    return known && { user: known.name, ...part };
  };
}
