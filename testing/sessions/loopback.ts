/**
 * A connection without a socket, and a server without listeners.
 *
 * What is sent arrives in pieces, cut and delayed as the turns have it, in order each way.
 *
 * @module
 */

import type { ByteStream } from "../../protocol/byte_stream.ts";
import type {
  DeliveryAddress,
  DeliveryTarget,
  Host,
  Identity,
} from "../../protocol/host.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Turns } from "./turns.ts";

/** Into how many pieces a write is cut at the most. */
const PIECES = 4;

/** The server's end of a connection; the client sends by {@linkcode send} and hears by a function. */
export class Loopback implements ByteStream {
  readonly remote = "loopback";
  readonly secure = true;
  readonly local = true;
  readonly canStartTls = false;
  readonly #turns: Turns;
  readonly #hear: (bytes: Uint8Array | null) => void;
  readonly #arrived: (Uint8Array | null)[] = [];
  #reading: ((bytes: Uint8Array | null) => void) | undefined;
  #sending: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param hear takes what the server writes, and null when it ends the connection */
  constructor(turns: Turns, hear: (bytes: Uint8Array | null) => void) {
    this.#turns = turns;
    this.#hear = hear;
  }

  /** Sends to the server. */
  send(bytes: Uint8Array): void {
    let from = 0;
    for (let piece = 1; piece < PIECES && from < bytes.length; piece++) {
      const length = this.#turns.choose(bytes.length - from);
      if (length === 0) break;
      this.#arrive(bytes.subarray(from, from + length));
      from += length;
    }
    if (from < bytes.length) this.#arrive(bytes.subarray(from));
  }

  /** Ends the connection from the client's side. */
  end(): void {
    this.#arrive(null);
  }

  #arrive(piece: Uint8Array | null): void {
    this.#sending = this.#sending.then(async () => {
      await this.#turns.next();
      const reading = this.#reading;
      this.#reading = undefined;
      if (reading === undefined) this.#arrived.push(piece);
      else reading(piece);
    });
  }

  /** See {@linkcode ByteStream.read}. */
  read(): Promise<Uint8Array | null> {
    const piece = this.#arrived.shift();
    if (piece !== undefined) return Promise.resolve(piece);
    if (this.#closed) return Promise.resolve(null);
    return new Promise((resolve) => this.#reading = resolve);
  }

  /** See {@linkcode ByteStream.write}. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#turns.next();
    if (this.#closed) throw new Error("The connection is closed");
    this.#hear(bytes);
  }

  /** See {@linkcode ByteStream.startTls}. */
  startTls(): Promise<void> {
    return Promise.reject(new Error("There is no TLS here"));
  }

  /** See {@linkcode ByteStream.close}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#reading?.(null);
    this.#hear(null);
  }
}

/** A server in which everybody may log in. */
export class TestHost implements Host {
  readonly storage: Storage;
  readonly limits = DEFAULT_LIMITS;
  readonly disabledCapabilities: ReadonlySet<string> = new Set();
  readonly insecureAuth = false;
  readonly stopping: AbortSignal = new AbortController().signal;
  readonly trace: Host["trace"] = undefined;
  /** What went wrong in the server. */
  readonly faults: unknown[] = [];

  /** @param batchSize how many bytes gather before they are written */
  constructor(storage: Storage, readonly batchSize: number) {
    this.storage = storage;
  }

  authenticate({ user }: { user: string }): Promise<Identity> {
    return Promise.resolve({ user });
  }

  recipient(
    { localPart }: DeliveryAddress,
  ): Promise<readonly DeliveryTarget[]> {
    return Promise.resolve([{ user: localPart, mailbox: "INBOX" }]);
  }

  login(): boolean {
    return true;
  }

  logout(): void {}

  fault(error: unknown): void {
    this.faults.push(error);
  }

  event(): void {}

  now(): number {
    return 1_000_000_000_000;
  }
}
