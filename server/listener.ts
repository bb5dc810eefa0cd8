/**
 * A port, or a socket in the file system, that is listened to.
 *
 * What begins with TLS is listened to in clear text as well, and TLS begins with the connection: a connection
 * of `Deno.listenTls` cannot be closed during its handshake, so that clients which stall would keep their
 * sockets for as long as they like.
 *
 * @module
 */

import type { ListenAddress, ListenerSpec } from "./options.ts";

/** How long to wait when a connection could not be accepted: for want of file descriptors, mostly. */
const ACCEPT_PAUSE = 100;
/** Who may connect to a socket in the file system: the owner and the group. */
const SOCKET_MODE = 0o660;

/** What a {@linkcode Listener} calls. */
export interface ListenerEvents {
  /** A connection was accepted. */
  accepted(conn: Deno.Conn): void;
  /** One could not be. */
  failed(error: unknown): void;
}

/** A listening socket. */
export class Listener {
  /** Where it really listens. */
  readonly address: ListenAddress;
  readonly #listener: Deno.TcpListener | Deno.UnixListener;
  #closed = false;
  /** Ends a pause at once. */
  #wake: () => void = () => {};

  /**
   * Begins to listen.
   * @param reusePort whether several sockets listen to the same port and share its connections, and this is the
   * first of them or one more
   * @throws when the address cannot be bound
   */
  constructor(options: ListenerSpec, reusePort?: "first" | "more") {
    const { kind, hostname, port, path, mode = SOCKET_MODE } = options;
    if (path === undefined) {
      // Ports that are shared are shared with whoever asks: another server has to be noticed.
      if (reusePort === "first") Deno.listen({ hostname, port: port! }).close();
      const listener = Deno.listen({
        hostname,
        port: port!,
        ...(reusePort === undefined ? {} : { reusePort: true }),
      });
      const bound = listener.addr;
      this.address = { kind, hostname: bound.hostname, port: bound.port };
      this.#listener = listener;
      return;
    }
    removeSocket(path);
    this.#listener = Deno.listen({ transport: "unix", path });
    Deno.chmodSync(path, mode);
    this.address = { kind, hostname: "", port: 0, path };
  }

  /** Accepts until it is closed; never rejects. */
  async run(events: ListenerEvents): Promise<void> {
    while (!this.#closed) {
      try {
        events.accepted(await this.#listener.accept());
      } catch (error) {
        if (this.#closed) return;
        events.failed(error);
        await this.#pause();
      }
    }
  }

  /** Lets it keep the process alive, or not. */
  setReferenced(referenced: boolean): void {
    if (referenced) this.#listener.ref();
    else this.#listener.unref();
  }

  /** Stops to listen. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    this.#wake();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ACCEPT_PAUSE);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Takes a socket away that a server has left, which would be in the way. Anything else stays. */
function removeSocket(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
