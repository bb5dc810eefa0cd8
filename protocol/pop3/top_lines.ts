/**
 * The beginning of a message, as TOP wants it (RFC 1939 § 7).
 *
 * @module
 */

import { CR, LF } from "../mime/bytes.ts";

/** Finds, piece by piece, where the header, its empty line and so many lines of the body end. */
export class TopLines {
  #left: number;
  #inHeader = true;
  /** Bytes of the line that is open, its CR included. */
  #length = 0;
  #last = LF;
  #done = false;

  /** @param lines how many lines of the body are wanted */
  constructor(lines: number) {
    this.#left = lines;
  }

  /** Whether nothing of what comes is wanted. */
  get done(): boolean {
    return this.#done;
  }

  /** What is wanted of the next piece. */
  take(piece: Uint8Array): Uint8Array {
    if (this.#done) return piece.subarray(0, 0);
    for (let at = 0; at < piece.length;) {
      const lineFeed = piece.indexOf(LF, at);
      if (lineFeed < 0) {
        this.#length += piece.length - at;
        break;
      }
      const length = this.#length + lineFeed - at;
      const before = lineFeed > at ? piece[lineFeed - 1] : this.#last;
      const empty = length === 0 || (length === 1 && before === CR);
      this.#length = 0;
      at = lineFeed + 1;
      if (this.#inHeader) this.#inHeader = !empty;
      else this.#left--;
      if (!this.#inHeader && this.#left === 0) {
        this.#done = true;
        return piece.subarray(0, at);
      }
    }
    if (piece.length > 0) this.#last = piece[piece.length - 1]!;
    return piece;
  }
}
