/**
 * A trace of a connection, line by line, with what is secret or a message left out.
 *
 * @module
 */

import type { Host } from "../host.ts";
import { latin1Text } from "../wire/text.ts";
import type { Command } from "./command.ts";

/** The longest line that is shown, in bytes. */
const MAX_LINE = 2_000;

/** Traces one connection; does nothing while nobody looks. */
export class Tracer {
  readonly #trace: Host["trace"];
  readonly #connection: number;

  /** Traces to the host's function, if it has one. */
  constructor(trace: Host["trace"], connection: number) {
    this.#trace = trace;
    this.#connection = connection;
  }

  /** Traces a command, of a secret one only the name; of what is no command nothing: it may be a password. */
  command(
    line: Uint8Array,
    command: Pick<Command, "name" | "secret"> | undefined,
  ): void {
    if (this.#trace === undefined) return;
    const shown = command === undefined
      ? "***"
      : command.secret
      ? `${command.name} ***`
      : latin1Text(line.subarray(0, MAX_LINE));
    this.#trace(this.#connection, "C", printable(shown));
  }

  /** Traces a line that answers a challenge. */
  secret(): void {
    this.#trace?.(this.#connection, "C", "***");
  }

  /** Traces the first line of a response. */
  answer(line: string): void {
    this.#trace?.(this.#connection, "S", printable(line));
  }
}

/** Keeps a line of the trace one line. */
function printable(line: string): string {
  return line.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
