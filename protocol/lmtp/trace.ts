/**
 * A trace of a connection, line by line, without the content of messages.
 *
 * @module
 */

import type { Host } from "../host.ts";

/** Longer lines are cut. */
const MAX_LINE = 2_000;

const LATIN1 = new TextDecoder("latin1");

/** Traces one connection; does nothing while nobody looks. */
export class Tracer {
  readonly #trace: Host["trace"];
  readonly #connection: number;

  /** Traces to the host's function, if it has one. */
  constructor(trace: Host["trace"], connection: number) {
    this.#trace = trace;
    this.#connection = connection;
  }

  /** Traces a command line, without its line end. */
  command(line: Uint8Array): void {
    this.#trace?.(this.#connection, "C", printable(line));
  }

  /** Traces that a message, or a part of one, has come. */
  content(size: number): void {
    this.#trace?.(this.#connection, "C", `[${size} bytes of a message]`);
  }

  /** Traces what is written: whole lines. */
  output(bytes: Uint8Array): void {
    if (this.#trace === undefined) return;
    for (let at = 0; at < bytes.length;) {
      const cr = bytes.indexOf(13, at);
      this.#trace(this.#connection, "S", printable(bytes.subarray(at, cr)));
      at = cr + 2;
    }
  }
}

/** A line as one line of text. */
function printable(line: Uint8Array): string {
  return LATIN1.decode(line.subarray(0, MAX_LINE)).replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
