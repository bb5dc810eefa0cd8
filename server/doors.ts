/**
 * The doors of a server: what can be spoken on a port, and what is said to those who cannot be let in.
 *
 * @module
 */

import type { ByteStream } from "../protocol/byte_stream.ts";
import type { Host } from "../protocol/host.ts";
import { serveConnection } from "../protocol/imap/connection.ts";
import { serveLmtp } from "../protocol/lmtp/mod.ts";
import { servePop3 } from "../protocol/pop3/mod.ts";

/**
 * What a port speaks: IMAP, POP3 and LMTP in clear text, with STARTTLS where there is a certificate; IMAP
 * and POP3 over TLS from the first byte (RFC 8314 § 3).
 */
export type ListenerKind = "imap" | "imaps" | "pop3" | "pop3s" | "lmtp";

/** A protocol that a server speaks. */
export type Protocol = "imap" | "pop3" | "lmtp";

/** Speaks a protocol on a connection until it ends. */
export type ConnectionHandler = (
  stream: ByteStream,
  host: Host,
) => Promise<void>;

/** One kind of listener. */
export interface Door {
  /** What is spoken. */
  readonly protocol: Protocol;
  /** Whether TLS begins with the connection. */
  readonly tls: boolean;
}

/** Every kind. */
export const DOORS: Readonly<Record<ListenerKind, Door>> = {
  imap: { protocol: "imap", tls: false },
  imaps: { protocol: "imap", tls: true },
  pop3: { protocol: "pop3", tls: false },
  pop3s: { protocol: "pop3", tls: true },
  lmtp: { protocol: "lmtp", tls: false },
};

/** What speaks each protocol. */
export type Handlers = Readonly<Record<Protocol, ConnectionHandler>>;

/** What imapd speaks. */
export const HANDLERS: Handlers = {
  imap: (stream, host) => serveConnection(stream, host),
  pop3: servePop3,
  lmtp: serveLmtp,
};

/**
 * Said to a connection too many, in place of a greeting (RFC 9051 § 7.1.5; RFC 3206 § 4; RFC 5321 § 3.1
 * with RFC 3463).
 */
export const TOO_MANY: Readonly<Record<Protocol, string>> = {
  imap: "* BYE Too many connections\r\n",
  pop3: "-ERR [SYS/TEMP] Too many connections\r\n",
  lmtp: "421 4.3.2 Too many connections\r\n",
};
