/**
 * The life of a server: it listens, lets connections in, serves each, and drains when it is to stop.
 *
 * @module
 */

import { Admission } from "./admission.ts";
import type { Handlers } from "./doors.ts";
import { ServerHost } from "./host.ts";
import { Listener } from "./listener.ts";
import { logger } from "./log.ts";
import {
  DEFAULTS,
  type ListenAddress,
  listenersOf,
  type ReloadOptions,
  type ServeOptions,
} from "./options.ts";
import { Reception } from "./reception.ts";
import { ServerStorage } from "./server_storage.ts";
import { ExpiryWatch } from "./tls/expiry_watch.ts";
import { TlsService } from "./tls/tls_service.ts";

/**
 * A running server.
 *
 * ```ts
 * import { serve } from "@x/imapd";
 *
 * await using server = serve({ port: 0, users: { alice: "secret" } });
 * server.reload({ users: { alice: "new secret", bob: "secret" } });
 * await server.shutdown();
 * await server.finished;
 * ```
 */
export interface ImapServer extends AsyncDisposable {
  /** Where the first listener really listens. */
  readonly addr: ListenAddress;
  /** Where all of them do. */
  readonly addrs: readonly ListenAddress[];
  /** Settles when the server has stopped; never rejects. */
  readonly finished: Promise<void>;
  /**
   * Stops: no new connections, `BYE` to those that are there, time for what is under way, then the end.
   * Settles with {@linkcode finished}.
   */
  shutdown(): Promise<void>;
  /**
   * Changes users, limits, quirks or certificate of a running server.
   * @throws {TypeError} when users, quirks or certificate are none that can be; nothing changes then
   */
  reload(changes: ReloadOptions): void;
  /**
   * Says that what the callbacks list has changed, of one mailbox or of all that a user has open. The lists
   * are asked for anew, and sessions that idle hear of what is new. Settles when that is done.
   */
  notify(user: string, mailbox?: string): Promise<void>;
  /**
   * Ends all sessions of a user, in IMAP with BYE: for applications that decide on logins themselves, when they
   * would decide otherwise by now. Sessions of users who are looked up end of themselves.
   */
  endSessions(user: string): void;
  /** Keeps the process alive while it listens, as it does from the start. */
  ref(): void;
  /** Lets the process end although it listens. */
  unref(): void;
}

/** How long connections may take to end once they are closed, in milliseconds. */
const CLOSE_TIME = 2_000;

/** See {@linkcode ImapServer}. */
export class Server implements ImapServer {
  readonly addrs: readonly ListenAddress[];
  readonly finished: Promise<void>;
  readonly #options: ServeOptions;
  readonly #listeners: Listener[] = [];
  readonly #reception: Reception;
  readonly #host: ServerHost;
  readonly #storage: ServerStorage;
  readonly #stop = new AbortController();
  readonly #log = logger();
  #tls: TlsService | undefined;
  readonly #expiry: ExpiryWatch;

  /**
   * Begins to listen.
   * @throws when an address cannot be bound, or the options cannot be
   */
  constructor(options: ServeOptions, handlers: Handlers) {
    this.#options = options;
    const specs = listenersOf(options);
    if (options.tls !== undefined) this.#tls = new TlsService(options.tls);
    this.#storage = new ServerStorage(
      options,
      (error, about) => this.#host.fault(error, about),
    );
    const settings = { ...DEFAULTS, ...defined(options) };
    const admission = new Admission(settings);
    this.#host = new ServerHost(
      options,
      this.#storage.storage,
      admission,
      this.#stop.signal,
    );
    try {
      this.#reception = new Reception({
        admission,
        host: this.#host,
        handlers,
        tls: () => this.#tls,
        handshakeTime: settings.handshakeTime,
        maxConnections: settings.maxConnections,
        maxConnectionsBeforeLogin: settings.maxConnectionsBeforeLogin,
      }, specs);
      for (const spec of specs) {
        this.#listeners.push(new Listener(spec));
      }
    } catch (error) {
      for (const listener of this.#listeners) listener.close();
      this.#host.close();
      throw error;
    }
    this.addrs = this.#listeners.map(({ address }) => address);
    const accepting = this.#listeners.map((listener, index) =>
      listener.run({
        accepted: (conn) => this.#reception.accept(conn, specs[index]!),
        failed: (error) => this.#host.fault(error, { ...listener.address }),
      })
    );
    this.#expiry = new ExpiryWatch(() => this.#tls?.certificates ?? []);
    this.finished = this.#run(accepting);
    const { signal } = options;
    if (signal?.aborted) this.#stop.abort();
    const stop = () => this.#stop.abort();
    signal?.addEventListener("abort", stop);
    this.finished.then(() => signal?.removeEventListener("abort", stop));
    for (const address of this.addrs) {
      if (options.onListen !== undefined) options.onListen(address);
      else this.#log.info("listening", { ...address });
    }
  }

  get addr(): ListenAddress {
    return this.addrs[0]!;
  }

  shutdown(): Promise<void> {
    this.#stop.abort();
    return this.finished;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  reload(changes: ReloadOptions): void {
    const { users, limits, quirks, tls } = changes;
    if (tls !== undefined && this.#options.tls === undefined) {
      throw new TypeError("A server that began without certificate stays so");
    }
    const service = tls && new TlsService(tls, this.#tls);
    this.#host.reload({
      ...(users === undefined ? {} : { users }),
      ...(limits === undefined ? {} : { limits }),
      ...(quirks === undefined ? {} : { quirks }),
    });
    if (service === undefined) return;
    this.#tls = service;
    this.#expiry.check();
  }

  notify(user: string, mailbox?: string): Promise<void> {
    return this.#storage.notify(user, mailbox);
  }

  endSessions(user: string): void {
    this.#host.endSessions(user);
  }

  ref(): void {
    for (const listener of this.#listeners) listener.setReferenced(true);
  }

  unref(): void {
    for (const listener of this.#listeners) listener.setReferenced(false);
  }

  /** Waits until the server is to stop, then stops it. */
  async #run(accepting: readonly Promise<void>[]): Promise<void> {
    const { signal } = this.#stop;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#expiry.close();
    for (const listener of this.#listeners) listener.close();
    await Promise.all(accepting);
    const { drainTime = DEFAULTS.drainTime } = this.#options;
    await this.#reception.drained(drainTime);
    this.#reception.closeAll();
    await this.#reception.drained(CLOSE_TIME);
    this.#host.close();
    await this.#storage.close();
  }
}

/** An object without the members that are undefined, so that they do not hide defaults. */
function defined<T extends object>(object: T): T {
  const entries = Object.entries(object);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined),
  ) as T;
}
