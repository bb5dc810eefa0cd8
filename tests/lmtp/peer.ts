/**
 * A client of LMTP without a socket, and a server for it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { ByteStream } from "../../protocol/byte_stream.ts";
import type { Hooks } from "../../protocol/hooks.ts";
import type { DeliveryAddress, DeliveryTarget } from "../../protocol/host.ts";
import { DEFAULT_LIMITS, type Limits } from "../../protocol/limits.ts";
import { serveLmtp } from "../../protocol/lmtp/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Storage } from "../../storage/storage.ts";
import { TestHost } from "../../testing/sessions/loopback.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a server answers when it is asked whose an address is: mailboxes, nobody, or an error. */
export type Lookup =
  | readonly DeliveryTarget[]
  | undefined
  | Error;

/** What is different from the default. */
export interface ServerOptions {
  /** Whose addresses are, by local part; others are users of that name. */
  readonly lookups?: Readonly<Record<string, Lookup>>;
  /** Limits that are not the default. */
  readonly limits?: Partial<Limits>;
  /** Where the messages go. */
  readonly storage?: Storage;
  /** Hooks. */
  readonly hooks?: Hooks;
}

/** A server in which every local part is a user. */
export class LmtpServer extends TestHost implements AsyncDisposable {
  override readonly limits: Limits;
  override readonly stopping: AbortSignal;
  override readonly trace = (_: number, direction: "C" | "S", line: string) => {
    this.traced.push(`${direction}: ${line}`);
  };
  readonly hostname = "mail.example";
  readonly hooks: Hooks | undefined;
  /** What was asked. */
  readonly asked: DeliveryAddress[] = [];
  /** The lines of the trace. */
  readonly traced: string[] = [];
  /** Stops the server. */
  readonly stop: () => void;
  readonly #lookups: Readonly<Record<string, Lookup>>;
  readonly #peers: Peer[] = [];

  constructor(options: ServerOptions = {}) {
    super(options.storage ?? new MemoryStorage(), 16_384);
    const stop = new AbortController();
    this.stopping = stop.signal;
    this.stop = () => stop.abort();
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#lookups = options.lookups ?? {};
    this.hooks = options.hooks;
  }

  /** A client that has not been greeted yet. */
  connect(options: PeerOptions = {}): Peer {
    const peer = new Peer(options);
    this.#peers.push(peer);
    peer.served = serveLmtp(peer, this);
    return peer;
  }

  override recipient(
    address: DeliveryAddress,
  ): Promise<readonly DeliveryTarget[]> {
    this.asked.push(address);
    const { localPart } = address;
    if (!Object.hasOwn(this.#lookups, localPart)) {
      return super.recipient(address);
    }
    const found = this.#lookups[localPart];
    if (found instanceof Error) return Promise.reject(found);
    return Promise.resolve(found as readonly DeliveryTarget[]);
  }

  /** The messages of a mailbox, as text of one character a byte. */
  async messages(user: string, mailbox = "INBOX"): Promise<string[]> {
    const sources = await sourcesOf(this.storage, user, mailbox);
    return sources.map((bytes) => latin1.decode(bytes));
  }

  /** Ends the connections, and checks that nothing went wrong and nothing is broken. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) {
      peer.end();
      await peer.served;
    }
    const problems = await this.storage.verify();
    await this.storage.close();
    assertEquals(problems, []);
    assertEquals(this.faults, []);
  }
}

const latin1 = new TextDecoder("latin1");

/** The bytes of all messages of a mailbox. */
export async function sourcesOf(
  storage: Storage,
  user: string,
  mailbox = "INBOX",
): Promise<Uint8Array[]> {
  const account = await storage.openAccount(user);
  try {
    const box = await account.openMailbox(mailbox);
    try {
      const sources: Uint8Array[] = [];
      for await (const batch of box.readSources(box.state.allUids())) {
        sources.push(...batch.map(({ bytes }) => bytes.slice()));
      }
      return sources;
    } finally {
      box.close();
    }
  } finally {
    account.close();
  }
}

/** How a client is connected. */
export interface PeerOptions {
  /** How many bytes the server reads at a time. */
  readonly piece?: number;
  /** Its address. */
  readonly remote?: string;
  /** Whether there is a certificate. */
  readonly certificate?: boolean;
}

/** Both ends of a connection. */
export class Peer implements ByteStream {
  readonly remote: string;
  readonly local = true;
  secure = false;
  /** Settles when the server is done with it. */
  served: Promise<void> = Promise.resolve();
  readonly #certificate: boolean;
  readonly #piece: number;
  #sent: Uint8Array = new Uint8Array(0);
  #wakeServer: (() => void) | undefined;
  #heard = "";
  #wakeClient: (() => void) | undefined;
  #ended = false;
  #closed = false;

  constructor(
    { piece = Infinity, remote = "192.0.2.1:1234", certificate = false }:
      PeerOptions,
  ) {
    this.#piece = piece;
    this.remote = remote;
    this.#certificate = certificate;
  }

  get canStartTls(): boolean {
    return this.#certificate && !this.secure;
  }

  /** The client sends. */
  send(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    const both = new Uint8Array(this.#sent.length + bytes.length);
    both.set(this.#sent);
    both.set(bytes, this.#sent.length);
    this.#sent = both;
    this.#wakeServer?.();
  }

  /** The client goes. */
  end(): void {
    this.#ended = true;
    this.#wakeServer?.();
  }

  /** The client waits for a reply, and gets it with all its lines; undefined at the end of the connection. */
  async reply(): Promise<string | undefined> {
    for (;;) {
      const match = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/
        .exec(this.#heard);
      if (match !== null) {
        this.#heard = this.#heard.slice(match[0].length);
        return match[0].trimEnd();
      }
      if (this.#closed) {
        assertEquals(this.#heard, "");
        return undefined;
      }
      await new Promise<void>((resolve) => this.#wakeClient = resolve);
    }
  }

  /** The client sends a line and waits for a reply. */
  async ask(line: string): Promise<string | undefined> {
    this.send(line + "\r\n");
    return await this.reply();
  }

  /** The replies that are still to come, when the server ends the connection. */
  async rest(): Promise<string[]> {
    const replies: string[] = [];
    for (;;) {
      const reply = await this.reply();
      if (reply === undefined) return replies;
      replies.push(reply);
    }
  }

  /** The client is greeted and says who it is. */
  async hello(): Promise<this> {
    assert((await this.reply())?.startsWith("220 "));
    assert((await this.ask("LHLO client.example"))?.startsWith("250-"));
    return this;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#sent.length === 0) {
      if (this.#ended || this.#closed) return null;
      await new Promise<void>((resolve) => this.#wakeServer = resolve);
    }
    const piece = this.#sent.subarray(0, this.#piece);
    this.#sent = this.#sent.subarray(piece.length);
    return piece;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("Closed"));
    this.#heard += decoder.decode(bytes);
    this.#wakeClient?.();
    return Promise.resolve();
  }

  startTls(): Promise<void> {
    this.secure = true;
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#wakeServer?.();
    this.#wakeClient?.();
  }
}

/**
 * Checks a conversation: `C:` is a line that the client sends, `S:` how a reply of the server begins. It is
 * held line by line, with the server reading byte by byte, and with all that the client says in one piece.
 */
export async function converse(
  script: string,
  options: ServerOptions = {},
): Promise<void> {
  const lines = script.trim().split("\n").map((line) => line.trim());
  for (const way of ["line by line", "byte by byte", "at once"]) {
    await using server = new LmtpServer(options);
    const peer = server.connect(way === "byte by byte" ? { piece: 1 } : {});
    const said = lines.filter((line) => line.startsWith("C:"))
      .map((line) => line.slice(3) + "\r\n");
    if (way === "at once") peer.send(said.join(""));
    for (const [index, line] of lines.entries()) {
      if (line.startsWith("C:")) {
        if (way !== "at once") peer.send(line.slice(3) + "\r\n");
        continue;
      }
      const expected = line.slice(3);
      const reply = await peer.reply() ?? "(closed)";
      assert(
        reply.startsWith(expected),
        `${way}, line ${index + 1}: expected ${expected}, got ${reply}`,
      );
    }
    peer.end();
    assertEquals(await peer.rest(), [], `${way}: replies left over`);
  }
}
