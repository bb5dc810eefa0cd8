/**
 * The byte stream of a protocol over a socket, with TLS put beneath it at the start or later.
 *
 * @module
 */

import type { ByteStream } from "../protocol/byte_stream.ts";
import type {
  ChannelBinding,
  ClientCertificate,
} from "../protocol/sasl/server.ts";
import type { Peer } from "./peer.ts";
import type { Channel, SocketChannel } from "./socket_channel.ts";
import { startTls } from "./tls/handshake.ts";
import type { TlsState } from "./tls/tls_channel.ts";
import type { TlsService } from "./tls/tls_service.ts";

/** What a stream needs to know besides its connection. */
export interface SocketStreamOptions {
  /** TLS as it is spoken at that moment, or undefined where there is no certificate. */
  readonly tls: () => TlsService | undefined;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshakeTime: number;
}

/** See {@linkcode ByteStream}. */
export class SocketStream implements ByteStream {
  /** See {@linkcode ByteStream.remote}. */
  readonly remote: string;
  /** See {@linkcode ByteStream.local}. */
  readonly local: boolean;
  readonly #peer: Peer;
  readonly #options: SocketStreamOptions;
  readonly #socket: SocketChannel;
  #channel: Channel;
  #secure = false;
  /** What is known of a client whose TLS ends here. */
  #tls: TlsState | undefined;
  #closed = false;
  /** Reads that wait: during a handshake there may be none. */
  #reading = 0;
  /** Writes under way, and the last of them. */
  #writes = 0;
  #lastWrite: Promise<void> = Promise.resolve();

  /** Takes an accepted connection over. */
  constructor(socket: SocketChannel, peer: Peer, options: SocketStreamOptions) {
    this.#peer = peer;
    this.#options = options;
    this.#socket = socket;
    this.#channel = socket;
    this.#secure = peer.secure;
    this.remote = peer.remote;
    this.local = peer.local;
  }

  /** See {@linkcode ByteStream.secure}. */
  get secure(): boolean {
    return this.#secure;
  }

  /** See {@linkcode ByteStream.canStartTls}. */
  get canStartTls(): boolean {
    return !this.#secure && this.#options.tls() !== undefined;
  }

  /** See {@linkcode ByteStream.clientCertificate}. */
  get clientCertificate(): ClientCertificate | undefined {
    return (this.#tls ?? this.#peer).clientCertificate;
  }

  /** See {@linkcode ByteStream.channelBinding}. Of TLS that ends at a proxy nothing is known. */
  channelBinding(type: ChannelBinding): Uint8Array | undefined {
    // The platform exports no keying material, which `tls-exporter` (RFC 9266) needs.
    return type === "tls-server-end-point" ? this.#tls?.endPoint : undefined;
  }

  /** Settles when the connection is gone, a while after {@linkcode close} where TLS says goodbye. */
  get closed(): Promise<void> {
    return this.#channel.closed;
  }

  /** See {@linkcode ByteStream.read}. */
  async read(expected = 0, room?: Uint8Array): Promise<Uint8Array | null> {
    if (this.#closed) return null;
    this.#reading++;
    try {
      return await this.#channel.read(expected, room);
    } catch (error) {
      if (this.#closed) return null;
      throw error;
    } finally {
      this.#reading--;
    }
  }

  /** See {@linkcode ByteStream.write}. */
  async write(bytes: Uint8Array): Promise<void> {
    const write = () => this.#channel.write(bytes);
    const writing = this.#writes++ === 0
      ? write()
      : this.#lastWrite.then(write, write);
    this.#lastWrite = writing;
    try {
      await writing;
    } finally {
      this.#writes--;
    }
  }

  /**
   * See {@linkcode ByteStream.startTls}. The connection is closed when the handshake fails.
   * @throws when there is no certificate, TLS is on already, or a read or write is under way
   */
  async startTls(): Promise<void> {
    const tls = this.#options.tls();
    if (this.#secure || tls === undefined) {
      throw new Error("There is no TLS to start");
    }
    if (this.#reading > 0 || this.#writes > 0) {
      throw new Error("TLS cannot start while a read or a write is under way");
    }
    this.#secure = true;
    try {
      const { handshakeTime } = this.#options;
      const channel = await startTls(this.#socket, tls, handshakeTime);
      this.#channel = channel;
      this.#tls = channel.state;
    } catch (error) {
      this.close();
      throw error;
    }
    if (this.#closed) this.#channel.close();
  }

  /** See {@linkcode ByteStream.close}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel.close();
  }
}
