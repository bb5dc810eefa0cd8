/**
 * What GSSAPI proves against: tickets of Kerberos 5 for a service of this machine, which the system's library
 * checks with the keys of a keytab.
 *
 * @module
 */

import type { SaslBackend } from "../../../protocol/sasl/server.ts";
import { logger } from "../../log.ts";
import { AcceptedContext, type Judge, type Principals } from "./context.ts";
import { Credential } from "./credential.ts";
import { openLibrary } from "./library.ts";
import { GssError } from "./memory.ts";

/** Which tickets are good, and whose they are. */
export interface GssapiOptions {
  /**
   * The file with the keys of the service, which has to be readable. It is read for each login, so that keys can be
   * added. Default: the one that the system says, by `KRB5_KTNAME` or `/etc/krb5.keytab`.
   */
  readonly keytab?: string;
  /** The services that clients may ask tickets for. Default `imap` (RFC 1731 § 3), `pop` (RFC 5034 § 5), `lmtp`. */
  readonly service?: string | readonly string[];
  /** The name of this machine in those tickets. Default: whichever the keytab has keys for. */
  readonly hostname?: string;
  /**
   * The realms whose principals are users: `alice@EXAMPLE.COM` is alice. Default: the realm of the service. There
   * are no users in other realms, whoever trusts them.
   */
  readonly realms?: readonly string[];
  /** The library, that of MIT Kerberos. Default `libgssapi_krb5.so.2`, wherever the system has it. */
  readonly library?: string;
}

/** Contexts, for as long as the server runs. */
export interface GssapiProof {
  /** See {@linkcode SaslBackend.gssapi}. */
  readonly begin: NonNullable<SaslBackend["gssapi"]>;
  /** Gives back what all of them have in common, when the last of them is closed. */
  close(): void;
}

const DEFAULT_SERVICES = ["imap", "pop", "lmtp"];

/** How a principal is displayed: components with `/` between them, and what is special in them behind `\`. */
const USER = /^([^/@\\]+)@([^/@\\]+)$/;
const SERVICE = /^([^/@\\]+)\/([^/@\\]+)@([^/@\\]+)$/;

/**
 * Opens library and keytab.
 * @throws {TypeError} when one of them is not there or may not be used; the message says why
 */
export function gssapiProof(options: GssapiOptions = {}): GssapiProof {
  const gss = openLibrary(options.library);
  const credential = credentialOf(gss, options.keytab);
  const judge = judgeOf(options);
  return {
    begin: () => new AcceptedContext(gss, credential, judge),
    close: () => credential.release(),
  };
}

function credentialOf(
  gss: ReturnType<typeof openLibrary>,
  keytab: string | undefined,
): Credential {
  try {
    return new Credential(gss, keytab);
  } catch (error) {
    if (!(error instanceof GssError)) throw error;
    const where = keytab ?? "the keytab of the system";
    throw new TypeError(
      `GSSAPI cannot use the keys of ${where}: ${error.message}`,
    );
  }
}

function judgeOf(options: GssapiOptions): Judge {
  const log = logger("gssapi");
  return {
    user: (principals) => userOf(principals, options),
    refused: (error) =>
      log.info("GSSAPI refused", {
        reason: error instanceof Error ? error.message : String(error),
      }),
  };
}

/**
 * The user whom a principal is for, or undefined when it is of another realm, or one such as `alice/admin`.
 * @throws {TypeError} when the ticket is for another service or another machine than those that are ours
 */
export function userOf(
  { client, server }: Principals,
  { service = DEFAULT_SERVICES, hostname, realms }: GssapiOptions,
): string | undefined {
  const [, name, host, ownRealm] = SERVICE.exec(server) ?? [];
  const services = typeof service === "string" ? [service] : service;
  if (
    name === undefined || !services.includes(name) ||
    (hostname !== undefined && host!.toLowerCase() !== hostname.toLowerCase())
  ) throw new TypeError(`The ticket is for ${server}`);
  const [, user, realm] = USER.exec(client) ?? [];
  return realm !== undefined && (realms ?? [ownRealm]).includes(realm)
    ? user
    : undefined;
}
