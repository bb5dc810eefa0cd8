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
  /** How many octets of a literal are still to be written. */
  #literalLeft = 0;
  /** What is shown of a line that is not whole yet, and its last octets. */
  #line = "";
  #lineEnd = "";
  /** Whether the command under way is secret: then what the server says in an exchange is, too. */
  #secret = false;
  /**
   * Tags that are no client's, since they are long or stand alone: an answer to a challenge that was not waited for is
   * taken for a command, and has a password or a token in it. The server's response has it for a tag.
   */
  readonly #answers: string[] = [];

  /** Traces to the host's function, if it has one. */
  constructor(trace: Host["trace"], connection: number) {
    this.#trace = trace;
    this.#connection = connection;
  }

  /** Traces a command; of a secret one only tag and name. Literals' content is never shown. */
  command(frame: Frame, secret: boolean): void {
    if (this.#trace === undefined) return;
    this.#secret = secret;
    let line = latin1(frame.text);
    const [tag = "", name = ""] =
      /^(\S+)([ \t]+[\w.]+)?/.exec(line)?.slice(1) ??
        [];
    if (secret) line = `${tag}${name} ***`;
    if (name === "" || tag.length > MAX_TAG) {
      this.#answers.push(tag);
      line = `***${line.slice(tag.length)}`.replace("*** ***", "***");
    }
    this.#trace(this.#connection, "C", printable(line));
  }

  /**
   * Traces what is written: line by line, with literals' content left out. What is written may end anywhere: a
   * line is shown when it is whole, and a literal is passed over however many pieces it comes in.
   */
  output(bytes: Uint8Array): void {
    if (this.#trace === undefined) return;
    for (let at = 0; at < bytes.length;) {
      if (this.#literalLeft > 0) {
        const passed = Math.min(this.#literalLeft, bytes.length - at);
        this.#literalLeft -= passed;
        at += passed;
        continue;
      }
      const lineFeed = bytes.indexOf(10, at);
      this.#gather(bytes.subarray(at, lineFeed < 0 ? bytes.length : lineFeed));
      if (lineFeed < 0) return;
      let line = this.#line.replace(/\r$/, "");
      if (this.#secret) line = line.replace(CHALLENGE, "+ ***");
      if (this.#answers.length > 0) line = this.#withoutAnswer(line);
      this.#trace(this.#connection, "S", printable(line));
      this.#literalLeft = Number(LITERAL.exec(this.#lineEnd)?.[1] ?? 0);
      this.#line = "";
      this.#lineEnd = "";
      at = lineFeed + 1;
    }
  }

  #withoutAnswer(line: string): string {
    const [tag = ""] = line.split(" ", 1);
    const at = this.#answers.indexOf(tag);
    if (at < 0) return line;
    this.#answers.splice(at, 1);
    return `***${line.slice(tag.length)}`;
  }

  /** Adds to the line under way: what is shown of it, and its end, which tells of a literal. */
  #gather(piece: Uint8Array): void {
    const room = MAX_SHOWN - this.#line.length;
    if (room > 0) this.#line += LATIN1.decode(piece.subarray(0, room));
    const end = LATIN1.decode(piece.subarray(-MAX_LITERAL));
    this.#lineEnd = (this.#lineEnd + end).slice(-MAX_LITERAL);
  }
}

const LATIN1 = new TextDecoder("latin1");
/** Longer tags no client has. */
const MAX_TAG = 40;
/** How many octets of a line are shown. */
const MAX_SHOWN = 2_000;
/** `{`, the digits of a number of 64 bits, `}`, CR. */
const MAX_LITERAL = 24;
/**
 * A continuation request of AUTHENTICATE that says something (RFC 9051 § 7.6): a challenge of SCRAM is enough to try
 * passwords on. Those that ask for a literal, `+ OK`, are shorter than any base64.
 */
const CHALLENGE = /^\+ [A-Za-z\d+/=]{4,}$/;
const LITERAL = /\{(\d+)\}\r?$/;

function latin1(bytes: Uint8Array): string {
  return LATIN1.decode(bytes.subarray(0, MAX_SHOWN));
}

/** Keeps a line of the trace one line. */
function printable(line: string): string {
  return line.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
