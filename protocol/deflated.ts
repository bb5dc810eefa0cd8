/**
 * DEFLATE (RFC 1951) between a protocol and a connection, both ways, with every write flushed (RFC 4978).
 *
 * What is sent is compressed write by write, each by itself: a session then holds no compressor, which would be 160
 * KiB, and gives up little, since answers gather to batches. What comes is inflated as it is asked for, a piece at a
 * time, so that a client's small input cannot become much memory, however far it expands.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import {
  constants,
  createInflateRaw,
  deflateRawSync,
  type ZlibOptions,
} from "node:zlib";
import type { ByteStream } from "./byte_stream.ts";

/** How much is compressed at once: other connections get their turn between two of them. */
const PIECE = 65_536;
/** Less than this is stored: compressing would save nothing. */
const WORTHWHILE = 100;
/** How much is inflated ahead of who reads. */
const CHUNK = 4_096;
/** What ends a flushed piece: an empty stored block (RFC 1951 § 3.2.4), behind its first bits. */
const MARK = Uint8Array.of(0x00, 0x00, 0xff, 0xff);

const NOTHING = new Uint8Array(0);

const DEFLATE = { finishFlush: constants.Z_SYNC_FLUSH };
const INFLATE: ZlibOptions & { readableHighWaterMark: number } = {
  chunkSize: CHUNK,
  readableHighWaterMark: CHUNK,
};

/** A connection that is compressed, until {@linkcode end}. */
export class Deflated implements Pick<ByteStream, "read" | "write"> {
  readonly #stream: Pick<ByteStream, "read" | "write">;
  readonly #inflate = createInflateRaw(INFLATE);
  /** What has come and has not been given to inflate. */
  #input: Uint8Array;
  /** What has been given last, and how much had been taken before. */
  #given: Uint8Array = NOTHING;
  #takenBefore = 0;
  /** The last octets given: a mark may come in two reads. */
  #tail: Uint8Array = NOTHING;
  /** Whether inflate has taken what it was given. */
  #hungry = true;
  #ended = false;
  #fault: Error | undefined;
  #wake: (() => void) | undefined;

  /**
   * Takes a connection over.
   * @param input what has come already
   */
  constructor(stream: Pick<ByteStream, "read" | "write">, input: Uint8Array) {
    this.#stream = stream;
    this.#input = input;
    const wake = () => this.#wake?.();
    this.#inflate.on("readable", wake);
    this.#inflate.on("end", () => {
      this.#ended = true;
      wake();
    });
    this.#inflate.on("error", (error: Error) => {
      this.#fault = error;
      wake();
    });
  }

  /** See {@linkcode ByteStream.read}. @throws where what has come is not DEFLATE */
  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk: Uint8Array | null = this.#inflate.read();
      if (chunk !== null) return chunk;
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#ended) return null;
      if (!this.#hungry) await this.#news();
      else if (this.#input.length > 0) this.#feed();
      else {
        const input = await this.#stream.read();
        if (input === null) return null;
        this.#input = input;
      }
    }
  }

  /** See {@linkcode ByteStream.write}. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      await this.#stream.write(
        piece.length < WORTHWHILE
          ? storedBlock(piece)
          : deflateRawSync(piece, DEFLATE),
      );
    }
  }

  /** Ends it both ways, between two writes; what is returned has come behind the end of what was compressed. */
  end(): Uint8Array {
    const taken = this.#inflate.bytesWritten - this.#takenBefore;
    const rest = Buffer.concat([this.#given.subarray(taken), this.#input]);
    this.#inflate.close();
    return rest;
  }

  /**
   * Gives inflate no more than up to the end of a flushed piece, if there is one: what comes behind may be no longer
   * compressed (RFC 8437 § 4.1).
   */
  #feed(): void {
    const input = this.#input;
    const seen = Buffer.concat([this.#tail, input]);
    const mark = seen.indexOf(MARK);
    const end = mark < 0
      ? input.length
      : mark + MARK.length - this.#tail.length;
    this.#tail = seen.subarray(0, this.#tail.length + end)
      .slice(1 - MARK.length);
    this.#given = input.subarray(0, end);
    this.#input = input.subarray(end);
    this.#takenBefore = this.#inflate.bytesWritten;
    this.#hungry = false;
    this.#inflate.write(this.#given, () => {
      this.#hungry = true;
      this.#wake?.();
    });
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** A block that holds bytes as they are, not the last one (RFC 1951 § 3.2.4); it begins and ends with a byte. */
function storedBlock(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(5 + bytes.length);
  new DataView(block.buffer).setUint16(1, bytes.length, true);
  new DataView(block.buffer).setUint16(3, ~bytes.length & 0xffff, true);
  block.set(bytes, 5);
  return block;
}
