/**
 * The server's side of STARTTLS (RFC 9051 § 6.2.1).
 *
 * `Deno.startTls` speaks for clients alone, so the handshake is that of `node:tls`, over a duplex stream
 * around the connection. The duplex begins with the first byte that nobody has read: whoever calls must
 * have none in a buffer of its own.
 *
 * @module
 */

import { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import type { Channel, SocketChannel } from "./socket_channel.ts";

/** TLS records carry up to 16 KiB; a little more takes one whole record with its frame. */
const RECORD = 16 * 1024 + 256;
/** How long the end of a connection may take once it is asked for: close_notify must fit through. */
const CLOSE_TIME = 1_000;

/** Wraps a channel so that `node:tls` can have it. */
function duplexOver(channel: SocketChannel): Duplex {
  const duplex: Duplex = new Duplex({
    read() {
      channel.read(RECORD).then(
        (bytes) => duplex.push(bytes),
        (error) => duplex.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      channel.write(chunk).then(() => done(), done);
    },
    final(done) {
      channel.closeWrite().then(() => done(), done);
    },
    destroy(error, done) {
      channel.close();
      done(error);
    },
  });
  return duplex;
}

/**
 * Performs the server's side of a TLS handshake.
 * @param channel the connection; from now on it belongs to the one returned
 * @param context certificate and key
 * @param handshakeTime how long the handshake may take, in milliseconds
 * @throws when the handshake fails or takes too long; the connection is closed then
 */
export async function startTls(
  channel: SocketChannel,
  context: SecureContext,
  handshakeTime: number,
): Promise<Channel> {
  const duplex = duplexOver(channel);
  const socket = new TLSSocket(duplex, {
    isServer: true,
    secureContext: context,
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (reason: string) => reject(new Error(reason));
  const onClose = () => fail("The connection closed during the TLS handshake");
  const timer = setTimeout(
    () => fail("The TLS handshake took too long"),
    handshakeTime,
  );
  // An error listener stays for good: one without a listener would end the process.
  socket.on("error", (error: Error) => reject(error));
  duplex.on("error", (error: Error) => reject(error));
  socket.once("secure", resolve);
  socket.once("close", onClose);
  duplex.once("close", onClose);
  channel.closed.then(onClose);
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    duplex.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off("close", onClose);
    duplex.off("close", onClose);
  }
  return new TlsChannel(socket, duplex, channel);
}

/** Bytes through TLS. */
class TlsChannel implements Channel {
  readonly #socket: TLSSocket;
  readonly #duplex: Duplex;
  readonly #under: SocketChannel;
  /** Wakes the read that waits. */
  #wake: () => void = () => {};
  /** Rejects the write that waits; there is one at a time. */
  #failWrite: (error: unknown) => void = () => {};
  #ended = false;
  #closed = false;

  constructor(socket: TLSSocket, duplex: Duplex, under: SocketChannel) {
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

  get closed(): Promise<void> {
    return this.#under.closed;
  }

  async read(): Promise<Uint8Array | null> {
    while (!this.#closed) {
      const chunk: Uint8Array | null = this.#socket.read();
      if (chunk !== null) return chunk;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return null;
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failWrite = reject;
      this.#socket.write(bytes, (error) => {
        if (error) reject(this.#under.failure ?? error);
        else resolve();
      });
    });
  }

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
