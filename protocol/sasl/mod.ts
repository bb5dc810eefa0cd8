/**
 * SASL mechanisms (RFC 4422), one a file; none of them knows the protocol that carries it.
 *
 * @module
 */

import { login } from "./login.ts";
import { plain } from "./plain.ts";
import type { Mechanism, SaslServer } from "./server.ts";

export type { Exchange, Step } from "./exchange.ts";
export type { Mechanism, SaslBackend, SaslServer } from "./server.ts";

/** All of them, those first that a client had better choose. */
const MECHANISMS: readonly Mechanism[] = [plain, login];

/** The mechanisms that are offered on a connection as it is now, best first. */
export function offeredMechanisms(server: SaslServer): readonly Mechanism[] {
  return MECHANISMS.filter((mechanism) => mechanism.isOffered(server));
}
