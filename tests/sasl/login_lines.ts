/**
 * Logging in over a socket, line by line: SASL as IMAP (RFC 9051 § 6.2.2) and POP3 (RFC 5034 § 4) carry it.
 *
 * @module
 */

import type { ScramClient } from "./scram_client.ts";

const encoder = new TextEncoder();

/** A connection that has been greeted. */
export class LineConnection implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.#lines = conn.readable.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /** Connects and hears the greeting. */
  static async begin(conn: Deno.Conn): Promise<LineConnection> {
    const connection = new LineConnection(conn);
    await connection.hear();
    return connection;
  }

  /** A connection that was greeted before it came here. */
  static over(conn: Deno.Conn): LineConnection {
    return new LineConnection(conn);
  }

  /** Says a line and hears the next, whatever it is. @throws {Error} when the server has hung up */
  async hears(line: string): Promise<string> {
    await this.say(line);
    const heard = await this.hear();
    if (heard === undefined) throw new Error("The server has hung up");
    return heard;
  }

  /** Writes a line. */
  async say(line: string): Promise<void> {
    const bytes = encoder.encode(`${line}\r\n`);
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  /** The next line; undefined when the server has hung up. */
  async hear(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 2);
        return line;
      }
      const { done, value } = await this.#lines.read();
      if (done) return undefined;
      this.#rest += value;
    }
  }

  /** Says a line and hears the next that is neither untagged nor a challenge to be answered. */
  async ask(line: string): Promise<string | undefined> {
    await this.say(line);
    let heard = await this.hear();
    while (heard?.startsWith("* ")) heard = await this.hear();
    return heard;
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch (error) {
      // The server has hung up before.
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** How a login differs from a good one. */
export interface LoginOptions {
  /** Whether the first message goes along with the command (SASL-IR). */
  readonly initial?: boolean;
  /** Changes the last message. */
  readonly change?: (final: string) => string;
  /** What is said to the server's last message; default an empty line. */
  readonly acknowledgement?: string;
}

/** How a login ended. */
export interface LoginOutcome {
  /** The line that the server ended it with; undefined when it has hung up. */
  readonly answer: string | undefined;
  /** Whether the server has proved that it knows the password. */
  readonly proved: boolean;
  /** The client's last message. */
  readonly final: string;
}

/**
 * Logs in by SCRAM.
 * @param command up to the name of the mechanism, such as `AUTH SCRAM-SHA-1`
 */
export async function logInByScram(
  connection: LineConnection,
  command: string,
  client: ScramClient,
  options: LoginOptions = {},
): Promise<LoginOutcome> {
  const { initial = false, change = (final) => final } = options;
  let proved = false;
  let final = "";
  const answers: ((challenge: string) => string)[] = [
    ...(initial ? [] : [() => client.first()]),
    (challenge) => final = change(client.final(challenge)),
    (challenge) => {
      proved = client.isProved(challenge);
      return "";
    },
  ];
  let answer = await connection.ask(
    initial ? `${command} ${base64(client.first())}` : command,
  );
  while (answer?.startsWith("+ ")) {
    const next = answers.shift();
    if (next === undefined) throw new Error(`Not expected: ${answer}`);
    const said = base64(next(text(answer.slice(2))));
    answer = await connection.ask(
      answers.length > 0 ? said : options.acknowledgement ?? said,
    );
  }
  return { answer, proved, final };
}

function base64(text: string): string {
  return encoder.encode(text).toBase64();
}

function text(base64: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(base64));
}
