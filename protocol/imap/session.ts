/**
 * The state of one IMAP connection that commands work on.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import { scopedAccount } from "../../storage/scoped_account.ts";
import type { Account, Mailbox } from "../../storage/storage.ts";
import type { UidList } from "../../storage/model.ts";
import type { ConnectionFacts } from "../hooks.ts";
import type {
  ClientFacts,
  ClientPolicy,
  Host,
  Identity,
  OpenSession,
} from "../host.ts";
import type { Encoder } from "../wire/encoder.ts";
import { announce, highestModseq, newKeywords } from "./announce.ts";
import type { State } from "./command.ts";
import { Bye, No } from "./errors.ts";
import type { Registry } from "./registry.ts";
import { View } from "./view.ts";

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
  /** Whether STARTTLS can be offered. */
  readonly canStartTls: boolean;
  /** Writes out what has gathered. */
  flush(): Promise<void>;
  /**
   * Waits for a line that is no command: an answer to a challenge, or DONE.
   * @returns the line without its end, or null when the client has gone
   */
  readLine(): Promise<Uint8Array | null>;
  /** Waits, in milliseconds; not longer than the connection lasts. */
  pause(time: number): Promise<void>;
  /** Ends the connection from outside, with a sentence for people. */
  end(reason: string): void;
}

/** A selected mailbox. */
export interface Selected {
  /** What the client has been told of it. */
  readonly view: View;
  /** The result of the last SEARCH with SAVE: `$` (RFC 5182). */
  saved: UidList;
  /** Takes the listener off the mailbox. */
  readonly unlisten: () => void;
}

/** Gives the registry for clients who are not offered some capabilities, named in capitals. */
export type Registries = (hidden?: ReadonlySet<string>) => Registry;

const NONE: UidList = new Uint32Array(0);

/** See the module's text. */
export class Session {
  /** A number for logs and traces. */
  readonly id: number;
  /** The server. */
  readonly host: Host;
  /** The connection. */
  readonly wire: Wire;
  /** Commands, grammar slots and capabilities, as this client is offered them. */
  registry: Registry;
  /** What is different for this client. */
  policy: ClientPolicy;
  /** Where responses are written. */
  readonly out: Encoder;
  /** What ENABLE has switched on, in capitals (RFC 5161). */
  readonly enabled: Set<string> = new Set();
  /** Who has logged in. */
  identity: Identity | undefined;
  /** Called when the selected mailbox has changed; set while IDLE waits. */
  wake: (() => void) | undefined;
  /** Failed logins so far. */
  failedLogins = 0;
  /** Whether the handshake of STARTTLS is next, behind the tagged OK. */
  startTls = false;
  /** Whether LOGOUT has been said. */
  ended = false;

  readonly #registries: Registries;
  #turn: Promise<unknown> = Promise.resolve();
  /** What the server knows this session by. */
  #open: OpenSession | undefined;
  #account: Account | undefined;
  #selected: Selected | undefined;

  /** Begins a session on a connection. */
  constructor(
    id: number,
    host: Host,
    wire: Wire,
    registries: Registries,
    out: Encoder,
  ) {
    this.id = id;
    this.host = host;
    this.wire = wire;
    this.#registries = registries;
    this.out = out;
    this.policy = host.policy?.({ remote: wire.remote }) ?? {};
    this.registry = registries(this.policy.hidden);
  }

  /** The client has said who it is (RFC 2971): from now on it is treated as it wants to be. */
  identify(id: NonNullable<ClientFacts["id"]>): void {
    const { host, wire } = this;
    if (host.policy === undefined) return;
    this.policy = host.policy({ remote: wire.remote, id }) ?? {};
    this.registry = this.#registries(this.policy.hidden);
  }

  /** The state (RFC 9051 § 3). */
  get state(): State {
    if (this.#selected !== undefined) return "selected";
    return this.identity === undefined ? "not-authenticated" : "authenticated";
  }

  /** Whether the client has asked for IMAP4rev2. */
  get rev2(): boolean {
    return this.enabled.has("IMAP4REV2");
  }

  /** Whether the client has asked for UTF-8 in strings: IMAP4rev2, or UTF8=ACCEPT (RFC 9755 § 3). */
  get utf8(): boolean {
    return this.rev2 || this.enabled.has("UTF8=ACCEPT");
  }

  /** Whether the client is shown surrogates of internationalized messages (RFC 9755 § 8). */
  get surrogates(): boolean {
    return this.host.surrogates === true && !this.utf8;
  }

  /** Whether the client wants to hear of modseqs (RFC 7162 § 3.1). */
  get condstore(): boolean {
    return this.enabled.has("CONDSTORE");
  }

  /** Whether it wants VANISHED in place of EXPUNGE, for QRESYNC (RFC 7162 § 3.2.10) or UIDONLY (RFC 9586 § 3.4). */
  get vanishes(): boolean {
    return this.enabled.has("QRESYNC") || this.uidOnly;
  }

  /** Whether sequence numbers are not used (RFC 9586). */
  get uidOnly(): boolean {
    return this.enabled.has("UIDONLY");
  }

  /**
   * The client has shown that it knows modseqs: from now on it hears of them. If this is news, it is told the highest
   * one of the selected mailbox (RFC 7162 § 3.1).
   */
  enableCondstore(): void {
    if (this.condstore) return;
    this.enabled.add("CONDSTORE");
    if (this.#selected !== undefined) highestModseq(this);
  }

  /** Whether a name and a password may come as they are (RFC 9051 § 6.2.3, LOGINDISABLED). */
  get mayLogin(): boolean {
    return this.wire.secure || this.wire.local || this.host.insecureAuth;
  }

  /** What hooks are told of the connection. */
  get facts(): ConnectionFacts {
    const { remote, secure } = this.wire;
    return { connection: this.id, remote, secure };
  }

  /** The account of the user. */
  get account(): Account {
    if (this.#account === undefined) throw new Error("No account is open");
    return this.#account;
  }

  /** The selected mailbox. */
  get selected(): Selected {
    if (this.#selected === undefined) throw new Error("No mailbox is selected");
    return this.#selected;
  }

  /** The view of the selected mailbox. */
  get view(): View {
    return this.selected.view;
  }

  /** Opens the account of one who has proved who they are. */
  async login(identity: Identity): Promise<void> {
    const { stream } = this.wire;
    const end = (reason: string) => this.wire.end(reason);
    const open = { identity, stream, end };
    if (!this.host.login(open)) {
      throw new No("LIMIT", "Too many connections of this user");
    }
    try {
      const { storage } = this.host;
      this.#account = scopedAccount(
        await storage.openAccount(identity.user),
        identity.scope,
        storage.hierarchyDelimiter,
      );
    } catch (error) {
      this.host.logout(open);
      throw error;
    }
    this.#open = open;
    this.identity = identity;
  }

  /** Takes a mailbox as the selected one; the handle is the session's from now on. */
  select(mailbox: Mailbox, readOnly: boolean): View {
    this.unselect();
    const view = new View(mailbox, readOnly, !this.rev2);
    this.#selected = {
      view,
      saved: NONE,
      unlisten: mailbox.onChange(() => this.wake?.()),
    };
    return view;
  }

  /** Leaves the selected mailbox, if there is one. */
  unselect(): void {
    if (this.#selected === undefined) return;
    this.#selected.unlisten();
    this.#selected.view.mailbox.close();
    this.#selected = undefined;
  }

  /** Refuses where the mailbox was opened by EXAMINE. */
  assertWritable(): void {
    if (this.view.readOnly) {
      throw new No("READ-ONLY", "The mailbox is selected read-only");
    }
  }

  /**
   * Tells the client what has become of the selected mailbox.
   * @param uid whether the answers belong to a UID command and so name UIDs
   * @returns the end of the connection, when the mailbox is gone (RFC 2180 § 3.3)
   */
  sync(mayExpunge: boolean, uid = false): Bye | undefined {
    const selected = this.#selected;
    if (selected === undefined) return undefined;
    if (selected.view.state.deleted) {
      return new Bye("The selected mailbox has been deleted");
    }
    if (selected.view.stale) announce(this, mayExpunge, uid);
    // RFC 7162 § 3.2: modseqs have gone out while an EXPUNGE of a lower one is held back.
    if (selected.view.takeAhead()) highestModseq(this);
    return undefined;
  }

  /** Tells the client of keywords that it will see in the answers to come and has not heard of. */
  announceKeywords(): void {
    newKeywords(this);
  }

  /** Runs functions one after the other, in the order of the calls. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Writes out what has gathered once there is a batch of it. */
  flushBatch(): Promise<void> | undefined {
    return this.out.length >= this.host.batchSize
      ? this.wire.flush()
      : undefined;
  }

  /** Gives everything back. */
  close(): void {
    this.unselect();
    this.#account?.close();
    this.#account = undefined;
    if (this.#open !== undefined) this.host.logout(this.#open);
    this.#open = undefined;
    this.identity = undefined;
  }
}
