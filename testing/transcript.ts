/**
 * What clients and a test server said to each other.
 *
 * @module
 */

import { type ScriptOptions, writeScript } from "./transcript_script.ts";
import { decoded, type WirePieces } from "./wire_scanner.ts";

/**
 * A line of a conversation, its literals included.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TranscriptLine } from "@x/imapd/testing";
 *
 * const line = new TranscriptLine(1, "C", 0, ["a LOGIN alice secret"], false);
 * assertEquals(`${line}`, "1C: a LOGIN ***");
 * assertEquals(line.plainText, "a LOGIN alice secret");
 * ```
 */
export class TranscriptLine {
  /** The number of its connection: 1 for the first that the server had. */
  readonly connection: number;
  /** Who said it: the client (`C`) or the server (`S`). */
  readonly from: "C" | "S";
  /** When, by the server's clock, in milliseconds since 1970. */
  readonly time: number;
  /** Its texts and literals. */
  readonly pieces: Readonly<WirePieces>;
  /** Whether it is a continuation request for a literal (RFC 9051 § 7.6). */
  asked = false;
  readonly #secret: boolean;

  /**
   * A line.
   * @param secret whether all of it is a secret, as in an exchange of AUTHENTICATE
   */
  constructor(
    connection: number,
    from: "C" | "S",
    time: number,
    pieces: WirePieces,
    secret: boolean,
  ) {
    this.connection = connection;
    this.from = from;
    this.time = time;
    this.pieces = pieces;
    this.#secret = secret;
  }

  /** The line as it went over the wire, without its end; passwords as `***`. */
  get text(): string {
    return this.masked ?? this.plainText;
  }

  /** The line as it went over the wire, without its end, passwords and all. */
  get plainText(): string {
    return decoded(
      this.pieces.map((piece) => {
        if (typeof piece === "string") return piece;
        const { binary, size, nonSync, data } = piece;
        return `${binary ? "~" : ""}{${size}${nonSync ? "+" : ""}}\r\n${data}`;
      }).join(""),
    );
  }

  /** What is shown of a line with a password; undefined for another. */
  get masked(): string | undefined {
    if (this.#secret) return "***";
    const [text] = this.pieces;
    if (this.from === "S" || typeof text !== "string") return undefined;
    const secret = /^\S+ (?:login|authenticate \S+(?= ))/i.exec(text)?.[0];
    return secret && `${secret} ***`;
  }

  /** The line with its connection and direction, `1C: a LOGIN ***`. */
  toString(): string {
    const shown = this.text.replace(
      // deno-lint-ignore no-control-regex -- making them visible is the purpose
      /[\x00-\x1f\x7f]/g,
      (char) => "\\x" + char.charCodeAt(0).toString(16).padStart(2, "0"),
    );
    return `${this.connection}${this.from}: ${shown}`;
  }
}

/** A connection that a server had. */
export interface TranscriptConnection {
  /** Its number, from 1 on. */
  readonly number: number;
  /** The client's address. */
  readonly remote: string;
  /** Who has logged in. */
  readonly user: string | undefined;
  /** Which side ended it first, if one has. */
  readonly endedBy: "C" | "S" | undefined;
  /** What was said on it. */
  readonly lines: readonly TranscriptLine[];
}

/** A connection whose lines can be forgotten. */
type Recorded = TranscriptConnection & { readonly lines: TranscriptLine[] };

/**
 * What clients and server said to each other, all connections together.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { testServer } from "@x/imapd/testing";
 *
 * await using server = await testServer({ tls: false });
 * const conn = await Deno.connect({ port: server.port });
 * await conn.write(new TextEncoder().encode("a LOGOUT\r\n"));
 * await new Response(conn.readable).text();
 * const said = server.transcript.lines.filter(({ from }) => from === "C");
 * assertEquals(said.map(({ text }) => text), ["a LOGOUT"]);
 * ```
 */
export class Transcript {
  readonly #lines: TranscriptLine[];
  readonly #connections: readonly Recorded[];

  /** Shows what is, and will be, recorded in two lists. */
  constructor(lines: TranscriptLine[], connections: readonly Recorded[]) {
    this.#lines = lines;
    this.#connections = connections;
  }

  /** What was said, in the order in which it was. */
  get lines(): readonly TranscriptLine[] {
    return this.#lines;
  }

  /** The connections, in the order in which they were made. */
  get connections(): readonly TranscriptConnection[] {
    return this.#connections;
  }

  /**
   * Asserts that lines were said, in this order, whatever else was said between them.
   *
   * ```ts
   * import { testServer } from "@x/imapd/testing";
   *
   * await using server = await testServer({ tls: false });
   * const conn = await Deno.connect({ port: server.port });
   * await conn.write(new TextEncoder().encode("a NOOP\r\nb LOGOUT\r\n"));
   * await new Response(conn.readable).text();
   * server.transcript.expect("1C: a NOOP", /^1S: a OK /, /^1S: \* BYE/);
   * ```
   *
   * @param patterns what lines such as `1C: a NOOP` contain, or match
   * @throws {Error} when one was not; it says which, and shows the conversation
   */
  expect(...patterns: readonly (string | RegExp)[]): void {
    let at = 0;
    for (const pattern of patterns) {
      const found = this.#lines.findIndex((line, index) =>
        index >= at && fits(`${line}`, pattern)
      );
      if (found < 0) {
        const where = at === 0 ? "" : ` after ${this.#lines[at - 1]}`;
        throw new Error(`No ${pattern}${where} in\n${this}`);
      }
      at = found + 1;
    }
  }

  /**
   * The conversation as a script: a line a line, `1C: ` and `1S: ` in front, literals in `{{{` and `}}}`. A
   * replay server plays it.
   */
  toScript(options: ScriptOptions = {}): string {
    return writeScript(this, options);
  }

  /** The lines, one below the other, passwords as `***`. */
  toString(): string {
    return this.#lines.join("\n");
  }

  /** Forgets what was said so far. Numbers of connections go on. */
  clear(): void {
    this.#lines.length = 0;
    for (const { lines } of this.#connections) lines.length = 0;
  }
}

function fits(line: string, pattern: string | RegExp): boolean {
  return typeof pattern === "string"
    ? line.includes(pattern)
    : line.search(pattern) >= 0;
}
