/**
 * What a server can be told: each setting, its default, and why that.
 *
 * @module
 */

import { DEFAULT_CACHE_BYTES } from "../storage/limits.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Storage } from "../storage/storage.ts";
import type { Callbacks } from "./callbacks/types.ts";
import { DOORS, type ListenerKind } from "./doors.ts";
import type { Quirk } from "./quirks.ts";
import type { DeliveryOptions } from "./recipients.ts";
import type { SaslOptions } from "./sasl/mod.ts";
import type { Users } from "./users.ts";
import type { WorkersOptions } from "./workers/types.ts";

export type { ListenerKind } from "./doors.ts";

/** Where a server listens. */
export interface ListenerOptions {
  /** What is spoken there. */
  readonly kind: ListenerKind;
  /** The address to bind. Default: that of {@linkcode ServeOptions.hostname}. */
  readonly hostname?: string;
  /** The port; 0 picks a free one. Either this or `path` is there. */
  readonly port?: number;
  /** A socket in the file system, in place of a port. A socket that is there already is replaced. */
  readonly path?: string;
  /** Who may connect to `path`, as the permissions of a file. Default 0o660: the owner and the group. */
  readonly mode?: number;
  /**
   * Proxies in front of this listener, as addresses and networks (`10.0.0.0/8`). Where they are there, each
   * connection has to come from one of them and begin with a PROXY header, version 1 or 2, which says who
   * the client is. Any other connection is closed.
   */
  readonly proxies?: readonly string[];
  /**
   * Whether the proxies speak TLS with all of their clients, so that passwords may cross. Default false: a
   * header of version 2 says so for each connection.
   */
  readonly tlsAtProxy?: boolean;
}

/** A certificate and its key. */
export interface CertificatePair {
  /** The certificate with those that lead to its issuer, in PEM. */
  readonly cert: string;
  /** The private key, in PEM. */
  readonly key: string;
}

/** A version of TLS; those before 1.2 are not to be used (RFC 8996). */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** How a server speaks TLS: the certificate for those who name no host, or one that is in none, and the rest. */
export interface TlsOptions extends CertificatePair {
  /**
   * Certificates for more hosts. A client gets the first that has the name it asks for (RFC 6066 § 3) in its
   * subjectAltName, wildcards included. Default: none.
   */
  readonly certificates?: readonly CertificatePair[];
  /** The least version that is spoken. Default `TLSv1.2`: some mail clients in use know no later one. */
  readonly minVersion?: TlsVersion;
  /**
   * The authorities, in PEM, that certificates of clients may come from. With them a client is asked for its
   * certificate, which it need not have: one that is verified proves who it is (SASL EXTERNAL). Default: none,
   * and clients are not asked.
   */
  readonly clientCa?: string;
}

/** Where a server really listens. */
export interface ListenAddress {
  /** What is spoken there. */
  readonly kind: ListenerKind;
  /** The address bound; empty for a socket in the file system. */
  readonly hostname: string;
  /** The port bound; 0 for a socket in the file system. */
  readonly port: number;
  /** The path of a socket in the file system. */
  readonly path?: string;
}

/** How large messages may be in a mailbox: by name, for all users, or as a function says. */
export type AppendLimits =
  | Readonly<Record<string, number>>
  | ((user: string, mailbox: string) => number | undefined);

/** What can be changed while a server runs. Connections that are there keep what they began with. */
export interface ReloadOptions {
  /** As {@linkcode ServeOptions.users}. */
  readonly users?: Users;
  /** As {@linkcode ServeOptions.limits}; limits that are not named go back to their defaults. */
  readonly limits?: Partial<Limits>;
  /** As {@linkcode ServeOptions.quirks}. */
  readonly quirks?: readonly Quirk[];
  /** As {@linkcode ServeOptions.tls}; a server that began without certificate cannot be given one. */
  readonly tls?: TlsOptions;
}

/** Metadata of the server itself (RFC 5464 § 3.2.1.1). */
export interface MetadataOptions {
  /** How to reach who runs it: a URI such as `mailto:postmaster@example.com`, which clients read at `/shared/admin`. */
  readonly admin?: string;
  /** Users who may set entries that all users see, such as `/shared/comment` and shared filters. Default: nobody. */
  readonly editors?: readonly string[];
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
  /** The port for POP3 with STLS; 0 picks a free one. Without it there is none. */
  readonly pop3Port?: number;
  /** The port for POP3 over TLS; 0 picks a free one. Without it there is none. It needs `tls`. */
  readonly pop3sPort?: number;
  /** The port for LMTP, by which a mail server delivers; 0 picks a free one. Without it there is none. */
  readonly lmtpPort?: number;
  /** The path of a socket for LMTP. Without it there is none. */
  readonly lmtpSocket?: string;
  /** The address to bind. Default 127.0.0.1, so that nothing is open to a network by oversight. */
  readonly hostname?: string;
  /** Where to listen, in place of the ports and the path above. */
  readonly listeners?: readonly ListenerOptions[];
  /** The certificate for STARTTLS and for what begins with TLS. Without it neither is offered. */
  readonly tls?: TlsOptions;
  /** Who may log in: passwords by name, a store of users, or a function that decides. Default: nobody. */
  readonly users?: Users;
  /**
   * The name of this machine, a domain name, in the greetings of POP3 and LMTP and in Received fields. Default
   * `localhost`.
   */
  readonly serverName?: string;
  /** SASL mechanisms beside passwords as they are, and what they prove against. */
  readonly sasl?: SaslOptions;
  /** Whom the mail is for that comes in by LMTP. Default: users, by the part before the `@`. */
  readonly delivery?: DeliveryOptions;
  /** What the server says of itself by metadata (RFC 5464). Default: nothing, and nobody may set any for all. */
  readonly metadata?: MetadataOptions;
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
  /**
   * Connections without a login at once; one more, and the one that has taken longest is closed. Default
   * 6,000: those who wait and see cannot keep out those who log in.
   */
  readonly maxConnectionsBeforeLogin?: number;
  /** Sessions of a user at once. Default 2,500: a client may keep one a mailbox, a webmail one a click. */
  readonly maxConnectionsPerUser?: number;
  /** Connections from an address at once. Default 6,000: a proxy has one address for all of its users. */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Whether passwords may cross a network without TLS. Default false. Connections from the same machine
   * may always use them.
   */
  readonly insecureAuth?: boolean;
  /**
   * Whether IMAP clients have to know UTF-8: UTF8=ONLY is offered, and mailboxes can be used after `ENABLE UTF8=ACCEPT`
   * alone (RFC 9755). Default false: most clients do not know it.
   */
  readonly utf8Only?: boolean;
  /**
   * Whether IMAP clients that have not asked for UTF-8 are shown surrogates of messages with headers beyond ASCII, as
   * POP3 clients are (RFC 6858). Default false: they are shown what is stored, as other servers do it, since one that
   * keeps copies would keep those of surrogates.
   */
  readonly surrogates?: boolean;
  /**
   * The largest message that clients may put into a mailbox, in bytes, by its name; 0 for none at all. A function is
   * asked at each APPEND and must be fast; undefined is no limit but `limits.message`, which none of these raises.
   * Default: that limit alone, which clients are told once (RFC 7889).
   */
  readonly appendLimits?: AppendLimits;
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
  /**
   * How many bytes of memory all mailboxes together may take for what searches have learned of texts, about 2 KB a
   * message. Default 128 MiB; 0 for none, and every search reads all messages again.
   */
  readonly searchMemory?: number;
  /**
   * Makes an empty storage of the kind that is served, on which the server plays some sessions with itself: code that
   * has run before is compiled, and the first clients wait less. It listens meanwhile, its `ready` waits for it, and the
   * storage is closed then. No log, count, trace or callback hears of these sessions. Default: there are none.
   */
  readonly warmUp?: () => Promise<Storage>;
  /** Threads that serve connections beside the server's own. Default: none. */
  readonly workers?: WorkersOptions;
  /** Threads that check hashed passwords. They start when needed. Default 1. */
  readonly passwordThreads?: number;
  /**
   * What a password's hash costs (argon2id): its memory in KiB. Hashes of other costs and schemes are made anew when
   * their users log in, where the store of users can keep them. Default 19,456.
   */
  readonly passwordMemory?: number;
  /** The same: passes over that memory. Default 2. */
  readonly passwordIterations?: number;
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
  serverName: "localhost",
  hierarchyDelimiter: "/",
  maxConnections: 10_000,
  maxConnectionsBeforeLogin: 6_000,
  maxConnectionsPerUser: 2_500,
  maxConnectionsPerAddress: 6_000,
  batchSize: 65_536,
  searchMemory: 128 * 1_048_576,
  cacheBytes: DEFAULT_CACHE_BYTES,
  passwordThreads: 1,
  passwordMemory: 19_456,
  passwordIterations: 2,
  handshakeTime: 30_000,
  drainTime: 5_000,
  callbackTime: 30_000,
} as const;

/** A listener with nothing left open: an address with a port, or a path. */
export type ListenerSpec = ListenerOptions & { readonly hostname: string };

/**
 * Where the options say to listen.
 * @throws {TypeError} when TLS is asked for without certificate, or nothing is listened to
 * @throws {RangeError} for a number that is no port
 */
export function listenersOf(options: ServeOptions): ListenerSpec[] {
  const listeners = options.listeners ?? portsOf(options);
  if (listeners.length === 0) {
    throw new TypeError("There is nothing to listen to");
  }
  for (const listener of listeners) check(listener, options.tls !== undefined);
  const hostname = options.hostname ?? DEFAULTS.hostname;
  return listeners.map((listener) => ({ hostname, ...listener }));
}

function portsOf(options: ServeOptions): ListenerOptions[] {
  const { port = DEFAULTS.port, tlsPort, lmtpSocket } = options;
  const { pop3Port, pop3sPort, lmtpPort } = options;
  const ports: [ListenerKind, number | undefined][] = [
    ["imap", port],
    ["imaps", tlsPort],
    ["pop3", pop3Port],
    ["pop3s", pop3sPort],
    ["lmtp", lmtpPort],
  ];
  return [
    ...ports.flatMap(([kind, port]) =>
      port === undefined ? [] : { kind, port }
    ),
    ...(lmtpSocket === undefined
      ? []
      : [{ kind: "lmtp" as const, path: lmtpSocket }]),
  ];
}

function check(listener: ListenerOptions, hasCertificate: boolean): void {
  const { kind, port, path } = listener;
  if (!Object.hasOwn(DOORS, kind)) {
    throw new TypeError(`${kind} is no kind of listener`);
  }
  if ((port === undefined) === (path === undefined)) {
    throw new TypeError("A listener needs either a port or a path");
  }
  if (
    port !== undefined && !(Number.isInteger(port) && port >= 0 &&
      port <= 65_535)
  ) throw new RangeError(`${port} is no port`);
  if (DOORS[kind].tls && !hasCertificate) {
    throw new TypeError(
      `${kind} begins with TLS and needs a certificate: set tls`,
    );
  }
  if (DOORS[kind].tls && listener.tlsAtProxy) {
    throw new TypeError(`${kind} begins with TLS: the proxy cannot speak it`);
  }
}
