/**
 * An IMAP client that does as little as can be done, so that the server is what is measured.
 *
 * It finds the ends of responses (RFC 9051 § 7: lines, with literals inside) and looks at nothing else
 * unless asked. A `NO` or `BAD` throws, since a command that failed quickly is no figure.
 *
 * @module
 */

import { type Address, connect, type Wire } from "./wire.ts";

const CR = 13, LF = 10, OPEN = 123, CLOSE = 125, PLUS = 43, STAR = 42;
const SPACE = 32, LETTER_O = 79;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A buffer at first, and what it grows to where much comes: most connections get little. */
const FIRST_BUFFER = 1 << 13;
const LARGE_BUFFER = 1 << 18;
/** So much of pipelined commands is sent at once. */
const BATCH = 1 << 18;
/** From so many octets on, something is not copied to be sent with what is before it. */
const LARGE_PART = 1 << 16;

/** Where a server listens, and who logs in. */
export interface Account extends Address {
  /** Login name. */
  readonly user: string;
  /** Password. */
  readonly password: string;
}

/** What came back for one or more commands. */
export interface Reply {
  /** Number of untagged responses. */
  readonly untagged: number;
  /** Number of `FETCH`, `EXISTS` and other responses that start with a number. */
  readonly numbered: number;
  /** Octets in literals, all together. */
  readonly literalBytes: number;
  /** Octets received, all together. */
  readonly bytes: number;
}

/** Called with each untagged response, literals and all, without its last CRLF; a view, not a copy. */
export type OnUntagged = (response: Uint8Array) => void;

/** A connection to an IMAP server. */
export class Client implements Disposable {
  readonly #wire: Wire;
  #buffer = new Uint8Array(FIRST_BUFFER);
  #start = 0; // of the response being read
  #scan = 0; // everything before is known to belong to it
  #end = 0; // of what has been received
  #from = 0; // of the response that was taken last
  #to = 0;
  #literalBytes = 0;
  #received = 0;
  #tags = 0;
  #wantsMore = false; // a read has filled the buffer
  readonly #batch = new Batch(); // what is to be sent

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Connects and reads the greeting. */
  static async connect(at: Address): Promise<Client> {
    const client = new Client(await connect(at));
    try {
      await client.#response();
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Connects and logs in. */
  static async login(at: Account): Promise<Client> {
    const client = await Client.connect(at);
    try {
      await client.run(`LOGIN ${quote(at.user)} ${quote(at.password)}`);
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Sends one command (without tag and CRLF) and reads to its end. */
  async run(command: string, onUntagged?: OnUntagged): Promise<Reply> {
    this.#batch.tag(this.#tags++);
    const writing = this.#say(command);
    if (writing) await writing;
    return await this.#replies(1, onUntagged);
  }

  /** Sends one command and returns its untagged responses as text. */
  async lines(command: string): Promise<string[]> {
    const lines: string[] = [];
    await this.run(command, (response) => lines.push(decoder.decode(response)));
    return lines;
  }

  /**
   * Sends `count` commands without waiting in between and reads to the end of the last.
   *
   * `command` gives the parts of each command, without tag and CRLF.
   */
  async pipeline(
    count: number,
    command: (n: number) => readonly Uint8Array[],
    onUntagged?: OnUntagged,
  ): Promise<Reply> {
    const first = this.#tags;
    this.#tags += count;
    const writing = this.#write(count, first, command);
    const reply = this.#replies(count, onUntagged);
    await Promise.all([writing, reply]);
    return await reply;
  }

  /** APPENDs a message with a non-synchronising literal (RFC 7888). */
  async append(
    mailbox: string,
    source: Uint8Array,
    options = "(\\Seen)",
  ): Promise<Reply> {
    return await this.pipeline(1, () => appendParts(mailbox, source, options));
  }

  /** Sends IDLE and waits for the continuation (RFC 2177). */
  async idle(): Promise<void> {
    await this.#say(`i${this.#tags++} IDLE`);
    while ((await this.#response())[0] !== PLUS);
  }

  /** While idle, waits until an untagged response ends with `word`. */
  async waitFor(word: string): Promise<void> {
    while (!decoder.decode(await this.#response()).endsWith(word));
  }

  /** Ends IDLE. */
  async done(): Promise<void> {
    await this.#say("DONE");
    await this.#replies(1);
  }

  /** Logs out and closes. */
  async logout(): Promise<void> {
    await this.run("LOGOUT");
    this.close();
  }

  /** Closes the socket without a word, if it is open. */
  close(): void {
    this.#wire.close();
  }

  /** Closes the socket, if it is open. */
  [Symbol.dispose](): void {
    this.#wire.close();
  }

  /** Sends what is in the batch, and a line. */
  #say(line: string): void | Promise<void> {
    this.#batch.text(line);
    this.#batch.put(CRLF);
    return this.#wire.write(this.#batch.take());
  }

  async #write(
    count: number,
    first: number,
    command: (n: number) => readonly Uint8Array[],
  ): Promise<void> {
    const batch = this.#batch;
    for (let n = 0; n < count; n++) {
      batch.tag(first + n);
      for (const part of command(n)) {
        if (part.length < LARGE_PART) batch.put(part);
        else {
          await this.#wire.write(batch.take());
          await this.#wire.write(part);
        }
      }
      batch.put(CRLF);
      if (batch.size < BATCH && n < count - 1) continue;
      const writing = this.#wire.write(batch.take());
      if (writing) await writing;
    }
  }

  async #replies(count: number, onUntagged?: OnUntagged): Promise<Reply> {
    let untagged = 0, numbered = 0;
    const literalsBefore = this.#literalBytes;
    const receivedBefore = this.#received;
    while (count > 0) {
      while (!this.#take()) {
        const filling = this.#fill();
        if (filling) await filling;
      }
      const buffer = this.#buffer;
      const from = this.#from;
      const first = buffer[from];
      if (first === STAR) {
        untagged++;
        const second = buffer[from + 2] as number;
        if (second >= 48 && second <= 57) numbered++;
        onUntagged?.(this.#taken());
      } else if (first !== PLUS) {
        count--;
        let status = from;
        while (status < this.#to && buffer[status++] !== SPACE);
        if (buffer[status] !== LETTER_O) {
          throw new Error(`Refused: ${decoder.decode(this.#taken())}`);
        }
      }
    }
    return {
      untagged,
      numbered,
      literalBytes: this.#literalBytes - literalsBefore,
      bytes: this.#received - receivedBefore,
    };
  }

  async #response(): Promise<Uint8Array> {
    while (!this.#take()) await this.#fill();
    return this.#taken();
  }

  /** The response that {@linkcode Client.#take} has found. */
  #taken(): Uint8Array {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  /** Finds a whole response in the buffer, if there is one. */
  #take(): boolean {
    const buffer = this.#buffer;
    for (;;) {
      const lf = lineFeed(buffer, this.#scan, this.#end);
      if (lf < 0) return false;
      this.#scan = lf + 1;
      if (buffer[lf - 2] === CLOSE && lf - 2 > this.#start) {
        const size = literalSize(buffer, lf - 2);
        if (size >= 0) {
          // The literal may not be here yet: `scan` is then beyond `end`.
          this.#scan += size;
          this.#literalBytes += size;
          continue;
        }
      }
      this.#from = this.#start;
      this.#to = buffer[lf - 1] === CR ? lf - 1 : lf;
      this.#start = this.#scan;
      return true;
    }
  }

  /** Receives something; there is no promise where something was there. */
  #fill(): void | Promise<void> {
    if (this.#end === this.#buffer.length || this.#start === this.#end) {
      this.#makeRoom();
    }
    const end = this.#end;
    const got = this.#wire.read(
      end === 0 ? this.#buffer : this.#buffer.subarray(end),
    );
    return got instanceof Promise
      ? got.then((count) => this.#got(count))
      : this.#got(got);
  }

  #got(count: number | null): void {
    if (count === null) throw new Error("The server closed the connection");
    this.#end += count;
    this.#received += count;
    if (this.#end === this.#buffer.length) this.#wantsMore = true;
  }

  /** Moves the response being read to the front, into a larger buffer if it needs one. */
  #makeRoom(): void {
    const need = Math.max(this.#scan, this.#end) - this.#start;
    const old = this.#buffer;
    if (need > old.length / 2) this.#buffer = new Uint8Array(need * 2);
    else if (this.#wantsMore && old.length < LARGE_BUFFER) {
      this.#buffer = new Uint8Array(LARGE_BUFFER);
    }
    this.#wantsMore = false;
    this.#buffer.set(old.subarray(this.#start, this.#end));
    this.#scan -= this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }
}

const CRLF = encoder.encode("\r\n");

/** Returns the parts of an APPEND command with a non-synchronising literal (RFC 7888 § 4). */
export function appendParts(
  mailbox: string,
  source: Uint8Array,
  options = "(\\Seen)",
): readonly Uint8Array[] {
  const head = `APPEND ${quote(mailbox)} ${options} {${source.length}+}\r\n`;
  return [encoder.encode(head), source];
}

/** Returns where the next LF is, or -1. Most lines are short, which a loop is faster for. */
function lineFeed(buffer: Uint8Array, from: number, end: number): number {
  const near = Math.min(end, from + 64);
  for (let at = from; at < near; at++) if (buffer[at] === LF) return at;
  const at = near < end ? buffer.indexOf(LF, near) : -1;
  return at < end ? at : -1;
}

/** Returns the number in `{n}` that ends at `close`, or -1 when that is no literal. */
function literalSize(buffer: Uint8Array, close: number): number {
  let size = 0;
  let power = 1;
  for (let at = close - 1; at >= 0 && close - at <= 16; at--) {
    const byte = buffer[at] as number;
    if (byte === OPEN) return at === close - 1 ? -1 : size;
    if (byte < 48 || byte > 57) return -1;
    size += (byte - 48) * power;
    power *= 10;
  }
  return -1;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** Commands that are sent at once. The same buffer each time: that of a new small array is made when it is sent. */
class Batch {
  #bytes = new Uint8Array(1 << 9);
  /** Octets put. */
  size = 0;

  /** Puts the tag of a command, and a space. */
  tag(n: number): void {
    this.text("t");
    this.text(`${n}`);
    this.text(" ");
  }

  /** Puts a text; a loop is faster than the platform's encoder for one that is short and ASCII, as most are. */
  text(text: string): void {
    const { length } = text;
    if (this.size + length > this.#bytes.length) this.#grow(length);
    const bytes = this.#bytes;
    const { size } = this;
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code > 127) return this.put(encoder.encode(text));
      bytes[size + at] = code;
    }
    this.size = size + length;
  }

  /** Puts octets. */
  put(part: Uint8Array): void {
    const { length } = part;
    if (this.size + length > this.#bytes.length) this.#grow(length);
    if (length < 32) {
      for (let at = 0; at < length; at++) {
        this.#bytes[this.size + at] = part[at] as number;
      }
    } else this.#bytes.set(part, this.size);
    this.size += length;
  }

  /** Returns what was put, until the next is put, and begins anew. */
  take(): Uint8Array {
    const whole = this.#bytes.subarray(0, this.size);
    this.size = 0;
    return whole;
  }

  #grow(more: number): void {
    const old = this.#bytes;
    this.#bytes = new Uint8Array((this.size + more) * 2);
    this.#bytes.set(old.subarray(0, this.size));
  }
}
