/**
 * The life of a server: it listens, lets connections in, serves each, and drains when it is to stop.
 *
 * @module
 */

import { createSecureContext, type SecureContext } from "node:tls";
import type { ByteStream } from "../protocol/byte_stream.ts";
import type { Host } from "../protocol/host.ts";
import { Admission } from "./admission.ts";
import { SocketStream } from "./byte_stream.ts";
import { checkCertificate } from "./certificate_check.ts";
import { ServerHost } from "./host.ts";
import { Listener } from "./listener.ts";
import { logger } from "./log.ts";
import {
  DEFAULTS,
  type ListenAddress,
  type ListenerKind,
  listenersOf,
  type ReloadOptions,
  type ServeOptions,
  type TlsOptions,
} from "./options.ts";
import { ServerStorage } from "./server_storage.ts";

/** Speaks a protocol on a connection until it ends. */
export type ConnectionHandler = (
  stream: ByteStream,
  host: Host,
) => Promise<void>;

/** A running server. */
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
   * Changes users, limits or certificate of a running server.
   * @throws {TypeError} when users or certificate are none that can be; nothing changes then
   */
  reload(changes: ReloadOptions): void;
  /**
   * Says that what the callbacks list has changed, of one mailbox or of all that a user has open. The lists
   * are asked for anew, and sessions that idle hear of what is new. Settles when that is done.
   */
  notify(user: string, mailbox?: string): Promise<void>;
  /** Keeps the process alive while it listens, as it does from the start. */
  ref(): void;
  /** Lets the process end although it listens. */
  unref(): void;
}

/** Said to a connection too many; no protocol is spoken with it. */
const TOO_MANY = new TextEncoder().encode("* BYE Too many connections\r\n");
/** How many at once get to hear it: it must not cost more than a connection that is let in. */
const MAX_REFUSALS = 64;
/** How long that may take, in milliseconds. */
const REFUSAL_TIME = 5_000;
/** How long connections may take to end once they are closed, in milliseconds. */
const CLOSE_TIME = 2_000;

/** See {@linkcode ImapServer}. */
export class Server implements ImapServer {
  readonly addrs: readonly ListenAddress[];
  readonly finished: Promise<void>;
  readonly #options: ServeOptions;
  readonly #handler: ConnectionHandler;
  readonly #listeners: Listener[] = [];
  readonly #admission: Admission;
  readonly #host: ServerHost;
  readonly #storage: ServerStorage;
  readonly #stop = new AbortController();
  /** Connections under way, with what ends each at once. */
  readonly #connections = new Map<Promise<void>, () => void>();
  readonly #log = logger();
  #secureContext: SecureContext | undefined;
  #refusals = 0;

  /**
   * Begins to listen.
   * @throws when an address cannot be bound, or the options cannot be
   */
  constructor(options: ServeOptions, handler: ConnectionHandler) {
    this.#options = options;
    this.#handler = handler;
    const specs = listenersOf(options);
    this.#setCertificate(options.tls);
    this.#storage = new ServerStorage(
      options,
      (error, about) => this.#host.fault(error, about),
    );
    this.#admission = new Admission({ ...DEFAULTS, ...defined(options) });
    this.#host = new ServerHost(
      options,
      this.#storage.storage,
      this.#admission,
      this.#stop.signal,
    );
    try {
      for (const spec of specs) {
        this.#listeners.push(new Listener(spec));
      }
    } catch (error) {
      for (const listener of this.#listeners) listener.close();
      this.#host.close();
      throw error;
    }
    this.addrs = this.#listeners.map(({ address }) => address);
    const accepting = this.#listeners.map((listener) =>
      listener.run({
        accepted: (conn) => this.#accept(conn, listener.address.kind),
        failed: (error) => this.#host.fault(error, { ...listener.address }),
      })
    );
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
    const { users, limits, tls } = changes;
    if (tls !== undefined && this.#options.tls === undefined) {
      throw new TypeError("A server that began without certificate stays so");
    }
    if (tls !== undefined) checkCertificate(tls);
    this.#host.reload({
      ...(users === undefined ? {} : { users }),
      ...(limits === undefined ? {} : { limits }),
    });
    if (tls === undefined) return;
    this.#setCertificate(tls);
  }

  notify(user: string, mailbox?: string): Promise<void> {
    return this.#storage.notify(user, mailbox);
  }

  ref(): void {
    for (const listener of this.#listeners) listener.setReferenced(true);
  }

  unref(): void {
    for (const listener of this.#listeners) listener.setReferenced(false);
  }

  #setCertificate(tls: TlsOptions | undefined): void {
    if (tls === undefined) return;
    checkCertificate(tls);
    this.#secureContext = createSecureContext({ cert: tls.cert, key: tls.key });
  }

  /** Waits until the server is to stop, then stops it. */
  async #run(accepting: readonly Promise<void>[]): Promise<void> {
    const { signal } = this.#stop;
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    for (const listener of this.#listeners) listener.close();
    await Promise.all(accepting);
    await this.#drained(this.#options.drainTime ?? DEFAULTS.drainTime);
    for (const end of this.#connections.values()) end();
    await this.#drained(CLOSE_TIME);
    this.#host.close();
    await this.#storage.close();
  }

  /** Settles when no connection is left, or the time is over. */
  async #drained(time: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, time);
    });
    await Promise.race([over, Promise.all(this.#connections.keys())]);
    clearTimeout(timer);
  }

  #accept(conn: Deno.TcpConn, kind: ListenerKind): void {
    if (this.#stop.signal.aborted) return conn.close();
    const address = conn.remoteAddr.hostname;
    if (this.#admission.enter(address)) {
      this.#track(conn, this.#serve(conn, kind), () => {
        this.#admission.leave(address);
      });
    } else if (this.#refusals < MAX_REFUSALS) {
      this.#refusals++;
      this.#log.warning("too many connections", { remote: address });
      this.#track(conn, this.#refuse(conn, kind), () => this.#refusals--);
    } else conn.close();
  }

  #track(conn: Deno.TcpConn, work: Promise<void>, done: () => void): void {
    const task: Promise<void> = work.catch((error) => {
      this.#host.fault(error, { remote: remoteOf(conn) });
    }).then(() => {
      this.#connections.delete(task);
      done();
    });
    this.#connections.set(task, () => closeConn(conn));
  }

  async #serve(conn: Deno.TcpConn, kind: ListenerKind): Promise<void> {
    const { handshakeTime = DEFAULTS.handshakeTime } = this.#options;
    const stream = this.#streamOf(
      conn,
      handshakeTime,
      this.#host.limits.writeTime,
    );
    try {
      if (kind === "imaps" && !await this.#beginTls(stream)) return;
      await this.#handler(stream, this.#host);
    } finally {
      stream.close();
      await stream.closed;
    }
  }

  async #refuse(conn: Deno.TcpConn, kind: ListenerKind): Promise<void> {
    const stream = this.#streamOf(conn, REFUSAL_TIME, REFUSAL_TIME);
    try {
      if (kind === "imaps" && !await this.#beginTls(stream)) return;
      await stream.write(TOO_MANY);
    } catch {
      // The client has gone already.
    } finally {
      stream.close();
      await stream.closed;
    }
  }

  #streamOf(
    conn: Deno.TcpConn,
    handshakeTime: number,
    writeTime: number,
  ): SocketStream {
    const tlsContext = () => this.#secureContext;
    return new SocketStream(conn, { handshakeTime, writeTime, tlsContext });
  }

  /** Performs the handshake of a connection that begins with TLS; false when it came to nothing. */
  async #beginTls(stream: SocketStream): Promise<boolean> {
    const { signal } = this.#stop;
    const end = () => stream.close();
    signal.addEventListener("abort", end);
    try {
      await stream.startTls();
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.debug("handshake failed", { remote: stream.remote, reason });
      return false;
    } finally {
      signal.removeEventListener("abort", end);
    }
  }
}

function remoteOf(conn: Deno.TcpConn): string {
  return conn.remoteAddr.hostname;
}

function closeConn(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** An object without the members that are undefined, so that they do not hide defaults. */
function defined<T extends object>(object: T): T {
  const entries = Object.entries(object);
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined),
  ) as T;
}
