/**
 * A connection by its bytes, that can go on under TLS.
 *
 * @module
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** See the module's text. */
export class Wire implements Disposable {
  #conn: Deno.TcpConn | Deno.TlsConn;
  #heard = "";

  /** Takes a connection over. */
  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects to a port. */
  static async open(port: number): Promise<Wire> {
    return new Wire(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Sends text, or bytes, as they are. */
  async send(bytes: string | Uint8Array): Promise<void> {
    const rest = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
    for (let at = 0; at < rest.length;) {
      at += await this.#conn.write(rest.subarray(at));
    }
  }

  /** What comes, up to and with a match, or up to the end. */
  async until(end: RegExp): Promise<string> {
    const buffer = new Uint8Array(4_096);
    for (;;) {
      const match = end.exec(this.#heard);
      const at = match === null ? undefined : match.index + match[0].length;
      const count = at === undefined
        ? await this.#conn.read(buffer).catch(() => null)
        : null;
      if (count === null) {
        const said = this.#heard.slice(0, at);
        this.#heard = this.#heard.slice(said.length);
        return said;
      }
      this.#heard += decoder.decode(buffer.subarray(0, count));
    }
  }

  /** Sends a command, or the rest of one with this tag, and gives what comes up to its tagged response. */
  async ask(command: string, tag = command.split(" ")[0]): Promise<string> {
    await this.send(command + "\r\n");
    return await this.until(new RegExp(`^${tag} [^\\n]*\\n`, "m"));
  }

  /** All that comes up to the end of the connection. */
  rest(): Promise<string> {
    return this.until(/(?!)/);
  }

  /** Says no more, and gives all that comes up to the end of the connection. */
  async finish(): Promise<string> {
    await this.#conn.closeWrite();
    return await this.rest();
  }

  /**
   * Goes on under TLS, at once.
   * @param cert what to trust
   * @throws when the handshake fails
   */
  async startTls(cert: string): Promise<void> {
    const options = { hostname: "localhost", caCerts: [cert] };
    const conn = await Deno.startTls(this.#conn as Deno.TcpConn, options);
    this.#conn = conn;
    await conn.handshake();
  }

  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // A handshake that has failed has closed it.
    }
  }
}
