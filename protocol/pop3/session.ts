/**
 * The state of one POP3 connection that commands work on.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import { scopedAccount } from "../../storage/scoped_account.ts";
import type { Account } from "../../storage/storage.ts";
import type { ConnectionFacts } from "../hooks.ts";
import type { ClientPolicy, Host, Identity, OpenSession } from "../host.ts";
import { No } from "../imap/errors.ts";
import type { LoginSession } from "../login.ts";
import type { Encoder } from "../wire/encoder.ts";
import type { State } from "./command.ts";
import { assertLoginDelay, noteLogin } from "./login_delay.ts";
import { Maildrop } from "./maildrop.ts";

/** What a session needs of its connection. */
export interface Wire {
  /** The client's address. */
  readonly remote: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
  /** What lies beneath. */
  readonly stream: ByteStream;
  /** Whether the client is on this machine. */
  readonly local: boolean;
  /** Whether STLS can be offered. */
  readonly canStartTls: boolean;
  /** Writes out what has gathered. */
  flush(): Promise<void>;
  /**
   * Waits for a line that answers a challenge.
   * @returns the line without its end, or null when the client has gone
   */
  readLine(): Promise<Uint8Array | null>;
  /** Waits, in milliseconds; not longer than the connection lasts. */
  pause(time: number): Promise<void>;
  /** Ends the connection from outside, with a sentence for people. */
  end(reason: string): void;
  /** Writes the first line of a positive response. */
  ok(text: string): void;
}

/** See the module's text. */
export class Session implements LoginSession {
  /** A number for logs and traces. */
  readonly id: number;
  /** The server. */
  readonly host: Host;
  /** The connection. */
  readonly wire: Wire;
  /** What is different for this client. */
  readonly policy: ClientPolicy;
  /** Where responses are written. */
  readonly out: Encoder;
  /** What the greeting challenged with, for APOP; undefined where that is not offered. */
  readonly challenge: string | undefined;
  /** Who has logged in. */
  identity: Identity | undefined;
  /** The name that the command before this one, a USER, has given. */
  user: string | undefined;
  /** Whether the client has asked for UTF-8 (RFC 6856 § 2.1). */
  utf8 = false;
  /** Failed logins so far. */
  failedLogins = 0;
  /** Whether the handshake of STLS is next, behind the answer. */
  startTls = false;
  /** Whether QUIT has been said. */
  ended = false;

  /** What the server knows this session by. */
  #open: OpenSession | undefined;
  #account: Account | undefined;
  #maildrop: Maildrop | undefined;

  /** Begins a session on a connection. */
  constructor(id: number, host: Host, wire: Wire, out: Encoder) {
    this.id = id;
    this.host = host;
    this.wire = wire;
    this.out = out;
    this.policy = host.policy?.({ remote: wire.remote }) ?? {};
    if (host.apop !== undefined && this.offers("APOP")) {
      this.challenge = newChallenge(host.hostname ?? "localhost");
    }
  }

  /** The state (RFC 1939 § 3). */
  get state(): State {
    return this.#maildrop === undefined ? "authorization" : "transaction";
  }

  /** Whether a name and a password may come as they are (RFC 2595 § 2.3). */
  get mayLogin(): boolean {
    return this.wire.secure || this.wire.local || this.host.insecureAuth;
  }

  /** What hooks are told of the connection. */
  get facts(): ConnectionFacts {
    const { remote, secure } = this.wire;
    return { connection: this.id, remote, secure };
  }

  /** The maildrop of the user. */
  get maildrop(): Maildrop {
    if (this.#maildrop === undefined) throw new Error("No maildrop is open");
    return this.#maildrop;
  }

  /** Whether a capability, in capitals, is not hidden from this client. */
  offers(capability: string): boolean {
    return !this.host.disabledCapabilities.has(capability) &&
      this.policy.hidden?.has(capability) !== true;
  }

  /** Opens the maildrop of one who has proved who they are. */
  async login(identity: Identity): Promise<void> {
    const { host } = this;
    const { user } = identity;
    assertLoginDelay(host, user);
    const { stream } = this.wire;
    const end = (reason: string) => this.wire.end(reason);
    const open = { identity, stream, end };
    if (!host.login(open)) {
      throw new No("IN-USE", "Too many connections of this user");
    }
    try {
      this.#account = scopedAccount(
        await host.storage.openAccount(user),
        identity.scope,
        host.storage.hierarchyDelimiter,
      );
      this.#maildrop = await Maildrop.open(
        this.#account,
        (error) => host.fault(error, { ...this.facts, user }),
      );
    } catch (error) {
      this.#account?.close();
      this.#account = undefined;
      host.logout(open);
      throw error;
    }
    this.#open = open;
    this.identity = identity;
    noteLogin(host, user);
  }

  /** Removes what is marked and notes what was read: the UPDATE state (RFC 1939 § 6). */
  async update(): Promise<void> {
    try {
      await this.maildrop.update();
    } finally {
      await this.#storeSeen();
    }
  }

  /** Writes out what has gathered once there is a batch of it. */
  flushBatch(): Promise<void> | undefined {
    return this.out.length >= this.host.batchSize
      ? this.wire.flush()
      : undefined;
  }

  /** Gives everything back; what is marked stays, what was read is noted. Never rejects. */
  async close(): Promise<void> {
    await this.#storeSeen();
    this.#maildrop?.close();
    this.#maildrop = undefined;
    this.#account?.close();
    this.#account = undefined;
    if (this.#open !== undefined) this.host.logout(this.#open);
    this.#open = undefined;
    this.identity = undefined;
  }

  async #storeSeen(): Promise<void> {
    try {
      await this.#maildrop?.storeSeen();
    } catch (error) {
      this.host.fault(error, { ...this.facts, user: this.identity?.user });
    }
  }
}

/** A timestamp that is another each time (RFC 1939 § 7, APOP), in the form of a msg-id. */
function newChallenge(hostname: string): string {
  const random = crypto.getRandomValues(new Uint8Array(16)).toHex();
  return `<${random}@${hostname.replace(/[^\w.-]+/g, "-")}>`;
}
