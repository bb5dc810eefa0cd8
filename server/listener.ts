/**
 * A port that is listened to.
 *
 * IMAP over TLS is listened to in clear text as well, and TLS begins with the connection: a connection of
 * `Deno.listenTls` cannot be closed during its handshake, so that clients which stall would keep their
 * sockets for as long as they like.
 *
 * @module
 */

import type { ListenAddress, ListenerOptions } from "./options.ts";

/** How long to wait when a connection could not be accepted: for want of file descriptors, mostly. */
const ACCEPT_PAUSE = 100;

/** What a {@linkcode Listener} calls. */
export interface ListenerEvents {
  /** A connection was accepted. */
  accepted(conn: Deno.TcpConn): void;
  /** One could not be. */
  failed(error: unknown): void;
}

/** A listening socket. */
export class Listener {
  /** Where it really listens. */
  readonly address: ListenAddress;
  readonly #listener: Deno.TcpListener;
  #closed = false;
  /** Ends a pause at once. */
  #wake: () => void = () => {};

  /** Begins to listen. @throws when the address cannot be bound */
  constructor(options: ListenerOptions & { readonly hostname: string }) {
    const { kind, hostname, port } = options;
    this.#listener = Deno.listen({ hostname, port });
    const bound = this.#listener.addr;
    this.address = { kind, hostname: bound.hostname, port: bound.port };
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
