/**
 * A trace of a connection, line by line, with what is secret or long left out.
 *
 * @module
 */

import type { Frame } from "../wire/command_reader.ts";
import type { Host } from "../host.ts";

/** Traces one connection; does nothing while nobody looks. */
export class Tracer {
  readonly #trace: Host["trace"];
  readonly #connection: number;

  /** Traces to the host's function, if it has one. */
  constructor(trace: Host["trace"], connection: number) {
    this.#trace = trace;
    this.#connection = connection;
  }

  /** Traces a command; of a secret one only tag and name. Literals' content is never shown. */
  command(frame: Frame, secret: boolean): void {
    if (this.#trace === undefined) return;
    let line = latin1(frame.text);
    if (secret) line = `${/^\S+[ \t]+[\w.]+/.exec(line)?.[0] ?? ""} ***`;
    this.#trace(this.#connection, "C", printable(withoutLongTag(line)));
  }

  /** Traces what is written: line by line, with literals' content left out. */
  output(bytes: Uint8Array): void {
    if (this.#trace === undefined) return;
    for (let at = 0; at < bytes.length;) {
      let end = bytes.indexOf(10, at);
      if (end < 0) end = bytes.length;
      const line = latin1(bytes.subarray(at, end)).replace(/\r$/, "");
      this.#trace(this.#connection, "S", printable(withoutLongTag(line)));
      at = end + 1;
      const literal = /\{(\d+)\}$/.exec(line);
      if (literal !== null) at += Number(literal[1]);
    }
  }
}

/**
 * A response whose tag is no client's: an answer to a challenge that was not waited for is taken for a command,
 * and has a password or a token in it.
 */
function withoutLongTag(line: string): string {
  return line.replace(/^[^\s*]{41,}(?= |$)/, "***");
}

const LATIN1 = new TextDecoder("latin1");

function latin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes.subarray(0, 2_000));
}

/** Keeps a line of the trace one line. */
function printable(line: string): string {
  return line.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
