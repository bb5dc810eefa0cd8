/**
 * A connection of a transcript: what is sent, what comes, and what was said so far.
 *
 * @module
 */

import { bytesOf, printable } from "../../testing/responses/bytes.ts";
import { ClientView } from "./client_view.ts";
import {
  parseResponse,
  type Response,
} from "../../testing/responses/response.ts";
import { ResponseReader } from "../../testing/responses/response_reader.ts";

/** How long a response may take before the transcript is given up, in milliseconds. */
const PATIENCE = 10_000;

/** See the module's text. */
export class Client {
  readonly #conn: Deno.Conn;
  readonly #cut: boolean;
  readonly #log: ((line: string) => void) | undefined;
  readonly #reader = new ResponseReader();
  readonly #view = new ClientView();
  readonly #responses: Response[] = [];
  #ended = false;
  #fault: Error | undefined;
  #wake: (() => void) | undefined;
  /** What has been sent of a line that is not complete. */
  #line = "";

  /**
   * @param conn to the server
   * @param cut whether every byte is written by itself
   * @param log takes what is said in both directions; without one nothing is spent on it
   */
  constructor(conn: Deno.Conn, cut: boolean, log?: (line: string) => void) {
    this.#conn = conn;
    this.#cut = cut;
    this.#log = log;
    void this.#pump();
  }

  /** Writes text, which is a binary string. */
  async send(text: string): Promise<void> {
    this.#log?.(`C: ${printable(text)}`);
    const lines = (this.#line + text).split("\r\n");
    this.#line = lines.pop()!;
    for (const line of lines) this.#view.sent(line);
    const bytes = bytesOf(text);
    const size = this.#cut ? 1 : Math.max(1, bytes.length);
    for (let start = 0; start < bytes.length; start += size) {
      let part = bytes.subarray(start, start + size);
      while (part.length > 0) part = part.subarray(await this.#write(part));
    }
  }

  async #write(bytes: Uint8Array): Promise<number> {
    try {
      return await this.#conn.write(bytes);
    } catch {
      // a server that hangs up while it is being talked to is heard out
      return bytes.length;
    }
  }

  /**
   * The next response, or undefined when the server has closed the connection.
   * @throws {Error} when nothing comes, or something that cannot be
   */
  async receive(): Promise<Response | undefined> {
    const deadline = Date.now() + PATIENCE;
    while (this.#responses.length === 0) {
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#ended) return undefined;
      await this.#news(deadline);
    }
    return this.#responses.shift()!;
  }

  /** Ends the connection. Harmless when done twice. */
  close(): void {
    if (!this.#ended) this.#conn.close();
    this.#ended = true;
  }

  async #news(deadline: number): Promise<void> {
    const left = deadline - Date.now();
    if (left <= 0) throw new Error("Nothing came");
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, left);
    await promise;
    clearTimeout(timer);
  }

  async #pump(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        this.#reader.push(buffer.subarray(0, count));
        let text;
        while ((text = this.#reader.next()) !== undefined) this.#take(text);
        this.#wake?.();
      }
      if (this.#reader.remainder !== "") {
        throw new Error(`Cut short: ${printable(this.#reader.remainder)}`);
      }
    } catch (error) {
      const gone = error instanceof Deno.errors.ConnectionReset ||
        error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.Interrupted;
      if (!gone) this.#fault = error as Error;
    }
    this.close();
    this.#wake?.();
  }

  #take(text: string): void {
    this.#log?.(`S: ${printable(text)}`);
    const response = parseResponse(text, false);
    this.#view.received(response);
    this.#responses.push(response);
  }
}
