/**
 * What a protocol needs of the server that it runs in.
 *
 * @module
 */

import type { Storage } from "../storage/storage.ts";
import type { Hooks } from "./hooks.ts";
import type { ByteStream } from "./byte_stream.ts";
import type { Identity } from "./identity.ts";
import type { Limits } from "./limits.ts";
import type { LiteralBudget } from "./literal_budget.ts";
import type { SaslBackend } from "./sasl/server.ts";

export type { Identity, Scope } from "./identity.ts";

/** A name and a password, as a client gave them, and over what. */
export interface Credentials {
  /** The SASL mechanism, or `LOGIN` for the command of that name. */
  readonly mechanism: string;
  /** Who says to be. */
  readonly user: string;
  /** The password. Never to be logged. */
  readonly password: string;
  /** The client's address. */
  readonly remote: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
}

/** What a client says by APOP (RFC 1939 § 7). */
export interface ApopProof {
  /** Who says to be. */
  readonly user: string;
  /** What the greeting challenged with, angle brackets included. */
  readonly challenge: string;
  /** MD5 over the challenge and the password: 32 hexadecimal digits. */
  readonly digest: string;
  /** The client's address. */
  readonly remote: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
}

/** What a client is known by. */
export interface ClientFacts {
  /** Its address, such as `192.0.2.1:51234`. */
  readonly remote: string;
  /** What it has said of itself (RFC 2971), names in lower case; absent until it has. */
  readonly id?: ReadonlyMap<string, string | null>;
}

/** What is different for one client. */
export interface ClientPolicy {
  /** Capabilities that it is not offered, in capitals, beside those that nobody is. */
  readonly hidden?: ReadonlySet<string>;
  /** Whether the greeting and the answer to a login name the capabilities. Default true. */
  readonly capabilitiesUnasked?: boolean;
  /** Whether LIST tells special uses. Default true. */
  readonly specialUse?: boolean;
  /** How often IDLE says that the connection is alive, in milliseconds. Default: never. */
  readonly keepAlive?: number;
  /** What the greeting says to people. Default `imapd ready`. */
  readonly greeting?: string;
  /** What the server says of itself by ID (RFC 2971). Default its name and version. */
  readonly id?: Readonly<Record<string, string>>;
}

/** An address that mail has come for, as `RCPT TO` gives it (RFC 5321 § 4.1.2). */
export interface DeliveryAddress {
  /** All of it, without angle brackets. */
  readonly address: string;
  /** What stands before the `@`, quoting undone. */
  readonly localPart: string;
  /** What stands behind it, in lower case; undefined where there is no `@`. */
  readonly domain: string | undefined;
  /** Who sent the message, without angle brackets; empty for a notification (RFC 5321 § 4.5.5). */
  readonly sender: string;
  /** The address of the client that delivers. */
  readonly remote: string;
}

/** A mailbox that a message is to go to. */
export interface DeliveryTarget {
  /** The name of the account. */
  readonly user: string;
  /** The mailbox, full name. `INBOX` serves where it is not there. */
  readonly mailbox: string;
  /** Whether it is created, and subscribed, where it is not there. Default false. */
  readonly create?: boolean;
}

/** A session that somebody has logged in to. */
export interface OpenSession {
  /** Who. */
  readonly identity: Identity;
  /** The connection. */
  readonly stream: ByteStream;
  /** Ends it from outside, with a sentence for people. */
  end(reason: string): void;
}

/** Slows down those who guess passwords. */
export interface LoginThrottle {
  /**
   * How long, in milliseconds, the answer to a try has to wait; it takes its turn by asking. Infinity: it is not looked
   * at, since too many wait already.
   */
  wait(remote: string, user: string): number;
  /** A try has failed. */
  failed(remote: string, user: string): void;
  /** A try has succeeded. */
  succeeded(user: string): void;
}

/** What the server says of itself by metadata (RFC 5464), and who else may. */
export interface ServerMetadata {
  /** How to reach who runs it: a URI, `/shared/admin`. */
  readonly admin?: string | undefined;
  /** The users who may set what all users see, `/shared/comment` and the rest. */
  readonly editors: ReadonlySet<string>;
}

/** The server, as the connections of a protocol see it. */
export interface Host {
  /** The name of this machine in greetings and trace fields, a domain name. Default `localhost`. */
  readonly hostname?: string | undefined;
  /** Where the mailboxes are. */
  readonly storage: Storage;
  /** What clients may ask for. */
  readonly limits: Limits;
  /** Capabilities that are not to be offered, in capitals. */
  readonly disabledCapabilities: ReadonlySet<string>;
  /** Whether IMAP clients have to enable UTF8=ACCEPT before they use mailboxes (RFC 9755 § 7). Default false. */
  readonly utf8Only?: boolean;
  /**
   * Whether IMAP clients that have not asked for UTF-8 are shown surrogates of messages with headers beyond ASCII
   * (RFC 9755 § 8, RFC 6858), and not what is stored. Default false.
   */
  readonly surrogates?: boolean;
  /**
   * The largest message that a client may put into a mailbox, in bytes; undefined where `limits.message` is. Absent
   * where that is so for all mailboxes (RFC 7889 § 2).
   */
  appendLimit?(user: string, mailbox: string): number | undefined;
  /** Whether passwords may go over a connection without TLS from other machines. */
  readonly insecureAuth: boolean;
  /** How many bytes gather before they are written to the socket. */
  readonly batchSize: number;
  /** How many bytes may be kept of what searches have learned of texts; none where it is absent. */
  readonly searchMemory?: number;
  /** Aborted when the server is to stop: connections say BYE and end. */
  readonly stopping: AbortSignal;
  /** Its metadata; absent where it says nothing and nobody may set any for all. */
  readonly metadata?: ServerMetadata | undefined;
  /** Where the application steps in, if it does. */
  readonly hooks?: Hooks | undefined;
  /** What is different for a client: asked when it connects and when it has said who it is. */
  policy?(client: ClientFacts): ClientPolicy | undefined;
  /** Whoever the credentials prove, or undefined. Takes as long for an unknown user as for a wrong password. */
  authenticate(credentials: Credentials): Promise<Identity | undefined>;
  /** What SASL mechanisms other than by password prove against; undefined where there is no such thing. */
  readonly sasl?: SaslBackend | undefined;
  /**
   * Whoever a digest over a password proves, or undefined, in the same time whether there is such a user or
   * not. Absent where no password is known as it is: then APOP is not offered.
   */
  readonly apop?:
    | ((proof: ApopProof) => Promise<Identity | undefined>)
    | undefined;
  /**
   * Where mail for an address goes: one mailbox, several for an alias, undefined for an address that nobody
   * has. Rejects with `No` or a `StorageError` for one that is refused.
   */
  recipient(
    address: DeliveryAddress,
  ): Promise<readonly DeliveryTarget[] | undefined>;
  /**
   * Whether mail may come over a connection of LMTP; the user is who has logged in on it. Absent where whoever may
   * connect may deliver: then nobody logs in.
   */
  readonly mayDeliver?:
    | ((
      stream: Pick<ByteStream, "remote">,
      user: string | undefined,
    ) => boolean)
    | undefined;
  /** Bounds what literals take of memory, over all connections; nothing does where it is absent. */
  readonly literals?: LiteralBudget | undefined;
  /** Slows guessing down, over all connections; nobody waits where it is absent. */
  readonly throttle?: LoginThrottle | undefined;
  /** A login happened: false when the user has too many connections. The other function ends it. */
  login(session: OpenSession): boolean;
  /**
   * The end of a session that {@linkcode login} let in: the same object.
   * @param stays whether the connection stays, for somebody else to log in (RFC 8437)
   */
  logout(session: OpenSession, stays?: boolean): void;
  /** A fault of ours; the client was told no more than `[SERVERBUG]`. */
  fault(error: unknown, about: Record<string, unknown>): void;
  /** Something worth a line in the log. */
  event(name: string, about: Record<string, unknown>): void;
  /** Lines in (`C`) and out (`S`) for a trace, or undefined when nobody looks. Secrets are masked by the caller. */
  readonly trace:
    | ((connection: number, direction: "C" | "S", line: string) => void)
    | undefined;
  /** The time in milliseconds since 1970. */
  now(): number;
}
