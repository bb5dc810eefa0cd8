/**
 * What a protocol asks of a connection; the server makes it of a socket, a test of anything.
 *
 * @module
 */

import type { ChannelBinding, ClientCertificate } from "./sasl/server.ts";

/** A connection as bytes, whatever lies beneath: TCP, TLS, later DEFLATE. */
export interface ByteStream {
  /** The client's address, such as `192.0.2.1:51234`, for logs. */
  readonly remote: string;
  /** Whether TLS is on. */
  readonly secure: boolean;
  /** Whether the client is on this machine, so that nobody listens in between. */
  readonly local: boolean;
  /** Whether {@linkcode startTls} can be called: there is a certificate and no TLS yet. */
  readonly canStartTls: boolean;
  /** The certificate that the client has shown in the handshake, verified. */
  readonly clientCertificate?: ClientCertificate | undefined;
  /** The data of a channel binding of TLS (RFC 5056), or undefined where there is none. */
  channelBinding?(type: ChannelBinding): Uint8Array | undefined;
  /**
   * Waits for bytes; null at the end of the stream.
   * @param expected how many bytes are known to come, so that the buffer fits: small while idle
   * @param room where they may be put, which saves who reads a copy: then the answer is how `room` begins
   */
  read(expected?: number, room?: Uint8Array): Promise<Uint8Array | null>;
  /**
   * Writes all of it, in order; settles when the system has taken it. Rejects when the client does not
   * read for the write timeout or the connection breaks. The bytes may change after it has settled.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Performs the server's side of a TLS handshake; from then on all bytes go through it. */
  startTls(): Promise<void>;
  /** Ends the connection; a pending read answers null. Harmless when done twice. */
  close(): void;
}
