/**
 * An IMAP client that does as little as can be done, so that the server is what is measured.
 *
 * It finds the ends of responses (RFC 9051 § 7: lines, with literals inside) and looks at nothing else
 * unless asked. A `NO` or `BAD` throws, since a command that failed quickly is no figure.
 *
 * @module
 */

const CR = 13, LF = 10, OPEN = 123, CLOSE = 125, PLUS = 43, STAR = 42;
const SPACE = 32, LETTER_O = 79;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A buffer at first, and what it grows to where much comes: most connections get little. */
const FIRST_BUFFER = 1 << 13;
const LARGE_BUFFER = 1 << 18;

/** Where a server listens, and who logs in. */
export interface Account {
  /** Host name or address. */
  readonly hostname: string;
  /** TCP port. */
  readonly port: number;
  /** Login name. */
  readonly user: string;
  /** Password. */
  readonly password: string;
  /** The server's certificate, PEM, where TLS is spoken from the beginning. */
  readonly caCert?: string | undefined;
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
  readonly #conn: Deno.Conn;
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

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects and reads the greeting. */
  static async connect(at: Account): Promise<Client> {
    const client = new Client(await open(at));
    await client.#response();
    return client;
  }

  /** Connects and logs in. */
  static async login(at: Account): Promise<Client> {
    const client = await Client.connect(at);
    await client.run(`LOGIN ${quote(at.user)} ${quote(at.password)}`);
    return client;
  }

  /** Sends one command (without tag and CRLF) and reads to its end. */
  async run(command: string, onUntagged?: OnUntagged): Promise<Reply> {
    const line = bytesOf(`t${this.#tags++} ${command}\r\n`);
    await writeAll(this.#conn, line);
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
    await writeAll(this.#conn, encoder.encode(`i${this.#tags++} IDLE\r\n`));
    while ((await this.#response())[0] !== PLUS);
  }

  /** While idle, waits until an untagged response ends with `word`. */
  async waitFor(word: string): Promise<void> {
    while (!decoder.decode(await this.#response()).endsWith(word));
  }

  /** Ends IDLE. */
  async done(): Promise<void> {
    await writeAll(this.#conn, encoder.encode("DONE\r\n"));
    await this.#replies(1);
  }

  /** Logs out and closes. */
  async logout(): Promise<void> {
    await this.run("LOGOUT");
    this.close();
  }

  /** Closes the socket without a word. */
  close(): void {
    this.#conn.close();
  }

  /** Closes the socket, if it is still open. */
  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch { /* it was closed before */ }
  }

  async #write(
    count: number,
    first: number,
    command: (n: number) => readonly Uint8Array[],
  ): Promise<void> {
    let batch: Uint8Array[] = [];
    let size = 0;
    for (let n = 0; n < count; n++) {
      const parts = [
        bytesOf(`t${first + n} `),
        ...command(n),
        CRLF,
      ];
      batch.push(...parts);
      for (const part of parts) size += part.length;
      if (size < 1 << 18 && n < count - 1) continue;
      await writeAll(this.#conn, concat(batch, size));
      batch = [];
      size = 0;
    }
  }

  async #replies(count: number, onUntagged?: OnUntagged): Promise<Reply> {
    let untagged = 0, numbered = 0;
    const literalsBefore = this.#literalBytes;
    const receivedBefore = this.#received;
    while (count > 0) {
      while (!this.#take()) await this.#fill();
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

  async #fill(): Promise<void> {
    if (this.#end === this.#buffer.length || this.#start === this.#end) {
      this.#makeRoom();
    }
    const got = await this.#conn.read(this.#buffer.subarray(this.#end));
    if (got === null) throw new Error("The server closed the connection");
    this.#end += got;
    this.#received += got;
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

/** Bytes of a text that is short and ASCII nearly always: a loop is faster than the platform's encoder then. */
function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 127) return encoder.encode(text);
    bytes[at] = code;
  }
  return bytes;
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

function concat(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function open(
  { hostname, port, caCert }: Account,
): Promise<Deno.Conn> {
  if (caCert !== undefined) {
    return await Deno.connectTls({ hostname, port, caCerts: [caCert] });
  }
  const conn = await Deno.connect({ hostname, port });
  conn.setNoDelay(true);
  return conn;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
  }
}
