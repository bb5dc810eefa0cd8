/**
 * What the benchmark's client sends and receives by: sockets of libc where it may block its thread, those of the
 * runtime otherwise.
 *
 * @module
 */

import { canUseLibc, Socket } from "./socket.ts";

/** A connection, as the client needs it. */
export interface Wire {
  /**
   * Reads some octets into the buffer; null at the end. There is no promise where octets are there already.
   *
   * Rejects when the connection breaks or is closed meanwhile. One read at a time.
   */
  read(buffer: Uint8Array): number | null | Promise<number | null>;
  /** Writes all; there is no promise where the system takes all at once. One write at a time. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Closes the connection; nothing happens when it is closed. */
  close(): void;
}

/** Where to connect, and how. */
export interface Address {
  /** Host name or address. */
  readonly hostname: string;
  /** TCP port. */
  readonly port: number;
  /** The server's certificate, PEM, where TLS is spoken from the beginning. */
  readonly caCert?: string | undefined;
  /**
   * Whether this thread may be blocked while it waits for the server, which is then another process, as is all else
   * that has to go on meanwhile. See `socket.ts`.
   */
  readonly mayBlock?: boolean | undefined;
}

/** Connects; rejects with what the system says when nobody listens. */
export async function connect(to: Address): Promise<Wire> {
  const { hostname, port, caCert, mayBlock } = to;
  if (caCert !== undefined) {
    const caCerts = [caCert];
    return new RuntimeWire(await Deno.connectTls({ hostname, port, caCerts }));
  }
  if (mayBlock && canUseLibc(hostname)) {
    return await Socket.connect(hostname, port);
  }
  const conn = await Deno.connect({ hostname, port });
  conn.setNoDelay(true);
  return new RuntimeWire(conn);
}

/** A connection of the runtime. */
class RuntimeWire implements Wire {
  readonly #conn: Deno.Conn;
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#conn.read(buffer);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(at === 0 ? bytes : bytes.subarray(at));
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}
