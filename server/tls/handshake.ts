/**
 * The server's side of a TLS handshake, at the start of a connection or by STARTTLS (RFC 9051 § 6.2.1).
 *
 * `Deno.startTls` speaks for clients alone, so the handshake is that of `node:tls`, over a duplex stream
 * around the connection. The duplex begins with the first byte that nobody has read: whoever calls must
 * have none in a buffer of its own.
 *
 * @module
 */

import { Duplex } from "node:stream";
import { createServer, type TlsOptions, TLSSocket } from "node:tls";
import type { SocketChannel } from "../socket_channel.ts";
import { TlsChannel } from "./tls_channel.ts";
import type { TlsService } from "./tls_service.ts";

type SniCallback = NonNullable<TlsOptions["SNICallback"]>;

/**
 * Performs the server's side of a TLS handshake.
 * @param channel the connection; from now on it belongs to the one returned
 * @param tls certificates, versions, and whose certificates to believe
 * @param handshakeTime how long the handshake may take, in milliseconds
 * @throws when the handshake fails or takes too long; the connection is closed then
 */
export async function startTls(
  channel: SocketChannel,
  tls: TlsService,
  handshakeTime: number,
): Promise<TlsChannel> {
  let certificate = tls.certificateFor("");
  const choose: SniCallback = (name, done) => {
    certificate = tls.certificateFor(name);
    done(null, certificate.context);
  };
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const fail = (reason: string) => reject(new Error(reason));
  const onClose = () => fail("The connection closed during the TLS handshake");
  // `node:tls` would wait on for a client that has said its last.
  const duplex = duplexOver(channel, onClose);
  const timer = setTimeout(
    () => fail("The TLS handshake took too long"),
    handshakeTime,
  );
  // An error listener stays for good: one without a listener would end the process.
  duplex.on("error", reject);
  duplex.once("close", onClose);
  channel.closed.then(onClose);
  try {
    if (tls.clients === undefined) beginAlone();
    else beginAsking(handshakeTime);
    const socket = await promise;
    return new TlsChannel(socket, duplex, channel, {
      clientCertificate: tls.clients?.of(socket),
      endPoint: certificate.endPoint,
    });
  } catch (error) {
    duplex.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    duplex.off("close", onClose);
  }

  /** Lets only the server show a certificate. */
  function beginAlone(): void {
    const socket = new TLSSocket(duplex, {
      isServer: true,
      secureContext: tls.context,
      // What a client asks for is looked at where it makes a difference: that costs memory.
      ...(tls.hasOneCertificate ? {} : { SNICallback: choose }),
    });
    socket.on("error", reject);
    socket.once("secure", () => resolve(socket));
    duplex.once("close", () => socket.destroy());
  }

  /** Asks the client for a certificate. Only a server of `node:tls` tells whether it could be verified. */
  function beginAsking(handshakeTimeout: number): void {
    const server = createServer({
      requestCert: true,
      rejectUnauthorized: false,
      SNICallback: choose,
      handshakeTimeout,
    });
    server.once("tlsClientError", (error, socket) => {
      socket.destroy();
      reject(error);
    });
    server.once("secureConnection", (socket) => {
      socket.on("error", reject);
      resolve(socket);
    });
    server.emit("connection", duplex);
  }
}

/**
 * Wraps a channel so that `node:tls` can have it.
 * @param ended called when no more bytes come
 */
function duplexOver(channel: SocketChannel, ended: () => void): Duplex {
  const duplex: Duplex = new Duplex({
    read() {
      channel.read(channel.expected).then(
        (bytes) => {
          if (bytes === null) ended();
          // So that a stream that has read all there was waits with a small buffer.
          else channel.expected -= bytes.length;
          duplex.push(bytes);
        },
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
