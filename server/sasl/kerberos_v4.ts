/**
 * What KERBEROS_V4 proves against: the keys of services in a srvtab, the keytab of Kerberos 4.
 *
 * @module
 */

import type {
  KerberosV4Key,
  KerberosV4Keys,
} from "../../protocol/sasl/server.ts";

/** Which tickets are good, and whose they are. */
export interface KerberosV4Options {
  /** The file with the keys of the service. It is read when the server starts. */
  readonly srvtab: string;
  /** The services that clients may ask tickets for. Default `imap` (RFC 1731 § 2) and `pop` (RFC 1734). */
  readonly service?: string | readonly string[];
  /**
   * The name of this machine in those tickets: the first label of its host name, in lower case. Default: whichever
   * the srvtab has keys for.
   */
  readonly instance?: string;
  /** The realms whose principals are users. Default: the realm of the service. */
  readonly realms?: readonly string[];
}

const DEFAULT_SERVICES = ["imap", "pop"];

/** A srvtab has a few keys; all that a client's request may be for are tried. */
const MAX_SIZE = 65_536;
const MAX_TRIED = 16;

/**
 * Reads the keys.
 * @throws {TypeError} when there is none of these services; the message says why
 */
export function kerberosV4Keys(options: KerberosV4Options): KerberosV4Keys {
  const { srvtab, service = DEFAULT_SERVICES, instance, realms } = options;
  const services = typeof service === "string" ? [service] : service;
  const keys = parseSrvtab(read(srvtab)).filter((key) =>
    services.includes(key.service) &&
    (instance === undefined || key.instance === instance)
  );
  if (keys.length === 0) {
    throw new TypeError(`${srvtab} has no key of ${services.join(" or ")}`);
  }
  return {
    realms,
    find: (realm, version) =>
      keys.filter((key) =>
        key.realm === realm && (version === 0 || key.version === version)
      ).slice(0, MAX_TRIED),
  };
}

function read(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`The srvtab cannot be read: ${reason}`);
  }
}

/** An entry of a srvtab. */
interface SrvtabEntry extends KerberosV4Key {
  readonly realm: string;
  readonly version: number;
}

/**
 * Takes a srvtab apart: name, instance and realm, each with a NUL behind it, the version of the key, and the key.
 * @throws {TypeError} for what is none
 */
export function parseSrvtab(bytes: Uint8Array): SrvtabEntry[] {
  if (bytes.length > MAX_SIZE) throw new TypeError("The srvtab is too large");
  const decoder = new TextDecoder();
  const entries: SrvtabEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const texts: string[] = [];
    while (texts.length < 3) {
      const end = bytes.indexOf(0, at);
      if (end < 0) throw new TypeError("The srvtab is cut off");
      texts.push(decoder.decode(bytes.subarray(at, end)));
      at = end + 1;
    }
    const [service, instance, realm] = texts as [string, string, string];
    const key = bytes.slice(at + 1, at + 9);
    if (key.length < 8) throw new TypeError("The srvtab is cut off");
    entries.push({ service, instance, realm, version: bytes[at]!, key });
    at += 9;
  }
  return entries;
}
