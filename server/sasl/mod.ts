/**
 * What the server knows that SASL mechanisms prove against, one kind of proof a file.
 *
 * @module
 */

import type { SaslBackend } from "../../protocol/sasl/server.ts";
import type { KnownUser } from "../users.ts";

/** Which SASL mechanisms there are, and what they prove against. */
export interface SaslOptions {
  /**
   * The mechanisms to offer, in capitals; each is offered only where what it needs is there. Default `PLAIN` and
   * `LOGIN`, and those whose own settings are given.
   */
  readonly mechanisms?: readonly string[];
}

/** Who there is. */
export interface SaslUsers {
  /** The record of a name that a client gave, or undefined for nobody and for one who is disabled. */
  user(name: string): Promise<KnownUser | undefined>;
}

const DEFAULT_MECHANISMS = ["PLAIN", "LOGIN"];

/** Puts together what the settings ask for. */
export function saslBackend(
  options: SaslOptions,
  users: SaslUsers,
): SaslBackend {
  const mechanisms = new Set(
    (options.mechanisms ?? DEFAULT_MECHANISMS).map((name) =>
      name.toUpperCase()
    ),
  );
  return {
    mechanisms,
    async account(name) {
      const known = await users.user(name);
      return known && { user: known.name };
    },
  };
}
