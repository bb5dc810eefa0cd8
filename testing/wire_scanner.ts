/**
 * Divides the bytes of one direction of a conversation into lines and literals.
 *
 * @module
 */

import { binaryString, bytesOf } from "./responses/bytes.ts";

/** A literal: what its head announces, and what came of its data. */
export interface WireLiteral {
  /** Whether the data came without waiting (RFC 7888). */
  readonly nonSync: boolean;
  /** Whether it is a literal8 (RFC 3516). */
  readonly binary: boolean;
  /** How many bytes are announced. */
  readonly size: number;
  /** The data so far, as a binary string: one character a byte. */
  data: string;
}

/** A line with its literals: text, literal, text... Texts are binary strings without the literals' heads. */
export type WirePieces = (string | WireLiteral)[];

/** What a scanner tells of. */
export interface ScannerEvents {
  /** A line has begun: its first text is complete. */
  begun(pieces: WirePieces): void;
  /** A line is complete. */
  ended(pieces: WirePieces): void;
  /** A literal is to come; after how many of its bytes the scanner stops, or undefined. */
  stopIn(pieces: WirePieces, literal: WireLiteral): number | undefined;
}

/** See the module's text. */
export class WireScanner {
  readonly #events: ScannerEvents;
  #text = "";
  #pieces: WirePieces = [];
  #literal: WireLiteral | undefined;
  #stopAt = Infinity;
  #stopped = false;

  /** Tells of what is pushed. */
  constructor(events: ScannerEvents) {
    this.#events = events;
  }

  /** Whether it has stopped in a literal, as it was to. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes bytes; returns how many, all of them unless the scanner is to stop among them. */
  push(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      const literal = this.#literal;
      if (literal === undefined) {
        at = this.#pushText(bytes, at);
      } else {
        const { length } = literal.data;
        const left = Math.min(literal.size, this.#stopAt) - length;
        const part = bytes.subarray(at, at + left);
        literal.data += binaryString(part);
        at += part.length;
      }
      const data = this.#literal?.data.length;
      if (data === undefined) continue;
      this.#stopped = data === this.#stopAt;
      if (this.#stopped) return at;
      if (data === this.#literal!.size) this.#literal = undefined;
    }
    return at;
  }

  /** The literal that was announced last does not come: it was refused. */
  abandon(): void {
    if (this.#literal?.data !== "") return;
    this.#literal = undefined;
    this.#end();
  }

  #pushText(bytes: Uint8Array, at: number): number {
    const feed = bytes.indexOf(10, at);
    if (feed < 0) {
      this.#text += binaryString(bytes.subarray(at));
      return bytes.length;
    }
    const line = this.#text + binaryString(bytes.subarray(at, feed));
    this.#text = "";
    this.#line(line.replace(/\r$/, ""));
    return feed + 1;
  }

  #line(line: string): void {
    const head = /(~?)\{(\d{1,10})(\+?)\}$/.exec(line);
    const pieces = this.#pieces;
    pieces.push(head === null ? line : line.slice(0, head.index));
    if (pieces.length === 1) this.#events.begun(pieces);
    if (head === null) return this.#end();
    const literal: WireLiteral = {
      nonSync: head[3] !== "",
      binary: head[1] !== "",
      size: Number(head[2]),
      data: "",
    };
    pieces.push(literal);
    this.#literal = literal;
    this.#stopAt = this.#events.stopIn(pieces, literal) ?? Infinity;
    if (this.#stopAt > literal.size) this.#stopAt = Infinity;
  }

  #end(): void {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#events.ended(pieces);
  }
}

/** A binary string as text: UTF-8, what is none replaced. */
export function decoded(text: string): string {
  return new TextDecoder().decode(bytesOf(text));
}
