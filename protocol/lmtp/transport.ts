/**
 * The bytes of a connection, in both directions.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import { Encoder } from "../wire/encoder.ts";
import { DataReader } from "./data_reader.ts";
import { LineReader } from "./line_reader.ts";
import type { Tracer } from "./trace.ts";

/** The client has gone, or does not read. */
export class Disconnected extends Error {}

/**
 * Room for what a read may bring: most messages with their commands, which pipelining clients send at once.
 * Those who connect here are few.
 */
const READ_ROOM = 16 * 1024;

/** A text in a reply is cut here: a line of it has at most 512 octets (RFC 5321 § 4.5.3.1.5). */
const MAX_TEXT = 480;

/** Takes a message, piece by piece; a piece may change after the call. */
export type Sink = (bytes: Uint8Array) => void;

/** Reads and writes; replies gather until the client has to be waited for. */
export class Transport {
  readonly #stream: ByteStream;
  readonly #tracer: Tracer;
  readonly #lines: LineReader;
  readonly #out = new Encoder();
  #waitsSince: number | undefined;

  /** Takes a stream over. */
  constructor(stream: ByteStream, tracer: Tracer, lineLength: number) {
    this.#stream = stream;
    this.#tracer = tracer;
    this.#lines = new LineReader(lineLength);
  }

  /** Since when it waits for the client, on the clock of `performance`; undefined while it does not. */
  get waitsSince(): number | undefined {
    return this.#waitsSince;
  }

  /** How many bytes of replies wait to be written. */
  get gathered(): number {
    return this.#out.length;
  }

  /**
   * Adds a reply to those that gather.
   * @param status the reply code, and the enhanced status code where there is one
   */
  reply(status: string, text: string): void {
    this.#out.text(status).sp().humanText(text.slice(0, MAX_TEXT)).crlf();
  }

  /** Adds a challenge of AUTH. */
  challenge(base64: string): void {
    this.#out.text("334 ").text(base64).crlf();
  }

  /** Adds a reply of several lines. */
  replyLines(code: string, lines: readonly string[]): void {
    for (const [index, line] of lines.entries()) {
      this.#out.text(code).text(index < lines.length - 1 ? "-" : " ")
        .text(line).crlf();
    }
  }

  /**
   * Waits for a command line.
   * @param secret whether it is the answer to a challenge
   * @returns the line without its end, `too long`, or null at the end of the stream
   * @throws {Disconnected}
   */
  async line(secret = false): Promise<Uint8Array | "too long" | null> {
    for (;;) {
      const line = this.#lines.line();
      if (line !== undefined) {
        if (line !== "too long") this.#tracer.command(line, secret);
        return line;
      }
      if (!await this.#readMore(READ_ROOM)) return null;
    }
  }

  /**
   * Takes the message that follows DATA.
   * @param expected about how large it is, in bytes
   * @throws {Disconnected} when it does not come to its end
   */
  async data(expected: number, sink: Sink): Promise<void> {
    const data = new DataReader(sink);
    let size = 0;
    for (;;) {
      const count = data.push(this.#lines.peek());
      this.#lines.skip(count);
      size += count;
      if (data.ended) break;
      await this.#mustReadMore(Math.max(expected - size, READ_ROOM));
    }
    this.#tracer.content(size);
  }

  /**
   * Takes the chunk that follows BDAT.
   * @param size how large it is, in bytes
   * @throws {Disconnected} when there is less of it
   */
  async chunk(size: number, sink: Sink): Promise<void> {
    let left = size;
    for (;;) {
      const bytes = this.#lines.peek().subarray(0, left);
      if (bytes.length > 0) sink(bytes);
      this.#lines.skip(bytes.length);
      left -= bytes.length;
      if (left === 0) break;
      await this.#mustReadMore(left);
    }
    this.#tracer.content(size);
  }

  /** Writes out what has gathered. @throws {Disconnected} */
  async flush(): Promise<void> {
    if (this.#out.length === 0) return;
    const bytes = this.#out.take();
    this.#tracer.output(bytes);
    try {
      await this.#stream.write(bytes);
    } catch (cause) {
      throw new Disconnected("The client does not take what is sent", {
        cause,
      });
    }
  }

  /** Writes out what has gathered and shakes hands. @throws {Disconnected} */
  async startTls(): Promise<void> {
    await this.flush();
    // Nothing that came in clear text may count behind the handshake (RFC 3207 § 4.2, § 6).
    if (this.#lines.buffered > 0) throw new Disconnected("Data before TLS");
    try {
      await this.#stream.startTls();
    } catch (cause) {
      throw new Disconnected("The handshake failed", { cause });
    }
  }

  async #mustReadMore(expected: number): Promise<void> {
    if (await this.#readMore(expected)) return;
    throw new Disconnected("The connection ended within a message");
  }

  /** Waits for bytes, writing out first what has gathered; false at the end of the stream. */
  async #readMore(expected: number): Promise<boolean> {
    await this.flush();
    this.#waitsSince = performance.now();
    try {
      const chunk = await this.#stream.read(expected);
      if (chunk === null) return false;
      this.#lines.push(chunk);
      return true;
    } catch (cause) {
      throw new Disconnected("The connection broke", { cause });
    } finally {
      this.#waitsSince = undefined;
    }
  }
}
