/**
 * The state of one IMAP connection that commands work on.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import { scopedAccount } from "../../storage/scoped_account.ts";
import type { Account, AccountChange, Mailbox } from "../../storage/storage.ts";
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
import { ProgressClock } from "./progress.ts";
import type { FetchAttribute } from "./fetch/attribute.ts";
import type { Registry } from "./registry.ts";
import { UpdateContexts } from "./search/update_contexts.ts";
import { View, type Wanted } from "./view.ts";

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
  /** Whether COMPRESS is on (RFC 4978). */
  readonly compressed: boolean;
  /** Writes out what has gathered. */
  flush(): Promise<void>;
  /** Writes out what has gathered and, behind it, bytes that are not copied: they stay as they are until then. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Waits for a line that is no command: an answer to a challenge, or DONE.
   * @returns the line without its end, or null when the client has gone
   */
  readLine(): Promise<Uint8Array | null>;
  /** Waits, in milliseconds; not longer than the connection lasts. */
  pause(time: number): Promise<void>;
  /** Ends the connection from outside, with a sentence for people. */
  end(reason: string): void;
  /** Whoever was logged in is not any more: the time to log in begins anew. */
  loggedOut(): void;
}

/** A selected mailbox. */
export interface Selected {
  /** What the client has been told of it. */
  readonly view: View;
  /** The result of the last SEARCH with SAVE: `$` (RFC 5182). */
  saved: UidList;
  /** The searches of which the client hears how their results change (RFC 5267). */
  readonly updates: UpdateContexts;
  /** Takes the listener off the mailbox. */
  readonly unlisten: () => void;
}

/** What a client has asked to be told unasked (RFC 5465), in place of what it is told otherwise. */
export interface Notifications {
  /** What it wants to hear of the selected mailbox. */
  readonly selected: SelectedEvents;
  /** These messages of the selected mailbox have come, and the client has been told that. */
  came(uids: UidList): void;
  /**
   * Of messages that have come it is told elsewhere.
   * @returns what it would tell of them
   */
  takeNew(uids: ReadonlySet<number>): readonly FetchAttribute[];
  /** The session itself has put messages in a mailbox. */
  appended(mailbox: Mailbox, uids: UidList): void;
  /** The session itself has changed the list of mailboxes. */
  renamed(type: AccountChange["type"], name: string): void;
  /** Writes what there is to tell apart from the selected mailbox's numbers and flags. Never overlaps. */
  tell(): Promise<void>;
  /** Listens no more. */
  close(): void;
}

/** See {@linkcode Notifications.selected}. */
export interface SelectedEvents extends Wanted {
  /** Whether EXPUNGE waits for a command with which it may come (RFC 5465 § 6.1.2). */
  readonly delayed: boolean;
}

/** Gives the registry for clients who are not offered some capabilities, named in capitals. */
export type Registries = (hidden?: ReadonlySet<string>) => Registry;

/** What comes of {@linkcode Session.sync}: nothing, or the end of the connection. */
export type Synced = Bye | undefined;

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
  /** Called when there may be something to tell; set while a client waits for that. */
  wake: (() => void) | undefined;
  /** Tell what there is to say unasked, before a tagged answer and while IDLE waits. */
  readonly unasked: Set<() => void> = new Set();
  /** Whether the command under way keeps EXPUNGE back, where its name does not say so. */
  holdsExpunge = false;
  /** What it is told unasked; undefined for what everybody is. */
  notifications: Notifications | undefined;
  /** Whether messages have gone by what the client asked for: it has to hear which, whatever it wants to hear. */
  owesExpunge = false;
  /** Settles when what is being told outside of commands has been written. */
  telling: Promise<unknown> | undefined;
  /** Rings while a command takes long. */
  readonly progress: ProgressClock = new ProgressClock();
  /** Failed logins so far. */
  failedLogins = 0;
  /** What becomes of the bytes behind the tagged OK, by a method of the transport. */
  next: "startTls" | "compress" | "uncompress" | undefined;
  /** Whether LOGOUT has been said. */
  ended = false;

  readonly #registries: Registries;
  #turn: Promise<unknown> = Promise.resolve();
  /** What the server knows this session by. */
  #open: OpenSession | undefined;
  #account: Account | undefined;
  #selected: Selected | undefined;
  readonly #unlisten = new Set<() => void>();

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
      updates: new UpdateContexts(this),
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
    this.owesExpunge = false;
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
   * @returns the end of the connection, when the mailbox is gone (RFC 2180 § 3.3); a promise when there is so much to
   * tell that it has to go out meanwhile
   */
  sync(mayExpunge: boolean, uid = false): Synced | Promise<Synced> {
    for (const tell of this.unasked) tell();
    const selected = this.#selected;
    if (selected === undefined) return undefined;
    if (selected.view.state.deleted) {
      return new Bye("The selected mailbox has been deleted");
    }
    const mayTell = mayExpunge && !this.holdsExpunge;
    this.holdsExpunge = false;
    const { updates } = selected;
    return updates.behindGone
      ? updates.tellGone(() => this.#announce(selected, mayTell, uid))
      : this.#announce(selected, mayTell, uid);
  }

  #announce(
    { view, updates }: Selected,
    mayTell: boolean,
    uid: boolean,
  ): undefined | Promise<undefined> {
    let telling: Promise<void> | undefined;
    if (view.stale) {
      const wanted = this.notifications?.selected;
      telling = announce(
        this,
        mayTell && (wanted?.messages !== false || this.owesExpunge),
        // RFC 5465 § 5.1: the UID is part of it.
        uid || wanted !== undefined,
        wanted,
      );
      if (mayTell) this.owesExpunge = false;
    }
    if (updates.note()) {
      telling = (telling ?? Promise.resolve()).then(() => updates.follow());
    }
    return telling === undefined
      ? this.#settleAhead()
      : telling.then(() => this.#settleAhead());
  }

  /** RFC 7162 § 3.2: modseqs have gone out while a change of a lower one has not been told. */
  #settleAhead(): undefined {
    if (this.view.takeAhead()) highestModseq(this);
  }

  /**
   * Tells the client all that there is to be told, while it waits or before it does.
   * @param idle whether a command that EXPUNGE may come with is under way
   */
  async tell(idle: boolean): Promise<Synced> {
    const telling = this.#tellAll(idle);
    this.telling = telling;
    try {
      return await telling;
    } finally {
      this.telling = undefined;
    }
  }

  async #tellAll(idle: boolean): Promise<Synced> {
    const selected = this.notifications?.selected;
    const bye = await this.sync(idle || selected?.delayed === false);
    if (bye === undefined) await this.notifications?.tell();
    return bye;
  }

  /** Whether the client is to be told what happens while it does nothing (RFC 5465, RFC 5267 § 4.3.2). */
  get tellsAnyTime(): boolean {
    return this.notifications !== undefined ||
      this.#selected?.updates.any === true;
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

  /** Hears of changes to the user's mailboxes and metadata until the session ends. */
  listen(listener: (change: AccountChange) => void): void {
    this.#unlisten.add(this.account.onChange(listener));
  }

  /**
   * Gives back and forgets all that there is because somebody has logged in.
   * @param stays whether the connection stays, for somebody else to log in (RFC 8437)
   */
  async logout(stays = false): Promise<void> {
    const { facts, identity, host } = this;
    this.notifications?.close();
    this.notifications = undefined;
    this.progress.close();
    this.unselect();
    for (const unlisten of this.#unlisten) unlisten();
    this.#unlisten.clear();
    this.unasked.clear();
    this.enabled.clear();
    this.out.utf8 = false;
    this.#account?.close();
    this.#account = undefined;
    if (this.#open !== undefined) host.logout(this.#open, stays);
    this.#open = undefined;
    this.identity = undefined;
    if (stays) this.wire.loggedOut();
    if (identity !== undefined) await host.hooks?.logout?.(facts, identity);
  }
}
