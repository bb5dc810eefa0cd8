/**
 * Finds out where mail for an address goes: the user of that name, an alias, a mailbox by subaddress, or
 * whoever gets what is nobody's.
 *
 * @module
 */

import type {
  DeliveryAddress,
  DeliveryTarget,
  Host,
} from "../protocol/host.ts";
import { UNIX } from "./peer.ts";

/** Whom mail is for. */
export interface DeliveryOptions {
  /**
   * Domains that mail is taken for; any other is refused. Default: all, because the mail server in front
   * has decided already.
   */
  readonly domains?: readonly string[];
  /**
   * Other names, with or without domain, and whom they mean: a user, an address, or several. An alias may
   * name another one.
   */
  readonly aliases?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * The users who may deliver over a port, mail servers that log in (AUTH, RFC 4954). A socket in the file system is
   * for whom its mode lets in, who need not. Default: whoever may connect may deliver.
   */
  readonly agents?: readonly string[];
  /** The user who gets mail for addresses that nobody has. Default: it is refused. */
  readonly catchAll?: string;
  /**
   * What stands between a user and a mailbox, as in `alice+lists@example.com` (RFC 5233 § 4). Default `+`;
   * empty for none. A mailbox that is not there is INBOX.
   */
  readonly subaddressDelimiter?: string;
  /** Whether a mailbox that a subaddress names is created. Default false: any sender could. */
  readonly createMailboxes?: boolean;
}

/**
 * Who may deliver over which connection; undefined where everybody may.
 * @param agents see {@linkcode DeliveryOptions.agents}
 * @param prepare a name as it is compared, or undefined for one that cannot be
 * @throws {TypeError} for a name that cannot be
 */
export function deliveryGate(
  agents: readonly string[] | undefined,
  prepare: (name: string) => string | undefined,
): Host["mayDeliver"] {
  if (agents === undefined) return undefined;
  const names = new Set(agents.map((given) => {
    const name = prepare(given);
    if (name !== undefined) return name;
    throw new TypeError(`${JSON.stringify(given)} cannot be a user name`);
  }));
  return ({ remote }, user) =>
    remote === UNIX || (user !== undefined && names.has(user));
}

/** How many mailboxes one address may mean. */
const MAX_TARGETS = 1_000;

/** Looks addresses up. */
export class Recipients {
  readonly #options: DeliveryOptions;
  readonly #aliases: ReadonlyMap<string, readonly string[]>;
  readonly #domains: ReadonlySet<string> | undefined;
  readonly #find: (name: string) => Promise<string | undefined>;

  /** @param find the account of a user name, or undefined when there is none */
  constructor(
    options: DeliveryOptions,
    find: (name: string) => Promise<string | undefined>,
  ) {
    this.#options = options;
    this.#find = find;
    this.#aliases = new Map(
      Object.entries(options.aliases ?? {}).map(([name, meant]) => [
        name.toLowerCase(),
        typeof meant === "string" ? [meant] : meant,
      ]),
    );
    this.#domains = options.domains &&
      new Set(options.domains.map((domain) => domain.toLowerCase()));
  }

  /** Where mail for an address goes, or undefined when it is nobody's. */
  async find(
    { localPart, domain }: Pick<DeliveryAddress, "localPart" | "domain">,
  ): Promise<readonly DeliveryTarget[] | undefined> {
    const { catchAll } = this.#options;
    const known = domain === undefined || (this.#domains?.has(domain) ?? true);
    if (!known) return undefined;
    const targets = new Map<string, DeliveryTarget>();
    const seen = new Set<string>();
    await this.#collect(localPart, domain, undefined, seen, targets);
    if (targets.size === 0 && catchAll !== undefined) {
      await this.#collect(catchAll, undefined, undefined, seen, targets);
    }
    return targets.size === 0 ? undefined : [...targets.values()];
  }

  /** Adds what a name means: an alias goes before a user, the whole name before the one without detail. */
  async #collect(
    localPart: string,
    domain: string | undefined,
    detail: string | undefined,
    seen: Set<string>,
    targets: Map<string, DeliveryTarget>,
  ): Promise<void> {
    if (targets.size >= MAX_TARGETS) return;
    const names = domain === undefined
      ? [localPart]
      : [`${localPart}@${domain}`, localPart];
    for (const name of names) {
      const meant = this.#aliases.get(name.toLowerCase());
      if (meant === undefined) continue;
      // An alias may stand for itself in the end.
      const key = `${name.toLowerCase()}\0${detail ?? ""}`;
      if (seen.has(key)) return;
      seen.add(key);
      for (const other of meant) {
        const at = other.lastIndexOf("@");
        const [local, host] = at < 0
          ? [other, undefined]
          : [other.slice(0, at), other.slice(at + 1).toLowerCase()];
        await this.#collect(local, host, detail, seen, targets);
      }
      return;
    }
    for (const name of names) {
      const user = await this.#find(name);
      if (user === undefined) continue;
      this.#add(user, detail, targets);
      return;
    }
    const { subaddressDelimiter: delimiter = "+" } = this.#options;
    const at = delimiter === "" ? -1 : localPart.indexOf(delimiter);
    if (at < 1 || detail !== undefined) return;
    const rest = localPart.slice(at + delimiter.length);
    await this.#collect(localPart.slice(0, at), domain, rest, seen, targets);
  }

  #add(
    user: string,
    detail: string | undefined,
    targets: Map<string, DeliveryTarget>,
  ): void {
    const mailbox = detail === undefined || detail === "" ? "INBOX" : detail;
    const create = this.#options.createMailboxes ?? false;
    targets.set(`${user}\0${mailbox}`, { user, mailbox, create });
  }
}
