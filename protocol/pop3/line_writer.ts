/**
 * The lines of a multi-line response (RFC 1939 § 3), made of the bytes of a message.
 *
 * @module
 */

import { CR, LF } from "../mime/bytes.ts";
import type { Encoder } from "../wire/encoder.ts";

const DOT = 0x2e;
const CR_BYTE = Uint8Array.of(CR);
const DOT_BYTE = Uint8Array.of(DOT);
const CRLF = Uint8Array.of(CR, LF);

/**
 * Writes bytes piece by piece as lines that end in CRLF: a bare LF gets its CR, lest a client that takes it for
 * the end of a line find the end of the message where there is none; a line that begins with a dot gets
 * another. A bare CR is part of its line.
 */
export class LineWriter {
  readonly #out: Encoder;
  #lineStart = true;
  #last = LF;

  /** Writes to an encoder. */
  constructor(out: Encoder) {
    this.#out = out;
  }

  /** Writes the next piece. */
  write(piece: Uint8Array): void {
    const out = this.#out;
    const { length } = piece;
    if (length === 0) return;
    let from = 0;
    for (let at = 0; at < length;) {
      if (this.#lineStart && piece[at] === DOT) {
        out.bytes(piece.subarray(from, at)).bytes(DOT_BYTE);
        from = at;
      }
      const lineFeed = piece.indexOf(LF, at);
      this.#lineStart = lineFeed >= 0;
      if (lineFeed < 0) break;
      const before = lineFeed > 0 ? piece[lineFeed - 1] : this.#last;
      if (before !== CR) {
        out.bytes(piece.subarray(from, lineFeed)).bytes(CR_BYTE);
        from = lineFeed;
      }
      at = lineFeed + 1;
    }
    out.bytes(piece.subarray(from));
    this.#last = piece[length - 1]!;
  }

  /** Ends the last line, if it has no end, and the response. */
  end(): void {
    if (!this.#lineStart) {
      this.#out.bytes(this.#last === CR ? CRLF.subarray(1) : CRLF);
    }
    this.#out.bytes(DOT_BYTE).bytes(CRLF);
  }
}
