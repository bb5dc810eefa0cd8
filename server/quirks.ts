/**
 * Rules for clients that need to be treated differently.
 *
 * @module
 */

import type { BlockList } from "node:net";
import type { ClientFacts, ClientPolicy } from "../protocol/host.ts";
import { includes, networksOf } from "./networks.ts";

/**
 * Which clients a rule is for: those of whom all that is said here is true. Nothing said: all of them.
 */
export interface QuirkMatch {
  /**
   * What the client says of itself by ID (RFC 2971): values by the field's name. A text matches the whole
   * value without regard to case, `*` standing for anything; a regular expression as it does. A client that
   * has not said who it is matches no such rule.
   */
  readonly id?: Readonly<Record<string, string | RegExp>>;
  /** Its address, such as `192.0.2.7`, or a network, such as `2001:db8::/32`. */
  readonly address?: string;
}

/**
 * A rule. Of several that match, the hidden capabilities add up; of anything else the last one counts.
 *
 * ```ts
 * import { type Quirk, serve } from "@x/imapd";
 *
 * const quirks: Quirk[] = [
 *   { match: { id: { name: "*outlook*" } }, hide: ["IDLE"] },
 *   { match: { address: "192.0.2.0/24" }, keepAlive: 120_000 },
 * ];
 * await using server = serve({ port: 0, users: { alice: "secret" }, quirks });
 * console.log(server.addr.port);
 * ```
 */
export interface Quirk extends Omit<ClientPolicy, "hidden"> {
  /** For whom. */
  readonly match: QuirkMatch;
  /** Capabilities that are not offered, such as `["COMPRESS=DEFLATE"]`. Their commands are unknown then. */
  readonly hide?: readonly string[];
}

/** A rule that has been read. */
interface Rule {
  readonly fields: readonly (readonly [name: string, pattern: RegExp])[];
  readonly network: BlockList | undefined;
  readonly hide: readonly string[];
  readonly policy: ClientPolicy;
}

/**
 * Reads rules.
 * @returns what is different for a client
 * @throws {TypeError} for an address or a time that cannot be
 */
export function policyOf(
  quirks: readonly Quirk[],
): (client: ClientFacts) => ClientPolicy | undefined {
  const rules = quirks.map(ruleOf);
  return (client) => {
    const matching = rules.filter((rule) => matches(rule, client));
    if (matching.length === 0) return undefined;
    const hidden = new Set(matching.flatMap(({ hide }) => hide));
    const policies = matching.map(({ policy }) => policy);
    return Object.assign({}, ...policies, { hidden });
  };
}

function ruleOf({ match, hide = [], ...policy }: Quirk): Rule {
  const { keepAlive } = policy;
  if (keepAlive !== undefined && !(keepAlive >= 1 && keepAlive < 2 ** 31)) {
    throw new TypeError(`${keepAlive} is no time for keepAlive`);
  }
  return {
    fields: Object.entries(match.id ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === "string" ? wholeValue(value) : new RegExp(value),
    ]),
    network: match.address === undefined
      ? undefined
      : networksOf([match.address]),
    hide: hide.map((name) => name.toUpperCase()),
    policy,
  };
}

function matches(
  { fields, network }: Rule,
  { remote, id }: ClientFacts,
): boolean {
  if (network !== undefined) {
    const address = remote.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    if (!includes(network, address)) return false;
  }
  return fields.every(([name, pattern]) => {
    const value = id?.get(name);
    if (value === undefined || value === null) return false;
    // One that is global or sticky goes on from where it has been.
    pattern.lastIndex = 0;
    return pattern.test(value);
  });
}

function wholeValue(text: string): RegExp {
  const parts = text.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".*")}$`, "is");
}
