/**
 * Receives connections: finds out who it is, lets in or refuses, puts TLS beneath, hands over to the
 * protocol, and knows all that are there until they have ended.
 *
 * @module
 */

import type { BlockList } from "node:net";
import type { ByteStream } from "../protocol/byte_stream.ts";
import type { Admission } from "./admission.ts";
import { SocketStream } from "./byte_stream.ts";
import { DOORS, type Handlers, TOO_MANY } from "./doors.ts";
import type { ServerHost } from "./host.ts";
import type { Log } from "./log.ts";
import type { ListenerSpec } from "./options.ts";
import { type Peer, peerOf } from "./peer.ts";
import { ProxyHeaderError, readProxyHeader } from "./proxy_protocol.ts";
import { type Connection, SocketChannel } from "./socket_channel.ts";
import { includes, networksOf } from "./networks.ts";
import type { TlsService } from "./tls/tls_service.ts";

/** How many at once get to hear that there are too many: it must not cost more than being let in. */
const MAX_REFUSALS = 64;
/** How long that may take, in milliseconds. */
const REFUSAL_TIME = 5_000;

/** What a {@linkcode Reception} works with. */
export interface ReceptionOptions {
  /** Who is there. */
  readonly admission: Admission;
  /** The server as protocols see it. */
  readonly host: ServerHost;
  /** What speaks each protocol. */
  readonly handlers: Handlers;
  /** TLS as it is spoken at that moment, or undefined where there is no certificate. */
  readonly tls: () => TlsService | undefined;
  /** How long a handshake for TLS, or a PROXY header, may take, in milliseconds. */
  readonly handshakeTime: number;
  /** Connections that may be there at once. */
  readonly maxConnections: number;
  /** How many of them may be there without a login. */
  readonly maxConnectionsBeforeLogin: number;
}

/** See the module's text. */
export class Reception {
  readonly #options: ReceptionOptions;
  /** Connections under way, with what ends each at once. */
  readonly #connections = new Map<Promise<void>, () => void>();
  /** The proxies of the listeners that have some. */
  readonly #proxies = new Map<ListenerSpec, BlockList>();
  /** Connections on which nobody has logged in, the oldest first. LMTP has no login. */
  readonly #strangers = new Set<ByteStream>();
  readonly #log: Log;
  #refusals = 0;

  /** @throws {TypeError} for a proxy that is no address */
  constructor(options: ReceptionOptions, listeners: readonly ListenerSpec[]) {
    this.#options = options;
    this.#log = options.host.log;
    options.host.onLogin = (stream) => this.#strangers.delete(stream);
    options.host.onLogout = (stream) => this.#meet(stream);
    for (const listener of listeners) {
      if (listener.proxies === undefined) continue;
      this.#proxies.set(listener, networksOf(listener.proxies));
    }
  }

  /** Takes a connection that a listener has accepted. */
  accept(conn: Connection, listener: ListenerSpec): void {
    const { host, maxConnections } = this.#options;
    const full = this.#connections.size >= maxConnections + MAX_REFUSALS;
    if (host.stopping.aborted || full) return conn.close();
    const channel = new SocketChannel(conn, host.limits.writeTime);
    const peer = peerOf(conn);
    const task: Promise<void> = this.#receive(channel, peer, listener)
      .catch((error) => host.fault(error, { remote: peer.remote }))
      .finally(() => this.#connections.delete(task));
    this.#connections.set(task, () => channel.close());
  }

  /** Settles when no connection is left, or the time is over. */
  async drained(time: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, time);
    });
    await Promise.race([over, Promise.all(this.#connections.keys())]);
    clearTimeout(timer);
  }

  /** Ends all that are there, at once. */
  closeAll(): void {
    for (const close of this.#connections.values()) close();
  }

  async #receive(
    channel: SocketChannel,
    accepted: Peer,
    listener: ListenerSpec,
  ): Promise<void> {
    const { admission, host } = this.#options;
    const peer = await this.#peerBehind(channel, accepted, listener);
    if (peer === undefined || host.stopping.aborted) return channel.close();
    if (admission.enter(peer.address)) {
      try {
        await this.#serve(channel, peer, listener);
      } finally {
        admission.leave(peer.address);
      }
    } else if (this.#refusals < MAX_REFUSALS) {
      this.#log.warning("too many connections", { remote: peer.remote });
      this.#refusals++;
      try {
        await this.#refuse(channel, peer, listener);
      } finally {
        this.#refusals--;
      }
    } else channel.close();
  }

  /** Whoever is behind the proxy, where there is one; undefined for a connection that is none of ours. */
  async #peerBehind(
    channel: SocketChannel,
    peer: Peer,
    listener: ListenerSpec,
  ): Promise<Peer | undefined> {
    const proxies = this.#proxies.get(listener);
    if (proxies === undefined) return peer;
    if (peer.address !== undefined && !includes(proxies, peer.address)) {
      this.#log.warning("not a proxy", { remote: peer.remote });
      return undefined;
    }
    const close = () => channel.close();
    const { host: { stopping }, handshakeTime } = this.#options;
    const timer = setTimeout(close, handshakeTime);
    stopping.addEventListener("abort", close);
    try {
      const client = await readProxyHeader(channel);
      if (client === undefined) return peer;
      const secure = client.secure || listener.tlsAtProxy === true;
      return { ...client, secure };
    } catch (error) {
      if (!(error instanceof ProxyHeaderError)) throw error;
      const about = { remote: peer.remote, reason: error.message };
      this.#log.warning("bad proxy header", about);
      return undefined;
    } finally {
      clearTimeout(timer);
      stopping.removeEventListener("abort", close);
    }
  }

  async #serve(
    channel: SocketChannel,
    peer: Peer,
    { kind }: ListenerSpec,
  ): Promise<void> {
    const { handshakeTime, handlers, host } = this.#options;
    const stream = this.#streamOf(channel, peer, handshakeTime);
    const { protocol, tls } = DOORS[kind];
    if (protocol !== "lmtp") this.#meet(stream);
    try {
      if (tls && !await this.#beginTls(stream)) return;
      await handlers[protocol](stream, host);
    } finally {
      this.#strangers.delete(stream);
      stream.close();
      await stream.closed;
    }
  }

  /** Counts one who has not logged in. Where there are too many, the one who has taken longest goes. */
  #meet(stream: ByteStream): void {
    this.#strangers.add(stream);
    if (this.#strangers.size <= this.#options.maxConnectionsBeforeLogin) return;
    const oldest = this.#strangers.values().next().value!;
    this.#strangers.delete(oldest);
    this.#log.warning("too many without a login", { remote: oldest.remote });
    oldest.close();
  }

  async #refuse(
    channel: SocketChannel,
    peer: Peer,
    { kind }: ListenerSpec,
  ): Promise<void> {
    const stream = this.#streamOf(channel, peer, REFUSAL_TIME);
    const { protocol, tls } = DOORS[kind];
    const timer = setTimeout(() => channel.close(), 2 * REFUSAL_TIME);
    try {
      if (tls && !await this.#beginTls(stream)) return;
      await stream.write(new TextEncoder().encode(TOO_MANY[protocol]));
    } catch {
      // The client has gone already.
    } finally {
      clearTimeout(timer);
      stream.close();
      await stream.closed;
    }
  }

  #streamOf(
    channel: SocketChannel,
    peer: Peer,
    handshakeTime: number,
  ): SocketStream {
    const { tls } = this.#options;
    return new SocketStream(channel, peer, { handshakeTime, tls });
  }

  /** Performs the handshake of a connection that begins with TLS; false when it came to nothing. */
  async #beginTls(stream: SocketStream): Promise<boolean> {
    const { stopping } = this.#options.host;
    const end = () => stream.close();
    stopping.addEventListener("abort", end);
    try {
      await stream.startTls();
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.debug("handshake failed", { remote: stream.remote, reason });
      return false;
    } finally {
      stopping.removeEventListener("abort", end);
    }
  }
}
