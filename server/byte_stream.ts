/**
 * The byte stream of a protocol over a socket, with TLS put beneath it at the start or later.
 *
 * @module
 */

import type { SecureContext } from "node:tls";
import type { ByteStream } from "../protocol/byte_stream.ts";
import type { Peer } from "./peer.ts";
import type { Channel, SocketChannel } from "./socket_channel.ts";
import { startTls } from "./starttls.ts";

/** What a stream needs to know besides its connection. */
export interface SocketStreamOptions {
  /** The certificate as it is at that moment, or undefined where there is none. */
  readonly tlsContext: () => SecureContext | undefined;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshakeTime: number;
}

/** See {@linkcode ByteStream}. */
export class SocketStream implements ByteStream {
  /** See {@linkcode ByteStream.remote}. */
  readonly remote: string;
  /** See {@linkcode ByteStream.local}. */
  readonly local: boolean;
  readonly #options: SocketStreamOptions;
  readonly #socket: SocketChannel;
  #channel: Channel;
  #secure = false;
  #closed = false;
  /** Reads that wait: during a handshake there may be none. */
  #reading = 0;
  /** Writes under way, and when the last of them will have settled. */
  #writes = 0;
  #lastWrite: Promise<void> = Promise.resolve();

  /** Takes an accepted connection over. */
  constructor(socket: SocketChannel, peer: Peer, options: SocketStreamOptions) {
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
    return !this.#secure && this.#options.tlsContext() !== undefined;
  }

  /** Settles when the connection is gone, a while after {@linkcode close} where TLS says goodbye. */
  get closed(): Promise<void> {
    return this.#channel.closed;
  }

  /** See {@linkcode ByteStream.read}. */
  async read(expected = 0): Promise<Uint8Array | null> {
    if (this.#closed) return null;
    this.#reading++;
    try {
      return await this.#channel.read(expected);
    } catch (error) {
      if (this.#closed) return null;
      throw error;
    } finally {
      this.#reading--;
    }
  }

  /** See {@linkcode ByteStream.write}. */
  async write(bytes: Uint8Array): Promise<void> {
    const before = this.#writes++ === 0 ? undefined : this.#lastWrite;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastWrite = promise;
    try {
      if (before !== undefined) await before;
      await this.#channel.write(bytes);
    } finally {
      this.#writes--;
      resolve();
    }
  }

  /**
   * See {@linkcode ByteStream.startTls}. The connection is closed when the handshake fails.
   * @throws when there is no certificate, TLS is on already, or a read or write is under way
   */
  async startTls(): Promise<void> {
    const context = this.#options.tlsContext();
    if (this.#secure || context === undefined) {
      throw new Error("There is no TLS to start");
    }
    if (this.#reading > 0 || this.#writes > 0) {
      throw new Error("TLS cannot start while a read or a write is under way");
    }
    this.#secure = true;
    try {
      this.#channel = await startTls(
        this.#socket,
        context,
        this.#options.handshakeTime,
      );
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
