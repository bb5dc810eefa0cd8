/**
 * The state of one LMTP connection that commands work on.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import type { DeliveryTarget, Host, OpenSession } from "../host.ts";
import type { DeliveryFailure } from "../delivery_failure.ts";
import type { ConnectionFacts } from "../hooks.ts";
import { Pause } from "../patience.ts";
import { MessageBuffer } from "./message_buffer.ts";
import type { MailParameters } from "./parameters.ts";
import type { Path } from "./path.ts";
import type { Transport } from "./transport.ts";

/** Whom a message is for: a successful RCPT (RFC 2033 § 4). */
export interface Recipient {
  /** As RCPT gave it. */
  readonly path: Path;
  /** The mailboxes. */
  readonly targets: readonly DeliveryTarget[];
}

/** A mail transaction (RFC 5321 § 3.3): what has been said of one message. */
export class Transaction {
  /** Names the message in the log and in its Received field. */
  readonly id: string;
  /** Who sends it. */
  readonly sender: Path;
  /** What MAIL said else. */
  readonly parameters: MailParameters;
  /** Whom it is for, in the order of the RCPT commands. */
  readonly recipients: Recipient[] = [];
  /** The message as far as it has come. */
  readonly message: MessageBuffer;
  /** Whether BDAT has been used: then neither RCPT nor DATA may follow. */
  chunked = false;
  /** Why the message is not taken, once a chunk has been refused. */
  failure: DeliveryFailure | undefined;

  /** A transaction of which nothing has come but MAIL. */
  constructor(
    id: string,
    sender: Path,
    parameters: MailParameters,
    message: MessageBuffer,
  ) {
    this.id = id;
    this.sender = sender;
    this.parameters = parameters;
    this.message = message;
  }
}

/** See the module's text. */
export class Session {
  /** The number of the connection. */
  readonly id: number;
  /** The server. */
  readonly host: Host;
  /** The connection. */
  readonly stream: ByteStream;
  /** What is said and heard on it. */
  readonly transport: Transport;
  /** What the client calls itself; undefined until LHLO. */
  client: string | undefined;
  /** The transaction under way. */
  transaction: Transaction | undefined;
  /** Who has logged in. */
  open: OpenSession | undefined;
  /** Ends the connection from outside, with a sentence for people. */
  readonly end: (reason: string) => void;
  /** Failed logins so far. */
  failedLogins = 0;
  /** Waits on purpose. */
  readonly pause: Pause = new Pause();
  /** Set by QUIT. */
  ended = false;
  #transactions = 0;

  /** A session that begins. */
  constructor(
    id: number,
    host: Host,
    stream: ByteStream,
    transport: Transport,
    end: (reason: string) => void,
  ) {
    this.id = id;
    this.end = end;
    this.host = host;
    this.stream = stream;
    this.transport = transport;
  }

  /** The name of who has logged in. */
  get user(): string | undefined {
    return this.open?.identity.user;
  }

  /** The name of this machine. */
  get hostname(): string {
    return this.host.hostname ?? "localhost";
  }

  /** Begins a transaction. */
  begin(sender: Path, parameters: MailParameters): void {
    const number = ++this.#transactions;
    const id = `${this.host.now().toString(36)}-${this.id}-${number}`;
    const { limits, literals } = this.host;
    const message = new MessageBuffer(limits.message, literals);
    this.transaction = new Transaction(id, sender, parameters, message);
  }

  /** What hooks are told of the connection. */
  get facts(): ConnectionFacts {
    const { remote, secure } = this.stream;
    return { connection: this.id, remote, secure };
  }

  /** Forgets the transaction, if there is one. */
  reset(): void {
    this.transaction?.message[Symbol.dispose]();
    this.transaction = undefined;
  }

  /** What logs are told of the connection. */
  about(): Record<string, unknown> {
    const { remote } = this.stream;
    return { protocol: "lmtp", connection: this.id, remote };
  }
}
