/**
 * SASL mechanisms (RFC 4422), one a file; none of them knows the protocol that carries it.
 *
 * @module
 */

import type { Exchange } from "./exchange.ts";
import { plain } from "./plain.ts";

export type { Exchange, Step } from "./exchange.ts";

/** The mechanisms by name: each call begins an exchange. */
export const mechanisms: ReadonlyMap<string, () => Exchange> = new Map([
  ["PLAIN", plain],
]);
