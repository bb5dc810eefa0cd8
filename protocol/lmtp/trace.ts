/**
 * A trace of a connection, line by line, without secrets and the content of messages.
 *
 * @module
 */

import type { Host } from "../host.ts";

/** Longer lines are cut. */
const MAX_LINE = 2_000;

/** What is no command may be an answer to a challenge that was not waited for. */
const VERB =
  /^(?:LHLO|HELO|EHLO|MAIL|RCPT|DATA|BDAT|RSET|NOOP|VRFY|EXPN|HELP|AUTH|STARTTLS|QUIT)(?![^ ])/i;

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

  /** Traces a command line, without its line end; of one with a secret, or that may be one, the verb at the most. */
  command(line: Uint8Array, secret: boolean): void {
    if (this.#trace === undefined) return;
    const text = printable(line);
    const verb = secret ? undefined : VERB.exec(text)?.[0];
    const shown = verb === undefined
      ? "***"
      : /^auth/i.test(verb)
      ? `${verb} ***`
      : text;
    this.#trace(this.#connection, "C", shown);
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
      const line = printable(bytes.subarray(at, cr));
      this.#trace(this.#connection, "S", line.replace(/^334 .+/, "334 ***"));
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
