/**
 * A test server as tests see it, and what it can be told.
 *
 * @module
 */

import type {
  ListenAddress,
  ListenerKind,
  ReloadOptions,
  ServeOptions,
} from "../server/options.ts";
import type { Users } from "../server/users.ts";
import type { Storage } from "../storage/storage.ts";
import type { Moment, TestClock } from "./clock.ts";
import type { Faults } from "./faults.ts";
import type { MailboxContents } from "./mailbox_contents.ts";
import type { TestMail } from "./message.ts";
import type { Persona } from "./persona.ts";
import type { PersonaName } from "./personas.ts";
import type { Transcript } from "./transcript.ts";

/** Messages by user and mailbox; a mailbox with an empty list is made all the same. */
export type TestMessages = Readonly<
  Record<string, Readonly<Record<string, readonly TestMail[]>>>
>;

/** Options of {@linkcode testServer}: those of `serve()` but for where it listens, and a few more. */
export interface TestServerOptions extends
  Omit<
    ServeOptions,
    | "port"
    | "tlsPort"
    | "pop3Port"
    | "pop3sPort"
    | "lmtpPort"
    | "lmtpSocket"
    | "listeners"
    | "tls"
    | "onListen"
    | "signal"
  > {
  /** Capabilities not to be offered. Default: COMPRESS=DEFLATE, since faults and transcripts need to read what is said. */
  readonly capabilities?: NonNullable<ServeOptions["capabilities"]>;
  /** Who may log in. Default: those of `messages`, or `alice`, with the password `secret`. */
  readonly users?: Users;
  /** What is in the mailboxes from the start. */
  readonly messages?: TestMessages;
  /** What the clock is set to. Default: it runs. */
  readonly now?: Moment;
  /** Another server to look like. Default: imapd. */
  readonly persona?: PersonaName | Persona;
  /** Whether there is TLS. Default true, with a certificate of its own. */
  readonly tls?: boolean;
}

/** A server for the time of a test. */
export interface TestServer extends AsyncDisposable {
  /** The address that it listens on. */
  readonly hostname: string;
  /** The port of IMAP with STARTTLS. */
  readonly port: number;
  /** The port of IMAP over TLS. Reading it throws where there is no TLS. */
  readonly tlsPort: number;
  /** The port of POP3. */
  readonly pop3Port: number;
  /** The port of POP3 over TLS. Reading it throws where there is no TLS. */
  readonly pop3sPort: number;
  /** The port of LMTP. */
  readonly lmtpPort: number;
  /** All that it listens on. */
  readonly addrs: readonly ListenAddress[];
  /** The certificate in PEM, for clients to trust; empty without TLS. */
  readonly caCert: string;
  /** What is taken for the time. */
  readonly clock: TestClock;
  /** What is to go wrong. */
  readonly faults: Faults;
  /** What was said, on all connections. */
  readonly transcript: Transcript;
  /** Where the mailboxes are. */
  readonly storage: Storage;
  /** Faults of the server itself; a client was told `[SERVERBUG]`. */
  readonly errors: readonly unknown[];
  /**
   * The port of one kind.
   * @throws {Error} when it does not listen on one
   */
  portOf(kind: ListenerKind): number;
  /**
   * Puts a message into a mailbox, as a delivery does: sessions that have it selected are told.
   * @param options `mailbox`: which one, made if missing; default `INBOX`
   * @returns its UID
   */
  deliver(
    user: string,
    mail: TestMail,
    options?: { readonly mailbox?: string },
  ): Promise<number>;
  /**
   * What is in a mailbox now, `INBOX` by default.
   * @throws {StorageError} NONEXISTENT
   */
  mailbox(user: string, name?: string): Promise<MailboxContents>;
  /** The names of a user's mailboxes, in the order of LIST. */
  mailboxes(user: string): Promise<string[]>;
  /** Says that what callbacks list has changed, as a server's `notify()` does. */
  notify(user: string, mailbox?: string): Promise<void>;
  /** Changes users, limits, quirks or certificate, as a server's `reload()` does. */
  reload(changes: ReloadOptions): void;
  /** Stops: connections are told `BYE`. A storage that was given stays open. */
  close(): Promise<void>;
}
