/**
 * Who is at the other end of a connection.
 *
 * @module
 */

import type { ClientCertificate } from "../protocol/sasl/server.ts";

/** What a connection over a socket in the file system is known by, which has no address. */
export const UNIX = "unix";

/** The other end. */
export interface Peer {
  /** For logs: `192.0.2.1:51234`, or `unix` for a socket in the file system. */
  readonly remote: string;
  /** The address alone, by which connections are counted; undefined where there is none. */
  readonly address: string | undefined;
  /** Whether nobody can listen in between because both ends are on one machine. */
  readonly local: boolean;
  /** Whether TLS is spoken with the client by somebody in front of us. */
  readonly secure: boolean;
  /** The certificate that it has shown to them, and that they have verified. */
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** The other end of an accepted connection. */
export function peerOf(
  conn: Pick<Deno.Conn, "localAddr" | "remoteAddr">,
): Peer {
  const remote = conn.remoteAddr;
  const local = conn.localAddr;
  if (remote.transport !== "tcp" || local.transport !== "tcp") {
    return { remote: UNIX, address: undefined, local: true, secure: false };
  }
  return peerAt(remote, local);
}

/** The client at an address, connected to an address. */
export function peerAt(remote: Address, local: Address, secure = false): Peer {
  return {
    remote: formatAddress(remote),
    address: remote.hostname,
    local: isSameMachine(remote.hostname, local.hostname),
    secure,
  };
}

/** One end of a TCP connection. */
export interface Address {
  /** The IP address. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/** An address as text, `192.0.2.1:143` or `[2001:db8::1]:143`. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

/** Whether nobody can listen in between: a loopback address, or both ends at one address. */
function isSameMachine(remote: string, local: string): boolean {
  return isLoopback(remote) || remote === local;
}

/** Whether an address is one of those by which a machine speaks with itself. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/^::ffff:/i, "");
  return host === "::1" || host.startsWith("127.");
}
