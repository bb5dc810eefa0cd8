/**
 * The mail data of DATA: where it ends, and the dots that are taken off it (RFC 5321 § 4.5.2).
 *
 * A line begins after CR LF, and nowhere else. A dot after a CR or LF that stands alone is a part of the
 * message, and so nothing but CR LF `.` CR LF ends it: were `LF . LF` an end too, the rest of a message that
 * another server took for one could go on with commands (RFC 5321 § 4.1.1.4).
 *
 * @module
 */

import { CR, LF } from "../mime/bytes.ts";

const DOT = 0x2e;

/** Where in the data the next byte stands. */
type Place =
  /** Somewhere in a line. */
  | "line"
  /** At the start of a line. */
  | "start"
  /** Behind a dot at the start of a line, which is no part of the message. */
  | "dot"
  /** Behind such a dot and a CR. */
  | "dot CR"
  /** Behind the end. */
  | "end";

const ONE_CR = Uint8Array.of(CR);

/** Takes mail data apart, in pieces of any size. */
export class DataReader {
  readonly #sink: (bytes: Uint8Array) => void;
  #place: Place = "start";
  /** Whether the last byte of the message so far is a CR. */
  #afterCr = false;

  /** @param sink takes the message, piece by piece; a piece may change after the call */
  constructor(sink: (bytes: Uint8Array) => void) {
    this.#sink = sink;
  }

  /** Whether the data has come to its end. */
  get ended(): boolean {
    return this.#place === "end";
  }

  /**
   * Goes on with more bytes.
   * @returns how many of them belong to the data: all of them unless it has come to its end
   */
  push(bytes: Uint8Array): number {
    let at = 0;
    // Where the piece of the message begins that has been passed over but not handed on.
    let from = 0;
    while (at < bytes.length && this.#place !== "end") {
      switch (this.#place) {
        case "line": {
          const lf = bytes.indexOf(LF, at);
          if (lf < 0) {
            at = bytes.length;
            this.#afterCr = bytes[at - 1] === CR;
          } else {
            const afterCr = lf > at ? bytes[lf - 1] === CR : this.#afterCr;
            this.#afterCr = false;
            if (afterCr) this.#place = "start";
            at = lf + 1;
          }
          break;
        }
        case "start":
          if (bytes[at] === DOT) {
            this.#emit(bytes, from, at);
            from = ++at;
            this.#place = "dot";
          } else this.#place = "line";
          break;
        case "dot":
          if (bytes[at] === CR) {
            from = ++at;
            this.#place = "dot CR";
          } else this.#place = "line";
          break;
        case "dot CR":
          if (bytes[at] === LF) {
            from = ++at;
            this.#place = "end";
          } else {
            this.#sink(ONE_CR);
            this.#afterCr = true;
            this.#place = "line";
          }
          break;
      }
    }
    this.#emit(bytes, from, at);
    return at;
  }

  #emit(bytes: Uint8Array, from: number, to: number): void {
    if (to > from) this.#sink(bytes.subarray(from, to));
  }
}
