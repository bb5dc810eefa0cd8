/**
 * A real server for the time of a test.
 *
 * @module
 */

import type { ByteStream } from "../protocol/byte_stream.ts";
import type { Host } from "../protocol/host.ts";
import { serveConnection } from "../protocol/imap/connection.ts";
import type { Registries } from "../protocol/imap/session.ts";
import type {
  ListenAddress,
  ListenerKind,
  ReloadOptions,
  ServeOptions,
} from "../server/options.ts";
import { HANDLERS } from "../server/doors.ts";
import { Server } from "../server/server.ts";
import { prepareUserName, type Users } from "../server/users.ts";
import { MemoryStorage } from "../storage/memory/mod.ts";
import type { Storage } from "../storage/storage.ts";
import { testCertificate } from "./certificate.ts";
import { TestClock } from "./clock.ts";
import { FaultRules } from "./fault_rules.ts";
import { faultyHost, hostWith } from "./faulty_host.ts";
import {
  contentsOf,
  deliver,
  ensure,
  type MailboxContents,
  withAccount,
} from "./mailbox_contents.ts";
import type { TestMail } from "./message.ts";
import { type Persona, personaPolicy, registriesOf } from "./persona.ts";
import { PERSONAS } from "./personas.ts";
import { Recorder } from "./recorder.ts";
import { Tap } from "./tap.ts";
import type {
  TestMessages,
  TestServer,
  TestServerOptions,
} from "./test_server_types.ts";
import type { Transcript } from "./transcript.ts";

/**
 * Starts a server in memory on free ports of 127.0.0.1, with every door that imapd has.
 *
 * ```ts
 * import { message, testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer({
 *   users: { alice: "secret" },
 *   messages: { alice: { INBOX: [message({ subject: "Hi" })], Archive: [] } },
 * });
 * console.log(`imap://${server.hostname}:${server.port}`);
 * const { messages } = await server.mailbox("alice", "INBOX");
 * console.log(messages[0]?.subject);
 * ```
 *
 * A login that fails is answered at once here, not after a while as by a server in earnest.
 *
 * @throws as `serve()` does, and for messages that no mailbox can take
 */
export async function testServer(
  options: TestServerOptions = {},
): Promise<TestServer> {
  const { messages = {}, persona, tls = true } = options;
  const server = new RunningServer(
    options,
    tls ? await testCertificate() : undefined,
    typeof persona === "string" ? PERSONAS[persona] : persona,
  );
  try {
    await server.fill(messages);
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
  return server;
}

/** See {@linkcode TestServer}. */
class RunningServer implements TestServer {
  readonly faults = new FaultRules();
  readonly clock = new TestClock();
  readonly transcript: Transcript;
  readonly storage: Storage;
  readonly errors: unknown[] = [];
  readonly caCert: string;
  readonly #server: Server;
  readonly #recorder: Recorder;
  readonly #options: TestServerOptions;
  readonly #persona: Persona | undefined;
  readonly #users: Users;
  readonly #taps = new Map<string, Tap>();
  #host: Host | undefined;
  #clockedHost: Host | undefined;
  #registries: Registries | undefined;

  constructor(
    options: TestServerOptions,
    tls: ServeOptions["tls"],
    persona: Persona | undefined,
  ) {
    const { now, persona: _, messages, tls: __, ...served } = options;
    if (now !== undefined) this.clock.set(now);
    this.#recorder = new Recorder(() => this.clock.now());
    this.transcript = this.#recorder.transcript;
    this.#options = options;
    this.#persona = persona;
    this.#users = options.users ?? usersOf(messages ?? {});
    this.caCert = tls?.cert ?? "";
    const hierarchyDelimiter = options.hierarchyDelimiter ??
      persona?.hierarchyDelimiter;
    this.storage = options.storage ?? new MemoryStorage({
      now: () => this.clock.now(),
      ...(hierarchyDelimiter !== undefined && { hierarchyDelimiter }),
    });
    this.#server = new Server({
      ...served,
      users: this.#users,
      hostname: options.hostname ?? "127.0.0.1",
      port: 0,
      pop3Port: 0,
      lmtpPort: 0,
      ...(tls && { tls, tlsPort: 0, pop3sPort: 0 }),
      storage: this.storage,
      // What is compressed could be neither broken by faults nor recorded.
      capabilities: options.capabilities ?? { disable: ["COMPRESS=DEFLATE"] },
      limits: { failedLoginDelay: 0, badCommandDelay: 0, ...options.limits },
      onListen: () => {},
      onError: (error, about) => {
        this.errors.push(error);
        options.onError?.(error, about);
      },
    }, {
      imap: (stream, host) => this.#serve(stream, host),
      pop3: (stream, host) => HANDLERS.pop3(stream, this.#clocked(host)),
      lmtp: (stream, host) => HANDLERS.lmtp(stream, this.#clocked(host)),
    });
  }

  get hostname(): string {
    return this.#server.addr.hostname;
  }

  get port(): number {
    return this.portOf("imap");
  }

  get tlsPort(): number {
    return this.portOf("imaps");
  }

  get pop3Port(): number {
    return this.portOf("pop3");
  }

  get pop3sPort(): number {
    return this.portOf("pop3s");
  }

  get lmtpPort(): number {
    return this.portOf("lmtp");
  }

  get addrs(): readonly ListenAddress[] {
    return this.#server.addrs;
  }

  portOf(kind: ListenerKind): number {
    const address = this.addrs.find((address) => address.kind === kind);
    if (address === undefined) throw new Error(`There is no port for ${kind}`);
    return address.port;
  }

  async deliver(
    user: string,
    mail: TestMail,
    options: { readonly mailbox?: string } = {},
  ): Promise<number> {
    const { mailbox = "INBOX" } = options;
    const now = this.clock.now();
    const uids = await deliver(this.storage, user, mailbox, [mail], now);
    return uids[0]!;
  }

  mailbox(user: string, name = "INBOX"): Promise<MailboxContents> {
    return contentsOf(this.storage, user, name);
  }

  async mailboxes(user: string): Promise<string[]> {
    return await withAccount(
      this.storage,
      user,
      async (account) =>
        (await account.mailboxes()).filter(({ id }) => id !== undefined)
          .map(({ name }) => name),
    );
  }

  /** Makes mailboxes with messages in them. */
  async fill(messages: TestMessages): Promise<void> {
    const { caseInsensitiveUsers = false } = this.#options;
    const users = this.#users;
    const inline = typeof users === "object" && typeof users.get !== "function"
      ? Object.keys(users)
      : [];
    const everybody = new Set([...Object.keys(messages), ...inline]);
    for (const given of everybody) {
      const user = prepareUserName(given, caseInsensitiveUsers) ?? given;
      await this.#makeMailboxes(user, Object.keys(messages[given] ?? {}));
      for (const [name, mails] of Object.entries(messages[given] ?? {})) {
        if (mails.length === 0) continue;
        await deliver(this.storage, user, name, mails, this.clock.now());
      }
    }
  }

  notify(user: string, mailbox?: string): Promise<void> {
    return this.#server.notify(user, mailbox);
  }

  reload(changes: ReloadOptions): void {
    this.#server.reload(changes);
  }

  async close(): Promise<void> {
    await this.#server.shutdown();
    if (this.#options.storage === undefined) await this.storage.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #makeMailboxes(user: string, names: readonly string[]): Promise<void> {
    const special = this.#persona?.mailboxes ?? {};
    await withAccount(this.storage, user, async (account) => {
      for (const [name, uses] of Object.entries(special)) {
        await ensure(account, name, uses);
      }
      for (const name of names) await ensure(account, name);
    });
  }

  async #serve(stream: ByteStream, host: Host): Promise<void> {
    const own = this.#host ??= this.#hostOf(host);
    if (this.#persona !== undefined) {
      this.#registries ??= registriesOf(this.#persona, own);
    }
    const tap = new Tap(stream, {
      record: this.#recorder.connect(stream.remote),
      stopping: host.stopping,
      uploadCut: (command, user) => {
        const fault = this.faults.take(command, user, true);
        return fault?.type === "cutUpload" ? fault.after : undefined;
      },
    });
    this.#taps.set(tap.remote, tap);
    try {
      await serveConnection(tap, own, this.#registries);
    } finally {
      this.#taps.delete(tap.remote);
    }
  }

  /** The host by the clock of the test, without faults: these are IMAP's. */
  #clocked(host: Host): Host {
    return this.#clockedHost ??= hostWith(host, {
      now: () => this.clock.now(),
    });
  }

  #hostOf(host: Host): Host {
    return faultyHost(host, {
      faults: this.faults,
      tapOf: (remote) => this.#taps.get(remote)!,
      now: () => this.clock.now(),
      policy: this.#persona === undefined ? {} : personaPolicy(this.#persona),
    });
  }
}

/** Everybody who has mail, or alice. */
function usersOf(messages: TestMessages): Record<string, string> {
  const names = Object.keys(messages);
  const users = names.length === 0 ? ["alice"] : names;
  return Object.fromEntries(users.map((name) => [name, "secret"]));
}
