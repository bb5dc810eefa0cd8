/**
 * A client that says lines and hears what comes.
 *
 * @module
 */

/** See the module's text. */
export class LineClient implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #decoder = new TextDecoder();
  #tag = 0;
  #text = "";

  /** Takes a connection. */
  constructor(conn: Deno.Conn) {
    // What is said in pieces is to arrive at once.
    if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
    this.#conn = conn;
  }

  /** Connects, and waits for the greeting. */
  static async open(port: number): Promise<LineClient> {
    const client = new LineClient(await Deno.connect({ port }));
    await client.until(/^\* .*\r\n/);
    return client;
  }

  /** Connects and logs in. */
  static async login(port: number, user = "alice"): Promise<LineClient> {
    const client = await LineClient.open(port);
    await client.ask(`LOGIN ${user} secret`);
    return client;
  }

  /** Says what it is told to. */
  async say(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  /** Gives a command; what came up to its tagged answer, or the end. */
  async ask(command: string): Promise<string> {
    const tag = `t${++this.#tag}`;
    await this.say(`${tag} ${command}\r\n`);
    return await this.until(new RegExp(`^${tag} .*\r\n`, "m"));
  }

  /** What came until it matches, or until the end. */
  async until(pattern: RegExp): Promise<string> {
    const buffer = new Uint8Array(4096);
    while (!pattern.test(this.#text)) {
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) break;
      const part = buffer.subarray(0, count);
      this.#text += this.#decoder.decode(part, { stream: true });
    }
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** All that comes up to the end of the connection. */
  rest(): Promise<string> {
    return this.until(/(?!)/);
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
