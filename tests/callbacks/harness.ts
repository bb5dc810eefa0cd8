/**
 * A server with callbacks, and clients of it that speak over sockets.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { ServeOptions } from "../../server/options.ts";
import { serve } from "../../server/serve.ts";
import type { ImapServer } from "../../server/server.ts";
import { MemoryStorage } from "../../storage/memory/mod.ts";

const decoder = new TextDecoder("latin1");
const encoder = new TextEncoder();

/** A server that is being tested. */
export interface Tested extends AsyncDisposable {
  /** The server. */
  readonly server: ImapServer;
  /** What went to `onError`: the messages. */
  readonly faults: string[];
  /** Connects, without waiting for the greeting. */
  connect(): Promise<Client>;
  /** Connects and logs in. */
  login(user?: string): Promise<Client>;
  /** Connects, logs in and selects a mailbox. */
  select(mailbox?: string): Promise<Client>;
}

/** Starts a server with callbacks in front of a storage in memory, or of none where the options say so. */
export function start(
  callbacks: NonNullable<ServeOptions["callbacks"]>,
  options: ServeOptions = {},
): Tested {
  const faults: string[] = [];
  const clients: Client[] = [];
  const server = serve({
    port: 0,
    users: { alice: "secret", bob: "secret" },
    limits: { failedLoginDelay: 0 },
    onListen() {},
    onError: (error) => faults.push((error as Error).message),
    callbacks,
    ...options,
  });
  const { hostname, port } = server.addr;
  return {
    server,
    faults,
    async connect() {
      const client = new Client(await Deno.connect({ hostname, port }));
      clients.push(client);
      return client;
    },
    async login(user = "alice") {
      const client = await this.connect();
      await client.line();
      await client.ok(`LOGIN ${user} secret`);
      return client;
    },
    async select(mailbox = "INBOX") {
      const client = await this.login();
      await client.ok(`SELECT ${mailbox}`);
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await server.shutdown();
    },
  };
}

/** A storage whose INBOX of alice has so many messages, `Subject: 1` and so on. */
export async function storageOf(count: number): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  await inbox.append(Array.from({ length: count }, (_, index) => ({
    source: encoder.encode(textOf(index + 1)),
    flags: [],
    internalDate: Date.UTC(2020, 0, index + 1),
    summary: new Uint8Array(0),
  })));
  inbox.close();
  account.close();
  return storage;
}

/** A short message. */
export function textOf(number: number | string): string {
  return `Subject: ${number}\r\n\r\nbody ${number}\r\n`;
}

/** A client. */
export class Client {
  readonly #conn: Deno.Conn;
  #text = "";
  #tags = 0;
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Reads a line, without its end; undefined when the server has closed. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\r\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      const buffer = new Uint8Array(4096);
      const count = await this.#conn.read(buffer).catch(() => null);
      if (count === null) return undefined;
      this.#text += decoder.decode(buffer.subarray(0, count));
    }
  }

  /** Writes text as it is. */
  async write(text: string): Promise<void> {
    await this.#conn.write(encoder.encode(text));
  }

  /** Sends a command; gives the lines of the answer, the tagged one last and without its tag. */
  async send(command: string): Promise<string[]> {
    const tag = `t${++this.#tags}`;
    await this.write(`${tag} ${command}\r\n`);
    return await this.until(tag);
  }

  /** The lines up to the one with a tag. */
  async until(tag: string): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      assert(line !== undefined, `Closed after ${lines.join(" | ")}`);
      if (line.startsWith(`${tag} `)) {
        return [...lines, line.slice(tag.length + 1)];
      }
      lines.push(line);
    }
  }

  /** Sends a command that has to succeed; gives the lines before the tagged one. */
  async ok(command: string): Promise<string[]> {
    const lines = await this.send(command);
    const last = lines.pop()!;
    assert(last.startsWith("OK"), `${command}: ${last}`);
    return lines;
  }

  /** Sends a command that has to be refused; gives the tagged line from its code on. */
  async no(command: string): Promise<string> {
    const last = (await this.send(command)).at(-1)!;
    assert(last.startsWith("NO "), `${command}: ${last}`);
    return last.slice(3);
  }

  /** Appends a message; gives the tagged line. */
  async append(mailbox: string, text: string, flags = ""): Promise<string> {
    const command = `APPEND ${mailbox} ${flags}{${text.length}+}\r\n${text}`;
    return (await this.send(command)).at(-1)!;
  }

  /** Says NOOP, after which the server ends the connection; gives all that it says. */
  async lastWords(): Promise<string> {
    await this.write("x NOOP\r\n");
    let said = "";
    for (let line; (line = await this.line()) !== undefined;) said += line;
    return said;
  }

  /** UIDs and flags of all messages, by number. */
  async messages(): Promise<string[]> {
    return await this.ok("FETCH 1:* (UID FLAGS)");
  }

  /** Hangs up. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}

/** The code of a tagged line, such as `APPENDUID 5 1`. */
export function codeOf(line: string): string {
  return /\[(.*?)\]/.exec(line)?.[1] ?? "";
}
