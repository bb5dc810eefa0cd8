/**
 * A TCP or TLS connection of the platform, as a stream of byte arrays.
 *
 * @module
 */

import { heardFrom } from "../storage/lone_client.ts";

/** What is used of a `Deno.Conn`. */
export type Connection = Pick<
  Deno.Conn,
  "localAddr" | "remoteAddr" | "read" | "write" | "closeWrite" | "close"
>;

/** What lies under a byte stream: a socket, or TLS over one. */
export interface Channel {
  /**
   * Waits for bytes; null at the end.
   * @param expected how many bytes are known to come
   * @param room where they may be put, and are answered then
   */
  read(expected: number, room?: Uint8Array): Promise<Uint8Array | null>;
  /** Writes all of it; rejects when it stands still for too long. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it; a pending read answers null. Harmless when done twice. */
  close(): void;
  /** Settles when nothing is left of it. */
  readonly closed: Promise<void>;
}

/** A connection that waits for a command pins this much memory. */
const IDLE_BUFFER = 1024;
/** One whose last command was a message that this has room for may send another. */
const BUSY_BUFFER = 16 * 1024;
/** Less room than this at the end of a buffer is not worth a system call. */
const MIN_ROOM = 512;
/** The largest buffer: more gains nothing in one system call. */
const MAX_BUFFER = 256 * 1024;

let channels = 0;

/** Bytes from and to a `Deno.Conn`. */
export class SocketChannel implements Channel {
  /** How many bytes are known to come, for what reads ahead of who knows. */
  expected = 0;
  readonly #conn: Connection;
  readonly #writeTime: number;
  /** Which of the channels of this thread it is. */
  readonly #number = ++channels;
  readonly #ended = Promise.withResolvers<void>();
  #closed = false;
  #failure: unknown;
  /** Room that no reader has been given yet. What was returned is never written to again. */
  #room = new Uint8Array(0);
  /** Bytes given back, to be read again. */
  #unread: Uint8Array | undefined;
  /** The next buffer's size: grows while reads fill their buffers. */
  #size = IDLE_BUFFER;
  /** Since when a write stands still, on the clock of `performance`; undefined while none is under way. */
  #standsSince: number | undefined;
  /** Rings when a write may have stood still for too long. One serves many writes: most end at once. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Takes a connection over.
   * @param writeTime how long a write may stand still, in milliseconds
   */
  constructor(conn: Connection, writeTime: number) {
    // Answers gather before they are written; to hold back the last piece would only delay it.
    if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
    this.#conn = conn;
    this.#writeTime = writeTime;
  }

  /** See {@linkcode Channel.closed}. */
  get closed(): Promise<void> {
    return this.#ended.promise;
  }

  /** See {@linkcode Channel.read}. */
  async read(
    expected: number,
    given?: Uint8Array,
  ): Promise<Uint8Array | null> {
    if (this.#closed) return null;
    const unread = this.#unread;
    if (unread !== undefined) {
      this.#unread = undefined;
      return unread;
    }
    if (given !== undefined) {
      const count = await this.#readInto(given);
      return count === null ? null : given.subarray(0, count);
    }
    const wanted = Math.min(Math.max(expected, this.#size), MAX_BUFFER);
    if (this.#room.length < (expected > 0 ? wanted : MIN_ROOM)) {
      this.#room = new Uint8Array(wanted);
    }
    const room = this.#room;
    const count = await this.#readInto(room);
    if (count === null) return null;
    this.#size = count === room.length
      ? Math.min(Math.max(this.#size, room.length) * 4, MAX_BUFFER)
      : count > IDLE_BUFFER
      ? Math.min(this.#size, BUSY_BUFFER)
      : IDLE_BUFFER;
    this.#room = room.subarray(count);
    // A large buffer must not stay behind when the client falls silent.
    if (this.#room.length > IDLE_BUFFER) this.#room = new Uint8Array(0);
    return room.subarray(0, count);
  }

  async #readInto(room: Uint8Array): Promise<number | null> {
    try {
      const count = await this.#conn.read(room);
      heardFrom(this.#number);
      return count;
    } catch (error) {
      if (this.#closed || isDisconnection(error)) return null;
      throw error;
    }
  }

  /** Takes bytes back that were read too far: the next read answers them. */
  unread(bytes: Uint8Array): void {
    this.#unread = bytes;
  }

  /** Why a write failed, once one has. */
  get failure(): unknown {
    return this.#failure;
  }

  /** See {@linkcode Channel.write}. */
  async write(bytes: Uint8Array): Promise<void> {
    let offset = 0;
    try {
      while (offset < bytes.length) {
        this.#standsSince = performance.now();
        if (!this.#closed) {
          this.#timer ??= setTimeout(this.#look, this.#writeTime);
        }
        offset += await this.#conn.write(
          offset === 0 ? bytes : bytes.subarray(offset),
        );
      }
    } catch (error) {
      throw this.#failure ??= error;
    } finally {
      this.#standsSince = undefined;
    }
  }

  /** Looks whether a write stands still, and again when it will have done so for too long. */
  readonly #look = (): void => {
    this.#timer = undefined;
    if (this.#standsSince === undefined || this.#closed) return;
    const left = this.#standsSince + this.#writeTime - performance.now();
    if (left > 0) {
      this.#timer = setTimeout(this.#look, Math.ceil(left));
      return;
    }
    this.#failure ??= new Deno.errors.TimedOut("The client does not read");
    this.close();
  };

  /** Tells the client that no more bytes will come; reading goes on. */
  async closeWrite(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.#conn.closeWrite();
    } catch (error) {
      if (!this.#closed && !isDisconnection(error)) throw error;
    }
  }

  /** See {@linkcode Channel.close}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#conn.close();
    this.#ended.resolve();
  }
}

/** Whether an error says no more than that the client has gone. */
export function isDisconnection(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.NotConnected;
}
