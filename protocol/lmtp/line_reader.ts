/**
 * The client's bytes, as command lines or as they are.
 *
 * CR LF ends a line, and nothing else does (RFC 5321 § 2.3.8): a CR or LF that stands alone is a part of it,
 * which no command's grammar takes.
 *
 * @module
 */

import { CR, LF } from "../mime/bytes.ts";

const NONE: Uint8Array = new Uint8Array(0);

/** See the module's text. */
export class LineReader {
  readonly #maxLength: number;
  #chunk = NONE;
  #at = 0;
  /** The beginning of a line that has not ended with the chunk that it came in. */
  #begun = NONE;
  #length = 0;
  /** The last byte of it. */
  #last = 0;

  /** @param maxLength how long a line may be, CR LF included */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** How many bytes wait, those of a line that has begun included. */
  get buffered(): number {
    return this.#length + this.#chunk.length - this.#at;
  }

  /** Takes bytes that have come. There may be none left but those of a line that has begun. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * The next line without its CR LF, `too long` once for one that is, undefined when it has not come to its
   * end.
   */
  line(): Uint8Array | "too long" | undefined {
    const start = this.#at;
    let lf = this.#chunk.indexOf(LF, start);
    while (lf >= 0) {
      const before = lf > start ? this.#chunk[lf - 1] : this.#last;
      if (before === CR) break;
      lf = this.#chunk.indexOf(LF, lf + 1);
    }
    if (lf < 0) {
      this.#begin(this.#chunk.subarray(start));
      this.push(NONE);
      return undefined;
    }
    this.#at = lf + 1;
    const rest = this.#chunk.subarray(start, lf + 1);
    const length = this.#length + rest.length;
    let line = rest;
    if (this.#length > 0 && length <= this.#maxLength) {
      line = this.#begun.slice(0, length);
      line.set(rest, this.#length);
    }
    this.#begun = NONE;
    this.#length = 0;
    this.#last = 0;
    if (length > this.#maxLength) return "too long";
    return line.subarray(0, length - 2);
  }

  /** What has come behind the last line, as it is; perhaps nothing. */
  peek(): Uint8Array {
    return this.#chunk.subarray(this.#at);
  }

  /** Passes over bytes that {@linkcode peek} gave. */
  skip(count: number): void {
    this.#at += count;
  }

  /** Keeps the beginning of a line, or no more than how long it is when that is too long. */
  #begin(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const length = this.#length + bytes.length;
    if (length <= this.#maxLength) {
      if (this.#begun.length === 0) {
        this.#begun = new Uint8Array(this.#maxLength);
      }
      this.#begun.set(bytes, this.#length);
    } else this.#begun = NONE;
    this.#length = length;
    this.#last = bytes[bytes.length - 1]!;
  }
}
