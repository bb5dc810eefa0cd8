/**
 * A connection of a transcript: what is sent, what comes, and what was said so far.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { constants, createDeflateRaw, type DeflateRaw } from "node:zlib";
import { Deflated } from "../../protocol/deflated.ts";
import { bytesOf, printable } from "../../testing/responses/bytes.ts";
import { ClientView } from "./client_view.ts";
import { numbered } from "./numbered.ts";
import {
  parseResponse,
  type Response,
} from "../../testing/responses/response.ts";
import { ResponseReader } from "../../testing/responses/response_reader.ts";

/** How long a response may take before the transcript is given up, in milliseconds. */
const PATIENCE = 10_000;

/** What begins and what ends compression. */
const SWITCH = /^(\S+) +(compress +deflate|unauthenticate)$/i;

/** What asks for results in an order. */
const SORT = /^(\S+) +(?:uid +)?sort /i;

/** See the module's text. */
export class Client {
  /** Tags of the commands that ask for results in an order. */
  readonly sorting = new Set<string>();
  readonly #conn: Deno.Conn;
  readonly #cut: boolean;
  readonly #log: ((line: string) => void) | undefined;
  readonly #numbers: boolean;
  #reader = new ResponseReader();
  readonly #view = new ClientView();
  readonly #responses: Response[] = [];
  #ended = false;
  #fault: Error | undefined;
  #wake: (() => void) | undefined;
  /** What has been sent of a line that is not complete. */
  #line = "";
  /** What compresses, with all that was sent before as its dictionary, and what inflates. */
  #deflate: DeflateRaw | undefined;
  #inflated: Deflated | undefined;
  /** By tag: what becomes of compression when the command is done. */
  readonly #switches = new Map<string, boolean>();

  /**
   * @param conn to the server
   * @param cut whether every byte is written by itself
   * @param log takes what is said in both directions; without one nothing is spent on it
   * @param numbers whether messages that the server names by UID are given their sequence numbers
   */
  constructor(
    conn: Deno.Conn,
    cut: boolean,
    log?: (line: string) => void,
    numbers = false,
  ) {
    this.#numbers = numbers;
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
    for (const line of lines) {
      this.#view.sent(line);
      const [, sorting] = SORT.exec(line) ?? [];
      if (sorting !== undefined) this.sorting.add(sorting);
      const [, tag, name] = SWITCH.exec(line) ?? [];
      if (tag !== undefined) this.#switches.set(tag, /^c/i.test(name!));
    }
    await this.#sendBytes(await this.#pack(bytesOf(text)));
    if (/ unauthenticate\r\n$/i.test(text)) {
      this.#deflate?.close();
      this.#deflate = undefined;
    }
  }

  async #pack(bytes: Uint8Array): Promise<Uint8Array> {
    const deflate = this.#deflate;
    if (deflate === undefined) return bytes;
    deflate.write(bytes);
    await new Promise<void>((flushed) =>
      deflate.flush(constants.Z_SYNC_FLUSH, flushed)
    );
    const packed: Uint8Array[] = [];
    for (let part; (part = deflate.read()) !== null;) packed.push(part);
    return Buffer.concat(packed);
  }

  async #sendBytes(bytes: Uint8Array): Promise<void> {
    const size = this.#cut ? 1 : Math.max(1, bytes.length);
    for (let start = 0; start < bytes.length; start += size) {
      let part = bytes.subarray(start, start + size);
      while (part.length > 0) part = part.subarray(await this.#write(part));
    }
  }

  readonly #stream = {
    read: async (): Promise<Uint8Array | null> => {
      const buffer = new Uint8Array(65_536);
      const count = await this.#conn.read(buffer);
      return count === null ? null : buffer.subarray(0, count);
    },
    write: async (bytes: Uint8Array) => void await this.#write(bytes),
  };

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
    this.#deflate?.close();
    this.#inflated?.end();
    this.#deflate = this.#inflated = undefined;
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
    try {
      for (;;) {
        const bytes = await (this.#inflated ?? this.#stream).read();
        if (bytes === null) break;
        this.#reader.push(bytes);
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
    const said = parseResponse(text, false);
    const meant = this.#numbers ? numbered(said, this.#view.uids) : [said];
    for (const response of meant) {
      this.#view.received(response);
      this.#responses.push(response);
    }
    if (said.type !== "status") return;
    const { tag, status } = said;
    if (status === "OK" && this.#switches.has(tag)) {
      this.#switch(this.#switches.get(tag)!);
    }
    this.#switches.delete(tag);
  }

  /** RFC 4978 § 3, RFC 8437 § 4.1: from behind the tagged OK on. */
  #switch(compressed: boolean): void {
    if (compressed) {
      const rest = bytesOf(this.#reader.remainder);
      this.#reader = new ResponseReader();
      this.#inflated = new Deflated(this.#stream, rest);
      this.#deflate = createDeflateRaw();
    } else if (this.#inflated !== undefined) {
      this.#reader.push(this.#inflated.end());
      this.#inflated = undefined;
    }
  }
}
