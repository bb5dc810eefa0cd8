/**
 * A server that has one conversation only: the one that was recorded.
 *
 * @module
 */

import {
  flatLine,
  readScript,
  type ReplayStep,
  wireBytes,
} from "./replay_script.ts";
import { type WirePieces, WireScanner } from "./wire_scanner.ts";

/**
 * The client said something other than what was recorded.
 *
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { Departure, replayServer } from "@x/imapd/testing";
 *
 * const server = replayServer(`1S: * OK "ready"\n1C: a NOOP\n1S: a OK\n`);
 * const conn = await Deno.connect({ port: server.port });
 * await conn.write(new TextEncoder().encode("a CAPABILITY\r\n"));
 * await new Response(conn.readable).text();
 * await assertRejects(() => server.finished, Departure, "CAPABILITY");
 * ```
 */
export class Departure extends Error {
  /** What was recorded, as a script has it; undefined when nothing more was. */
  readonly expected: string | undefined;
  /** What the client said; undefined when it ended the connection. */
  readonly actual: string | undefined;

  /** Says where in the script. */
  constructor(
    where: string,
    expected: string | undefined,
    actual: string | undefined,
  ) {
    super(
      `${where}: expected ${expected ?? "nothing more"}, ` +
        `the client ${actual === undefined ? "has gone" : `said ${actual}`}`,
    );
    this.name = "Departure";
    this.expected = expected;
    this.actual = actual;
  }
}

/** Options of {@linkcode replayServer}. */
export interface ReplayOptions {
  /** The address to listen on. Default 127.0.0.1. */
  readonly hostname?: string;
}

/** Longest line or literal of a client, in bytes. */
const MAX_LINE = 64 * 1_048_576;

/**
 * Starts a server on a free port that plays a script, such as `transcript.toScript()` writes one: each
 * connection is the next of the script's. Tags may be others than those recorded, literals may wait or not,
 * and `***` in what the client is to say stands for anything. `$name` is a number made up by the server.
 *
 * ```ts
 * import { replayServer } from "@x/imapd/testing";
 *
 * await using server = replayServer(`
 * 1S: * OK "ready"
 * 1C: a LOGOUT
 * 1S: * BYE
 * 1S: a OK
 * 1S: -
 * `);
 * const conn = await Deno.connect({ port: server.port });
 * await conn.write(new TextEncoder().encode("1 LOGOUT\r\n"));
 * await server.finished;
 * conn.close();
 * ```
 *
 * @throws {SyntaxError} for a script that cannot be replayed
 */
export function replayServer(
  script: string,
  options: ReplayOptions = {},
): ReplayServer {
  return new Player(readScript(script), options);
}

/** A server that plays a script. */
export interface ReplayServer extends AsyncDisposable {
  /** The address that it listens on. */
  readonly hostname: string;
  /** Its port. */
  readonly port: number;
  /**
   * Settles when all of the script has been played. Rejects when the client departs from it, with a
   * {@linkcode Departure}, or when the server stops before.
   */
  readonly finished: Promise<void>;
  /**
   * Stops.
   * @throws {Departure} where the client has departed from the script and `finished` did not say so to
   * anybody
   */
  close(): Promise<void>;
}

/** See {@linkcode ReplayServer}. */
class Player implements ReplayServer {
  readonly hostname: string;
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #conversations: readonly (readonly ReplayStep[])[];
  readonly #accepting: Promise<void>;
  readonly #conns = new Set<Deno.Conn>();
  readonly #played: Promise<void>[] = [];
  readonly #outcome = Promise.withResolvers<void>();
  /** Conversations that have come to the end of the script. */
  #over = 0;
  #stopped = false;
  /** The first departure, and whether the script was over. */
  #departure: { readonly error: unknown; readonly after: boolean } | undefined;
  /** Whether somebody wants to know how it ends. */
  #asked = false;

  constructor(
    conversations: readonly (readonly ReplayStep[])[],
    { hostname = "127.0.0.1" }: ReplayOptions,
  ) {
    this.#conversations = conversations;
    this.#listener = Deno.listen({ hostname, port: 0 });
    this.hostname = this.#listener.addr.hostname;
    this.port = this.#listener.addr.port;
    // Whoever asks is told; a departure that nobody asked for is told at the end.
    this.#outcome.promise.catch(() => {});
    this.#accepting = this.#accept();
  }

  get finished(): Promise<void> {
    this.#asked = true;
    return this.#outcome.promise;
  }

  async close(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#listener.close();
    for (const conn of this.#conns) end(conn);
    await this.#accepting;
    await Promise.all(this.#played);
    this.#outcome.reject(new Error("The replay was stopped before its end"));
    const { error, after } = this.#departure ?? {};
    if (error !== undefined && (after || !this.#asked)) throw error;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #accept(): Promise<void> {
    if (this.#conversations.length === 0) this.#outcome.resolve();
    try {
      for await (const conn of this.#listener) {
        conn.setNoDelay(true);
        this.#conns.add(conn);
        this.#played.push(this.#play(conn, this.#played.length));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #play(conn: Deno.Conn, index: number): Promise<void> {
    const where = `Connection ${index + 1}`;
    try {
      const steps = this.#conversations[index];
      if (steps === undefined) throw new Departure(where, undefined, "hello");
      const conversation = new Conversation(conn, steps, where);
      await conversation.play();
      this.#over++;
      if (this.#over === this.#conversations.length) this.#outcome.resolve();
      await conversation.end();
    } catch (error) {
      if (this.#stopped) return;
      this.#depart(error);
      const text = "* BYE This was not recorded\r\n";
      await conn.write(new TextEncoder().encode(text)).catch(() => {});
    } finally {
      end(conn);
      this.#conns.delete(conn);
    }
  }

  #depart(error: unknown): void {
    const after = this.#over === this.#conversations.length;
    this.#departure ??= { error, after };
    this.#outcome.reject(error);
  }
}

/** One connection's part of a script. */
class Conversation {
  readonly #conn: Deno.Conn;
  readonly #steps: readonly ReplayStep[];
  readonly #where: string;
  readonly #lines: WirePieces[] = [];
  readonly #scanner: WireScanner;
  /** Continuation requests that literals wait for. */
  #requests = 0;
  /** Tags of the script, and what the client has in their place. */
  readonly #tags = new Map<string, string>();
  readonly #values = new Map<string, string>();
  /** Whether the script has the server end the connection. */
  #hungUp = false;

  constructor(conn: Deno.Conn, steps: readonly ReplayStep[], where: string) {
    this.#conn = conn;
    this.#steps = steps;
    this.#where = where;
    this.#scanner = new WireScanner({
      begun: () => {},
      ended: (pieces) => this.#lines.push(pieces),
      stopIn: (_, { nonSync, size }) => {
        if (size > MAX_LINE) throw new RangeError("The literal is too long");
        if (!nonSync) this.#requests++;
        return undefined;
      },
    });
  }

  async play(): Promise<void> {
    for (const step of this.#steps) {
      if (step.type === "server") {
        await this.#write(wireBytes(step.pieces, (text) => this.#fill(text)));
      } else if (step.type === "client") await this.#hear(step.text, step.line);
      else if (step.by === "S") this.#hungUp = true;
      else await this.end();
    }
  }

  /** Waits for the end of the connection; nothing may be said before. */
  async end(): Promise<void> {
    if (this.#hungUp) return;
    const more = await this.#next();
    if (more !== undefined) {
      throw new Departure(this.#where, undefined, flatLine(more));
    }
  }

  async #hear(expected: string, line: number): Promise<void> {
    const came = await this.#next();
    const actual = came && flatLine(came);
    if (actual === undefined || !this.#fits(expected, actual)) {
      throw new Departure(`${this.#where}, line ${line}`, expected, actual);
    }
  }

  /** Whether a line is the one of the script; from then on its tag is known. */
  #fits(expected: string, actual: string): boolean {
    const [, tag, rest] = /^([^\s(){%*"\\\]+]+)( .*)$/s.exec(expected) ?? [];
    if (tag === undefined) return matches(this.#filled(expected), actual);
    const [, own, said = ""] = /^(\S+)( .*)$/s.exec(actual) ?? [];
    if (!matches(this.#filled(rest!), said)) return false;
    this.#tags.set(tag, own!);
    return true;
  }

  /** What the server says, with the client's tags, and values in place of their names. */
  #fill(text: string): string {
    const [, tag, rest] = /^(\S+)( .*)$/s.exec(text) ?? [];
    const own = tag === undefined ? undefined : this.#tags.get(tag);
    return this.#filled(own === undefined ? text : own + rest);
  }

  #filled(text: string): string {
    return text.replace(/\$[a-z][A-Za-z0-9]*/g, (name) => {
      const value = this.#values.get(name) ?? `${this.#values.size + 1}`;
      this.#values.set(name, value);
      return value;
    });
  }

  /** The next line of the client, or undefined at the end. */
  async #next(): Promise<WirePieces | undefined> {
    const buffer = new Uint8Array(65_536);
    while (this.#lines.length === 0) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) return undefined;
      this.#scanner.push(buffer.subarray(0, count));
      for (; this.#requests > 0; this.#requests--) {
        await this.#write(new TextEncoder().encode("+ OK\r\n"));
      }
    }
    return this.#lines.shift();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }
}

/** Whether a text is the expected one, in which `***` stands for anything. */
function matches(expected: string, actual: string): boolean {
  const parts = expected.split("***").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join("[^]*")}$`).test(actual);
}

function end(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
