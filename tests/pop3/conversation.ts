/**
 * Conversations in POP3, as scripts: `C:` is what the client says, `S:` what it hears.
 *
 * A `+OK`, `-ERR` or `+` stands for itself and any text behind it, other lines for themselves. `S: (closed)` is the
 * end of the connection, `C: (closes)` the client's.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS, type Limits } from "../../protocol/limits.ts";
import type {
  ApopProof,
  ClientPolicy,
  Credentials,
  DeliveryTarget,
  Host,
  Identity,
} from "../../protocol/host.ts";
import type { Hooks } from "../../protocol/hooks.ts";
import { summarize } from "../../protocol/imap/summary.ts";
import { servePop3 } from "../../protocol/pop3/mod.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";
import type { Mailbox, Storage } from "../../storage/storage.ts";
import { Pipe, type PipeOptions } from "./pipe.ts";

/** What is there before a conversation. */
export interface Setup extends PipeOptions {
  /** The messages in alice's INBOX; each `\n` is a CRLF. Default: two. */
  readonly messages?: readonly string[];
  /** The same with bytes as they are. */
  readonly raw?: readonly Uint8Array[];
  /** Whether alice has logged in already. Default true. */
  readonly loggedIn?: boolean;
  /** Limits other than the default. */
  readonly limits?: Partial<Limits>;
  /** Capabilities that are not to be offered. */
  readonly disable?: readonly string[];
  /** Hooks of an application. */
  readonly hooks?: Hooks;
  /** What is different for the client. */
  readonly policy?: ClientPolicy;
  /** Takes the trace. */
  readonly trace?: (line: string) => void;
  /** Whether passwords may cross a network. */
  readonly insecureAuth?: boolean;
  /** What proves a digest. */
  readonly apop?: (proof: ApopProof) => Promise<Identity | undefined>;
  /** The storage; default one in memory. */
  readonly storage?: Storage;
}

/** Two messages of 4 and 2 body lines. */
export const TWO = [
  "Subject: one\n\nfirst\nsecond\n.third\n\n",
  "Subject: two\n\na\n.\n",
];

/** A server in which alice's password is `secret`. */
export class PopHost implements Host {
  /** What went wrong in the server. */
  readonly faults: unknown[] = [];
  readonly limits: Limits;
  readonly disabledCapabilities: ReadonlySet<string>;
  readonly insecureAuth: boolean;
  readonly stopping: AbortSignal;
  readonly trace:
    | ((connection: number, direction: "C" | "S", line: string) => void)
    | undefined;
  readonly hooks: Hooks | undefined;
  readonly apop: Setup["apop"];
  readonly policy: () => ClientPolicy | undefined;
  /** What has happened, in order. */
  readonly events: string[] = [];
  /** How many sessions there are. */
  sessions = 0;
  /** How many there may be. */
  maxSessions = Infinity;
  /** The time. */
  time = 1_000_000_000_000;
  readonly #stop = new AbortController();

  constructor(
    readonly storage: Storage,
    setup: Setup = {},
    readonly batchSize = 4_096,
  ) {
    this.limits = {
      ...DEFAULT_LIMITS,
      failedLoginDelay: 0,
      badCommandDelay: 0,
      ...setup.limits,
    };
    this.disabledCapabilities = new Set(setup.disable);
    this.insecureAuth = setup.insecureAuth ?? false;
    this.stopping = this.#stop.signal;
    const { trace } = setup;
    this.trace = trace && ((_, way, line) => trace(`${way}: ${line}`));
    this.hooks = setup.hooks;
    this.apop = setup.apop;
    this.policy = () => setup.policy;
  }

  /** Stops. */
  stop(): void {
    this.#stop.abort();
  }

  authenticate(
    { user, password }: Credentials,
  ): Promise<Identity | undefined> {
    const right = password === "secret" && user !== "nobody";
    return Promise.resolve(right ? { user } : undefined);
  }

  recipient(): Promise<readonly DeliveryTarget[] | undefined> {
    return Promise.resolve(undefined);
  }

  fault(error: unknown): void {
    this.faults.push(error);
  }

  login(): boolean {
    if (this.sessions >= this.maxSessions) return false;
    this.sessions++;
    return true;
  }

  logout(): void {
    this.sessions--;
  }

  event(name: string): void {
    this.events.push(name);
  }

  now(): number {
    return this.time;
  }
}

/** Text with CRLFs, as bytes of UTF-8. */
export function mail(text: string): Uint8Array {
  return new TextEncoder().encode(text.replaceAll("\n", "\r\n"));
}

/** Puts messages into a mailbox. */
export async function fill(
  mailbox: Mailbox,
  sources: readonly Uint8Array[],
): Promise<void> {
  if (sources.length === 0) return;
  await mailbox.append(sources.map((source) => ({
    source,
    flags: [],
    internalDate: 0,
    summary: summarize(source),
  })));
}

/** Alice's INBOX; the handle is to be closed. */
export async function openInbox(storage: Storage): Promise<Mailbox> {
  const account = await storage.openAccount("alice");
  const mailbox = await account.openMailbox("INBOX");
  account.close();
  return mailbox;
}

/** A client with its connection. */
export class Conversation implements AsyncDisposable {
  readonly host: PopHost;
  readonly pipe: Pipe;
  /** Settles when the server is done with the connection. */
  readonly served: Promise<void>;
  readonly #cut: boolean;
  /** Whether it is the one that ends last. */
  #first = false;

  constructor(host: PopHost, options: PipeOptions = {}, cut = false) {
    this.host = host;
    this.pipe = new Pipe(options);
    this.served = servePop3(this.pipe, host);
    this.#cut = cut;
  }

  /** Begins one on a storage that has been filled; up to and with the login, if that is wanted. */
  static async begin(
    setup: Setup = {},
    cut = false,
    batchSize = 4_096,
  ): Promise<Conversation> {
    const storage = setup.storage ?? new MemoryStorage();
    if (setup.storage === undefined || setup.messages || setup.raw) {
      const inbox = await openInbox(storage);
      const messages = setup.messages ?? (setup.raw ? [] : TWO);
      await fill(inbox, [...messages.map(mail), ...setup.raw ?? []]);
      inbox.close();
    }
    const host = new PopHost(storage, setup, batchSize);
    const conversation = new Conversation(host, setup, cut);
    conversation.#first = true;
    if (setup.loggedIn === false) return conversation;
    await conversation.says("S: +OK\nC: USER alice\nS: +OK");
    await conversation.says("C: PASS secret\nS: +OK");
    return conversation;
  }

  /** Plays a script. @throws {Error} when something else is heard */
  async says(script: string): Promise<void> {
    for (const line of script.split("\n")) {
      const text = line.trim();
      if (text === "" || text.startsWith("#")) continue;
      const [, who, what = ""] = /^([CS]):(?: ([^]*))?$/.exec(text)!;
      if (who === "S") await this.#expect(what);
      else if (what === "(closes)") this.pipe.end();
      else this.#send(`${what}\r\n`);
    }
  }

  /** Sends a line and reads the first line of the answer. */
  async ask(line: string): Promise<string | undefined> {
    this.#send(`${line}\r\n`);
    return await this.pipe.line();
  }

  /** Sends a line and reads a multi-line response; the lines without dots stuffed in. */
  async lines(line: string): Promise<string[]> {
    const status = await this.ask(line);
    assertEquals(status?.slice(0, 3), "+OK", status);
    const lines: string[] = [];
    for (;;) {
      const next = await this.pipe.line();
      if (next === undefined) throw new Error("The response has no end");
      if (next === ".") return lines;
      lines.push(next.replace(/^\./, ""));
    }
  }

  /** Ends it, and looks whether anything has gone wrong. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.pipe.end();
    await this.served;
    assertEquals(this.host.faults, []);
    assertEquals(this.pipe.closed, true);
    if (this.#first) assertEquals(this.host.sessions, 0);
  }

  #send(text: string): void {
    const bytes = new TextEncoder().encode(text);
    const binary = Array.from(bytes, (byte) => String.fromCharCode(byte));
    if (this.#cut) { for (const byte of binary) this.pipe.send(byte); }
    else this.pipe.send(binary.join(""));
  }

  async #expect(what: string): Promise<void> {
    const heard = await this.pipe.line();
    const line = heard ?? "(closed)";
    const status = /^(\+OK|-ERR|\+$)/.test(what);
    const fits = line === what || status && line.startsWith(`${what} `);
    if (!fits) assertEquals(line, what);
  }
}

/** A test that is a conversation, whole and with what the client sends cut at every byte. */
export function conversation(name: string, setup: Setup, script: string): void {
  for (const cut of [false, true]) {
    Deno.test(cut ? `${name}, cut into bytes` : name, async () => {
      await using conversation = await Conversation.begin(setup, cut);
      await conversation.says(script);
    });
  }
}
