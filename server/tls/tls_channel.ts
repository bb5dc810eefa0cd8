/**
 * Bytes through TLS, once the handshake is done.
 *
 * @module
 */

import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { ClientCertificate } from "../../protocol/sasl/server.ts";
import type { Channel, SocketChannel } from "../socket_channel.ts";

/** How long the end of a connection may take once it is asked for: close_notify must fit through. */
const CLOSE_TIME = 1_000;

/** What a handshake has come to. */
export interface TlsState {
  /** The certificate that the client has shown, verified. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** The data of channel binding `tls-server-end-point`, or undefined where there is none. */
  readonly endPoint: Uint8Array | undefined;
}

/** See the module's text. */
export class TlsChannel implements Channel {
  /** See {@linkcode TlsState}. */
  readonly state: TlsState;
  readonly #socket: TLSSocket;
  readonly #duplex: Duplex;
  readonly #under: SocketChannel;
  /** Wakes the read that waits. */
  #wake: () => void = () => {};
  /** Rejects the write that waits; there is one at a time. */
  #failWrite: (error: unknown) => void = () => {};
  #ended = false;
  #closed = false;

  /**
   * Takes over what a handshake has made.
   * @param socket what speaks TLS
   * @param duplex what it speaks over
   * @param under the connection
   */
  constructor(
    socket: TLSSocket,
    duplex: Duplex,
    under: SocketChannel,
    state: TlsState,
  ) {
    this.state = state;
    this.#socket = socket;
    this.#duplex = duplex;
    this.#under = under;
    const ended = () => {
      this.#ended = true;
      this.#wake();
    };
    socket.on("readable", () => this.#wake());
    // A record that does not decrypt ends the connection, as does one that is cut off.
    for (const event of ["end", "error", "close"]) socket.once(event, ended);
    duplex.once("close", ended);
    // `node:tls` does not tell a write that waits when the socket beneath it has gone.
    under.closed.then(() => {
      ended();
      this.#failWrite(under.failure ?? new Deno.errors.BrokenPipe("Closed"));
    });
  }

  /** See {@linkcode Channel.closed}. */
  get closed(): Promise<void> {
    return this.#under.closed;
  }

  /** See {@linkcode Channel.read}. */
  async read(expected: number): Promise<Uint8Array | null> {
    this.#under.expected = expected;
    while (!this.#closed) {
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk !== null) return chunk;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return null;
  }

  /** See {@linkcode Channel.write}. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failWrite = reject;
      this.#socket.write(bytes, (error) => {
        if (error) reject(this.#under.failure ?? error);
        else resolve();
      });
    });
  }

  /** See {@linkcode Channel.close}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#wake();
    const end = () => {
      clearTimeout(timer);
      this.#socket.destroy();
      this.#duplex.destroy();
      this.#under.close();
    };
    const timer = setTimeout(end, CLOSE_TIME);
    this.#socket.once("close", end);
    this.#socket.end(end);
  }
}
