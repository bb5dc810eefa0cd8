/**
 * The bytes of a connection, in both directions.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import { Deflated } from "../deflated.ts";
import { Pace } from "../../storage/pace.ts";
import { CommandReader } from "../wire/command_reader.ts";
import { Encoder } from "../wire/encoder.ts";
import { literalHeader } from "../wire/literal_header.ts";
import { Bye } from "./errors.ts";
import type { Tracer } from "./trace.ts";

/** The client has gone, or does not read. */
export class Disconnected extends Error {}

/** Buffers up to this size are written over for the next batch. */
const RECYCLED = 1_048_576;

/** Of commands that take no time so many are done before anybody looks at the clock. */
const LOT = 32;

/** Reads and writes; answers gather until {@linkcode flush}. */
export class Transport {
  /** What is written. */
  readonly out: Encoder = new Encoder();
  /** What has been read. */
  readonly reader: CommandReader;
  readonly #stream: ByteStream;
  readonly #tracer: Tracer;
  /** What is between the stream and this, once it is compressed. */
  #deflated: Deflated | undefined;
  #read: Promise<Uint8Array | null> | undefined;
  /** Settles when all that was to be written is; rejected for good once something could not be. */
  #flushing: Promise<void> = Promise.resolve();
  /** How much is being written or waits for that; what could not be written stays in the count. */
  #writes = 0;
  #waitsSince: number | undefined;
  /** How long the client's commands have been done without a rest; waiting for it does not count. */
  readonly #pace = new Pace();
  #commands = 0;

  /** Takes a stream over. */
  constructor(stream: ByteStream, tracer: Tracer, lineLength: number) {
    this.#stream = stream;
    this.#tracer = tracer;
    this.reader = new CommandReader({ lineLength });
    this.out.trim();
  }

  /** Whether what goes over the stream is compressed (RFC 4978). */
  get compressed(): boolean {
    return this.#deflated !== undefined;
  }

  /** Since when it waits for the client, on the clock of `performance`; undefined while it does not. */
  get waitsSince(): number | undefined {
    return this.#waitsSince;
  }

  /**
   * Waits for bytes; asked again before they have come, it goes on waiting for the same.
   * @throws {Disconnected}
   */
  read(): Promise<Uint8Array | null> {
    if (this.#read === undefined) {
      // Who waits needs no room; there may be thousands.
      this.out.trim();
      this.#waitsSince = performance.now();
      this.#read = this.#readOnce();
    }
    return this.#read;
  }

  /**
   * Lets others go first, where the client has sent so much at once that it keeps the server busy; to be called after
   * each command.
   * @param waited whether the command took time
   */
  rest(waited: boolean): Promise<void> | undefined {
    if (!waited && ++this.#commands % LOT !== 0) return undefined;
    return this.#pace.due ? this.#pace.rest() : undefined;
  }

  async #readOnce(): Promise<Uint8Array | null> {
    const worked = this.#pace.pause();
    try {
      return this.#deflated === undefined
        ? await this.#stream.read(this.reader.expected, this.reader.room())
        : await this.#deflated.read();
    } catch (cause) {
      throw new Disconnected("The connection broke", { cause });
    } finally {
      this.#read = undefined;
      this.#waitsSince = undefined;
      this.#pace.resume(worked);
    }
  }

  /**
   * A line that is no command, of those that have come.
   * @throws {Bye} when it is too long, or announces a literal: its data would be taken for commands
   */
  line(): Uint8Array | undefined {
    let line: Uint8Array | undefined;
    try {
      line = this.reader.nextLine();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Bye("The line is too long", "TOOBIG");
    }
    if (line === undefined) return undefined;
    const literal = literalHeader(line, 0, line.length);
    if (literal === "unknown" || literal?.nonSync) {
      throw new Bye("A literal has no place here");
    }
    return line;
  }

  /** Writes out what has gathered. @throws {Disconnected} */
  flush(): Promise<void> {
    if (this.out.length > 0) {
      this.#flushing = this.#writes++ === 0
        ? this.#writeOut()
        : this.#flushing.then(() => this.#writeOut());
    }
    return this.#flushing;
  }

  /**
   * Writes out what has gathered and, behind it, bytes that are not copied: they stay as they are until then.
   * @throws {Disconnected}
   */
  write(bytes: Uint8Array): Promise<void> {
    const gathered = this.out.take();
    this.#writes++;
    this.#flushing = this.#flushing.then(async () => {
      if (gathered.length > 0) {
        await this.#send(gathered);
        this.out.recycle(gathered);
      }
      await this.#send(bytes);
      this.#writes--;
    });
    return this.#flushing;
  }

  async #writeOut(): Promise<void> {
    if (this.out.length > 0) {
      const bytes = this.out.take();
      await this.#send(bytes);
      if (bytes.length <= RECYCLED) this.out.recycle(bytes);
    }
    this.#writes--;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    this.#tracer.output(bytes);
    try {
      await (this.#deflated ?? this.#stream).write(bytes);
    } catch (cause) {
      throw new Disconnected("The client does not take what is sent", {
        cause,
      });
    }
  }

  /** Writes out what has gathered and shakes hands. @throws {Disconnected} */
  async startTls(): Promise<void> {
    await this.flush();
    // Nothing that came in clear text may count behind the handshake (RFC 9051 § 11.1).
    if (this.reader.buffered > 0) throw new Disconnected("Data before TLS");
    try {
      await this.#stream.startTls();
    } catch (cause) {
      throw new Disconnected("The handshake failed", { cause });
    }
  }

  /** Writes out what has gathered; from then on it is compressed, both ways (RFC 4978 § 3). @throws {Disconnected} */
  async compress(): Promise<void> {
    await this.flush();
    // A client has to wait for the answer; what one that did not has sent can only be compressed.
    this.#deflated = new Deflated(this.#stream, this.reader.takeRest());
  }

  /** Writes out what has gathered; from then on it is no longer compressed (RFC 8437 § 4.1). @throws {Disconnected} */
  async uncompress(): Promise<void> {
    await this.flush();
    if (this.#deflated === undefined) return;
    if (this.reader.buffered > 0) {
      throw new Disconnected("Compressed data behind UNAUTHENTICATE");
    }
    const rest = this.#deflated.end();
    this.#deflated = undefined;
    if (rest.length > 0) this.reader.push(rest);
  }

  /** Gives back what it holds, when the stream is not used any more. */
  close(): void {
    this.#deflated?.end();
    this.#deflated = undefined;
    this.out.trim();
  }
}
