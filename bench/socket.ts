/**
 * TCP sockets of libc, which take a fraction of what those of the runtime take. What waits, waits in `pump.ts`.
 *
 * @module
 */

import * as C from "./libc.ts";
import { pump, type Wait } from "./pump.ts";
import type { Wire } from "./wire.ts";

/** Whether there is a libc to call, and the host has an IPv4 address that needs no look-up. */
export function canUseLibc(hostname: string): boolean {
  return C.libc !== undefined && addressOf(hostname) !== undefined;
}

/** A connection over IPv4 by a socket that does not block; one reader and one writer at a time. */
export class Socket implements Wire, Disposable {
  #fd: number;
  #reading: Waiting | undefined;
  #writing: Waiting | undefined;
  /** Whether an answer is to be waited for that cannot be there yet. */
  #asked = false;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Connects to an IPv4 address, or to `localhost`; rejects when nobody listens there. */
  static async connect(hostname: string, port: number): Promise<Socket> {
    const address = addressOf(hostname);
    if (address === undefined) throw new Error(`No IPv4 address: ${hostname}`);
    const libc = C.libc!;
    const fd = libc.socket(C.AF_INET, C.STREAM, 0);
    if (fd < 0) throw new Error("No socket: too many may be open");
    const socket = new Socket(fd);
    try {
      libc.setsockopt(fd, C.TCP, C.NODELAY, ONE, ONE.byteLength);
      // struct sockaddr_in: family in the machine's order, port and address in the network's, zeros
      const name = new Uint8Array(16);
      name.set([C.AF_INET, 0, port >> 8, port & 255, ...address]);
      if (libc.connect(fd, name, name.length) === 0) return socket;
      // It is under way, or it failed at once, which leaves a socket that has hung up.
      const revents = await socket.#untilWritable();
      const error = new Int32Array(1);
      libc.getsockopt(fd, C.SOCKET, C.ERROR, error, Int32Array.of(4));
      if (error[0] === 0 && (revents & C.POLL_BROKEN) === 0) return socket;
      const where = `${hostname}:${port}`;
      if (error[0] === C.REFUSED) {
        throw new Deno.errors.ConnectionRefused(`Nobody listens at ${where}`);
      }
      throw new Error(`Cannot connect to ${where}: error ${error[0]}`);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Reads some octets into the buffer; null at the end. Rejects when the connection breaks or is closed. */
  read(buffer: Uint8Array): number | null | Promise<number | null> {
    if (this.#fd >= 0 && !this.#asked && pump!.mayTry()) {
      const got = C.libc!.recv(this.#fd, buffer, buffer.length, 0);
      if (got >= 0) return got === 0 ? null : got;
      // A server may hold back the end of an answer until its beginning is acknowledged, for 40 ms.
      C.libc!.setsockopt(this.#fd, C.TCP, C.QUICKACK, ONE, ONE.byteLength);
    }
    this.#asked = false;
    return this.#readLater(buffer);
  }

  async #readLater(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const revents = await this.#untilReadable();
      const got = C.libc!.recv(this.#fd, buffer, buffer.length, 0);
      if (got >= 0) return got === 0 ? null : got;
      if ((revents & C.POLL_BROKEN) !== 0) throw new Error(BROKEN);
    }
  }

  /** Writes all; there is no promise where the system takes all at once. */
  write(bytes: Uint8Array): void | Promise<void> {
    this.#asked = true;
    let sent = 0;
    if (this.#fd >= 0 && pump!.mayTry()) {
      sent = C.libc!.send(this.#fd, bytes, bytes.length, C.NO_SIGNAL);
      if (sent === bytes.length) return;
    }
    return this.#writeLater(bytes, Math.max(sent, 0));
  }

  async #writeLater(bytes: Uint8Array, at: number): Promise<void> {
    while (at < bytes.length) {
      const revents = await this.#untilWritable();
      const rest = bytes.subarray(at);
      const sent = C.libc!.send(this.#fd, rest, rest.length, C.NO_SIGNAL);
      if (sent >= 0) at += sent;
      else if ((revents & C.POLL_BROKEN) !== 0) throw new Error(BROKEN);
    }
  }

  /** Closes the socket, if it is open; who waits for it is told. */
  close(): void {
    if (this.#fd < 0) return;
    C.libc!.close(this.#fd);
    this.#fd = -1;
    this.#reading?.giveUp();
    this.#writing?.giveUp();
  }

  /** Closes the socket, if it is open. */
  [Symbol.dispose](): void {
    this.close();
  }

  #untilReadable(): Promise<number> {
    return (this.#reading = new Waiting(this.#fd, C.POLL_IN)).promise;
  }

  #untilWritable(): Promise<number> {
    return (this.#writing = new Waiting(this.#fd, C.POLL_OUT)).promise;
  }
}

const ONE = Int32Array.of(1);
const BROKEN = "The connection is broken";
const CLOSED = "The connection was closed here";

/** Waits in the pump until a socket is ready; settles with what `poll` says. */
class Waiting implements Wait {
  fd: number;
  readonly events: number;
  readonly promise: Promise<number>;
  readonly ready: (revents: number) => void;
  readonly #reject: (error: Error) => void;

  constructor(fd: number, events: number) {
    this.fd = fd;
    this.events = events;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.promise = promise;
    this.ready = resolve;
    this.#reject = reject;
    if (fd < 0) reject(new Error(CLOSED));
    else pump!.add(this);
  }

  /** Ends the wait, unless it has ended. */
  giveUp(): void {
    if (this.fd < 0) return;
    this.fd = -1;
    this.#reject(new Error(CLOSED));
  }
}

function addressOf(hostname: string): number[] | undefined {
  const host = hostname === "localhost" ? "127.0.0.1" : hostname;
  const bytes = /^\d{1,3}(\.\d{1,3}){3}$/.test(host)
    ? host.split(".").map(Number)
    : [];
  return bytes.length === 4 && bytes.every((byte) => byte < 256)
    ? bytes
    : undefined;
}
