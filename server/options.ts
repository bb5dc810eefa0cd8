/**
 * What a server can be told: each setting, its default, and why that.
 *
 * @module
 */

import type { Limits } from "../protocol/limits.ts";
import type { Storage } from "../storage/storage.ts";
import type { Callbacks } from "./callbacks/types.ts";
import type { Quirk } from "./quirks.ts";
import type { Users } from "./users.ts";

/** The protocols that a port can speak: IMAP with STARTTLS, or IMAP over TLS from the first byte. */
export type ListenerKind = "imap" | "imaps";

/** Where a server listens. */
export interface ListenerOptions {
  /** What is spoken there. */
  readonly kind: ListenerKind;
  /** The address to bind. Default: that of {@linkcode ServeOptions.hostname}. */
  readonly hostname?: string;
  /** The port; 0 picks a free one. */
  readonly port: number;
}

/** A certificate and its key. */
export interface TlsOptions {
  /** The certificate with those that lead to its issuer, in PEM. */
  readonly cert: string;
  /** The private key, in PEM. */
  readonly key: string;
}

/** Where a server really listens. */
export interface ListenAddress {
  /** What is spoken there. */
  readonly kind: ListenerKind;
  /** The address bound. */
  readonly hostname: string;
  /** The port bound. */
  readonly port: number;
}

/** What can be changed while a server runs. Connections that are there keep what they began with. */
export interface ReloadOptions {
  /** As {@linkcode ServeOptions.users}. */
  readonly users?: Users;
  /** As {@linkcode ServeOptions.limits}; limits that are not named go back to their defaults. */
  readonly limits?: Partial<Limits>;
  /** As {@linkcode ServeOptions.tls}; a server that began without certificate cannot be given one. */
  readonly tls?: TlsOptions;
}

/** Options of {@linkcode serve}. */
export interface ServeOptions {
  /**
   * The port for IMAP with STARTTLS; 0 picks a free one. Default 1143: the well-known 143 needs a
   * privilege that a mail server had better not have.
   */
  readonly port?: number;
  /** The port for IMAP over TLS; 0 picks a free one. Without it there is none. It needs `tls`. */
  readonly tlsPort?: number;
  /** The address to bind. Default 127.0.0.1, so that nothing is open to a network by oversight. */
  readonly hostname?: string;
  /** Where to listen, in place of `port` and `tlsPort`. */
  readonly listeners?: readonly ListenerOptions[];
  /** The certificate for STARTTLS and IMAP over TLS. Without it neither is offered. */
  readonly tls?: TlsOptions;
  /** Who may log in: passwords by name, a store of users, or a function that decides. Default: nobody. */
  readonly users?: Users;
  /** Whether user names compare without case; accounts have the lower-case name then. Default false. */
  readonly caseInsensitiveUsers?: boolean;
  /**
   * Where the mailboxes are. It stays open when the server ends. Default: in memory, gone with the server.
   */
  readonly storage?: Storage;
  /**
   * Functions that stand in for the storage or in front of it, one an operation. With `getMailboxes` and
   * `getMessages` among them, and no `storage`, nothing is kept: the mailboxes are what these say.
   */
  readonly callbacks?: Callbacks;
  /**
   * How long a callback may take, in milliseconds, before its command is refused. Default 30,000: less than
   * clients wait for an answer.
   */
  readonly callbackTime?: number;
  /**
   * What separates the levels of mailbox names in the default storage. Default `/`, which users of most
   * servers expect and which leaves `.` for names. A storage of your own brings its delimiter along.
   */
  readonly hierarchyDelimiter?: string;
  /** Sizes, depths, counts and times that clients choose, where they differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /** Connections at once. Default 10,000, below the number of files that a process may usually open. */
  readonly maxConnections?: number;
  /** Sessions of a user at once. Default 2,500: a client may keep one a mailbox, a webmail one a click. */
  readonly maxConnectionsPerUser?: number;
  /** Connections from an address at once. Default 6,000: a proxy has one address for all of its users. */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Whether passwords may cross a network without TLS. Default false. Connections from the same machine
   * may always use them.
   */
  readonly insecureAuth?: boolean;
  /** Capabilities not to be offered, such as `["IDLE"]`. Their commands are unknown then. */
  readonly capabilities?: { readonly disable?: readonly string[] };
  /**
   * Rules for clients that need to be treated differently: they match by ID or address, hide capabilities
   * and change how the server behaves. Default: none.
   */
  readonly quirks?: readonly Quirk[];
  /**
   * How many bytes of answers gather before they are written to the socket. Default 64 KiB: larger writes
   * are no faster, and this much a connection is bearable.
   */
  readonly batchSize?: number;
  /** Threads that check hashed passwords. They start when needed. Default 1. */
  readonly workers?: number;
  /** How long a handshake for TLS may take, in milliseconds. Default 30,000. */
  readonly handshakeTime?: number;
  /** How long commands under way may go on after the server was told to stop, in milliseconds. Default 5,000. */
  readonly drainTime?: number;
  /**
   * Shows each line from (`C`) and to (`S`) clients, secrets and content of messages masked; true sends
   * them to the log of category `imapd.trace`. Default false.
   */
  readonly trace?:
    | boolean
    | ((connection: number, direction: "C" | "S", line: string) => void);
  /** Stops the server when aborted, as `shutdown()` does. */
  readonly signal?: AbortSignal;
  /** Called for each listener, once all of them listen. Default: a line in the log. */
  readonly onListen?: (address: ListenAddress) => void;
  /** Called with each fault of the server itself, after it went to the log. */
  readonly onError?: (
    error: unknown,
    about: Readonly<Record<string, unknown>>,
  ) => void;
}

/** The defaults of the numbers and of the address. */
export const DEFAULTS = {
  port: 1143,
  tlsPort: 1993,
  hostname: "127.0.0.1",
  hierarchyDelimiter: "/",
  maxConnections: 10_000,
  maxConnectionsPerUser: 2_500,
  maxConnectionsPerAddress: 6_000,
  batchSize: 65_536,
  workers: 1,
  handshakeTime: 30_000,
  drainTime: 5_000,
  callbackTime: 30_000,
} as const;

/**
 * Where the options say to listen.
 * @throws {TypeError} when TLS is asked for without certificate, or nothing is listened to
 * @throws {RangeError} for a number that is no port
 */
export function listenersOf(
  options: ServeOptions,
): (ListenerOptions & { readonly hostname: string })[] {
  const { port = DEFAULTS.port, tlsPort } = options;
  const listeners: readonly ListenerOptions[] = options.listeners ?? [
    { kind: "imap", port },
    ...(tlsPort === undefined
      ? []
      : [{ kind: "imaps" as const, port: tlsPort }]),
  ];
  if (listeners.length === 0) {
    throw new TypeError("There is nothing to listen to");
  }
  for (const { kind, port } of listeners) {
    if (kind !== "imap" && kind !== "imaps") {
      throw new TypeError(`${kind} is no kind of listener`);
    }
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new RangeError(`${port} is no port`);
    }
    if (kind === "imaps" && options.tls === undefined) {
      throw new TypeError("IMAP over TLS needs a certificate: set tls");
    }
  }
  const hostname = options.hostname ?? DEFAULTS.hostname;
  return listeners.map((listener) => ({ hostname, ...listener }));
}
