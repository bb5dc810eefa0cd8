/**
 * A connection without a socket, both ends of it.
 *
 * @module
 */

import type { ByteStream } from "../../protocol/byte_stream.ts";
import { latin1Text } from "../../protocol/wire/text.ts";

/** How long a line may take before a test is given up, in milliseconds. */
const PATIENCE = 10_000;

/** What a connection is like. */
export interface PipeOptions {
  /** Whether TLS is on. Default false. */
  readonly secure?: boolean;
  /** Whether the client is on the same machine. Default true. */
  readonly local?: boolean;
  /** Whether there is a certificate. Default false. */
  readonly tls?: boolean;
  /** Whether the client takes what is written; else a write waits for ever. Default true. */
  readonly reads?: boolean;
}

/** See the module's text. The client's text is a binary string. */
export class Pipe implements ByteStream {
  readonly remote = "192.0.2.1:51234";
  secure: boolean;
  readonly local: boolean;
  readonly #options: PipeOptions;
  readonly #toServer: (Uint8Array | null)[] = [];
  #reading: ((bytes: Uint8Array | null) => void) | undefined;
  #heard = "";
  #closed = false;
  #stir: () => void = () => {};
  /** How many times the server has written. */
  writes = 0;
  /** How many bytes it has written at once, at the most. */
  largestWrite = 0;

  /** A connection that has been accepted. */
  constructor(options: PipeOptions = {}) {
    this.#options = options;
    this.secure = options.secure ?? false;
    this.local = options.local ?? true;
  }

  get canStartTls(): boolean {
    return this.#options.tls === true && !this.secure;
  }

  /** Whether the server has ended the connection. */
  get closed(): boolean {
    return this.#closed;
  }

  read(): Promise<Uint8Array | null> {
    const bytes = this.#toServer.shift();
    if (bytes !== undefined) return Promise.resolve(bytes);
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve) => this.#reading = resolve);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (this.#closed) throw new Error("The connection is closed");
    this.writes++;
    this.largestWrite = Math.max(this.largestWrite, bytes.length);
    this.#heard += latin1Text(bytes);
    this.#stir();
    if (this.#options.reads === false) await new Promise(() => {});
  }

  startTls(): Promise<void> {
    this.secure = true;
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reading?.(null);
    this.#stir();
  }

  /** The client sends. */
  send(text: string): void {
    this.#arrive(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  }

  /** The client sends no more. */
  end(): void {
    this.#arrive(null);
  }

  /** A line that the client hears, without its end; undefined when the connection has ended. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#heard.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#heard.slice(0, end);
        this.#heard = this.#heard.slice(end + 2);
        return line;
      }
      if (this.#closed) return undefined;
      await this.#news();
    }
  }

  /** All that the client hears until the connection ends. */
  async rest(): Promise<string> {
    while (!this.#closed) await this.#news();
    const rest = this.#heard;
    this.#heard = "";
    return rest;
  }

  #arrive(bytes: Uint8Array | null): void {
    const reading = this.#reading;
    this.#reading = undefined;
    if (reading === undefined) this.#toServer.push(bytes);
    else reading(bytes);
  }

  async #news(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#stir = resolve;
    const timer = setTimeout(() => reject(new Error("Nothing came")), PATIENCE);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}
