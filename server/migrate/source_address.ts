/**
 * Where mail comes from: `imap[s]://user[:password]@host[:port]` (RFC 5092, as far as a server goes).
 *
 * @module
 */

/** A server and who logs in there. */
export interface SourceAddress {
  /** Host name or address, an IPv6 address without brackets. */
  readonly host: string;
  /** Port. */
  readonly port: number;
  /** Whether the connection begins with TLS. */
  readonly secure: boolean;
  /** The name to log in with, where it was given. */
  readonly user?: string;
  /** The password, where it was given. */
  readonly password?: string;
}

const PORTS: Readonly<Record<string, number>> = { "imap:": 143, "imaps:": 993 };

/**
 * Reads an address. A user's name may have an `@` in it; the last one is in front of the host.
 * @returns undefined when it is none
 */
export function parseSourceAddress(text: string): SourceAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, search } =
    new URL(text);
  const usual = PORTS[protocol];
  if (usual === undefined || hostname === "") return undefined;
  if (!["", "/"].includes(pathname) || search !== "") return undefined;
  const [user, secret] = [username, password].map(decode);
  if (user === undefined || secret === undefined) return undefined;
  return {
    host: decode(hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase()) ??
      hostname,
    port: port === "" ? usual : Number(port),
    secure: protocol === "imaps:",
    ...(user === "" ? {} : { user }),
    ...(secret === "" ? {} : { password: secret }),
  };
}

/** Whether a host is this machine, by its name alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" ||
    /^127(?:\.\d{1,3}){3}$/.test(host);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
