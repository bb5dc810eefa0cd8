/**
 * The life of a server: it listens, lets connections in, serves each, and drains when it is to stop.
 *
 * @module
 */

import { Admission } from "./admission.ts";
import { OwnCounts, SharedCounts } from "./counts.ts";
import type { Handlers } from "./doors.ts";
import { ServerHost } from "./host.ts";
import { Listener } from "./listener.ts";
import { logger } from "./log.ts";
import {
  DEFAULTS,
  type ListenAddress,
  listenersOf,
  type ListenerSpec,
  type ReloadOptions,
  type ServeOptions,
} from "./options.ts";
import { Reception } from "./reception.ts";
import { ServerStorage } from "./server_storage.ts";
import { warmUp } from "./warm_up.ts";
import { ExpiryWatch } from "./tls/expiry_watch.ts";
import { TlsService } from "./tls/tls_service.ts";
import type { ConnectionLimits } from "./workers/messages.ts";
import { boundsOf, WorkerPool } from "./workers/pool.ts";

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
  /**
   * Settles when the threads that there are from the start listen too, and each has played what `warmUp` asks for, or the
   * server stops; never rejects.
   */
  readonly ready: Promise<void>;
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
/** How long a thread may take for that and to close what it has opened, in milliseconds. */
const THREAD_CLOSE_TIME = 10_000;

/** See {@linkcode ImapServer}. */
export class Server implements ImapServer {
  readonly addrs: readonly ListenAddress[];
  readonly ready: Promise<void>;
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
  /** Settles when nothing is played any more that nobody has asked for. */
  readonly #warm: Promise<void>;
  /** The threads beside this one. */
  readonly #workers: WorkerPool | undefined;

  /**
   * Begins to listen.
   * @param everywhere who is there, at this server and those before it that listen to the same ports
   * @throws when an address cannot be bound, or the options cannot be
   */
  constructor(
    options: ServeOptions,
    handlers: Handlers,
    everywhere?: Admission,
  ) {
    this.#options = options;
    const threads = options.workers === undefined
      ? 1
      : boundsOf(options.workers).max;
    const workers = threads === 1 ? undefined : options.workers;
    const specs = listenersOf(options);
    if (options.tls !== undefined) this.#tls = new TlsService(options.tls);
    this.#storage = new ServerStorage(
      options,
      (error, about) => this.#host.fault(error, about),
    );
    const given = { ...DEFAULTS, ...defined(options) };
    const maxConnectionsBeforeLogin = Math.ceil(
      given.maxConnectionsBeforeLogin / threads,
    );
    const settings = { ...given, maxConnectionsBeforeLogin };
    const counts = workers === undefined
      ? undefined
      : SharedCounts.for(2 * settings.maxConnections + 1);
    const admission = everywhere ??
      new Admission(settings, counts ?? new OwnCounts());
    const first = workers === undefined ? undefined : "first";
    const reusePort = everywhere === undefined ? first : "more";
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
        maxConnectionsBeforeLogin,
      }, specs);
      for (const spec of specs) {
        this.#listeners.push(new Listener(spec, reusePort));
      }
      if (workers !== undefined) {
        this.#workers = new WorkerPool({
          workers,
          listeners: this.#sharedListeners(specs),
          admission: connectionLimits(settings),
          counts: counts!,
          failed: (error) => this.#lose(error),
          missed: (error) =>
            this.#host.fault(error, { workers: this.#workers?.size }),
        });
      }
    } catch (error) {
      for (const listener of this.#listeners) listener.close();
      this.#host.close();
      throw error;
    }
    this.#warm = this.#warmUp(handlers);
    this.ready = Promise.all([this.#workers?.ready, this.#warm]).then(() => {});
    this.addrs = this.#listeners.map(({ address }) => address);
    const accepting = this.#listeners.map((listener, index) =>
      listener.run({
        accepted: (conn) => {
          this.#reception.accept(conn, specs[index]!);
          this.#workers?.grow(admission.connections);
        },
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
    this.#workers?.reload();
    if (service === undefined) return;
    this.#tls = service;
    this.#expiry.check();
  }

  async notify(user: string, mailbox?: string): Promise<void> {
    await Promise.all([
      this.#storage.notify(user, mailbox),
      this.#workers?.notify(user, mailbox),
    ]);
  }

  endSessions(user: string): void {
    this.#host.endSessions(user);
    this.#workers?.endSessions(user);
  }

  ref(): void {
    for (const listener of this.#listeners) listener.setReferenced(true);
  }

  unref(): void {
    for (const listener of this.#listeners) listener.setReferenced(false);
  }

  /** The sockets that other threads listen to as well: those with a port, which is known by now. */
  #sharedListeners(specs: readonly ListenerSpec[]): ListenerSpec[] {
    return specs.flatMap((spec, index) =>
      spec.path === undefined
        ? { ...spec, port: this.#listeners[index]!.address.port }
        : []
    );
  }

  async #warmUp(handlers: Handlers): Promise<void> {
    const { warmUp: openStorage } = this.#options;
    if (openStorage === undefined) return;
    const [tls, stopping] = [this.#tls, this.#stop.signal];
    try {
      await warmUp({ openStorage, handlers, tls, stopping });
    } catch (error) {
      this.#log.warning("not warmed up", { error });
    }
  }

  /** A thread has gone, with all its connections: a server that is not whole stops. */
  #lose(error: Error): void {
    this.#host.fault(error, { workers: this.#workers?.size });
    this.#stop.abort();
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
    const workers = this.#workers?.close(drainTime + THREAD_CLOSE_TIME);
    await this.#reception.drained(drainTime);
    this.#reception.closeAll();
    await this.#reception.drained(CLOSE_TIME);
    await Promise.all([workers, this.#warm]);
    this.#host.close();
    await this.#storage.close();
  }
}

/** What threads are told of how many connections there may be. */
function connectionLimits(
  {
    maxConnections,
    maxConnectionsPerAddress,
    maxConnectionsPerUser,
    maxConnectionsBeforeLogin,
  }: ConnectionLimits,
): ConnectionLimits {
  return {
    maxConnections,
    maxConnectionsPerAddress,
    maxConnectionsPerUser,
    maxConnectionsBeforeLogin,
  };
}

/** An object without the members that are undefined, so that they do not hide defaults. */
function defined<T extends object>(object: T): T {
  const entries = Object.entries(object);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined),
  ) as T;
}
