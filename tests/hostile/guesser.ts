/**
 * Logins that fail, one after the other, and how long each takes.
 *
 * @module
 */

import { assert } from "@std/assert";
import {
  hashPassword,
  type ImapServer,
  serve,
  type UserStore,
} from "../../mod.ts";

/** Makes the record of a password, by scheme; each is cheap to check. */
export const RECORDS: Readonly<Record<string, () => Promise<string>>> = {
  argon2id: () => hashPassword("secret", { memory: 1_024, iterations: 1 }),
  bcrypt: () =>
    Promise.resolve(
      "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
    ),
};

/** A server with alice, and bobby, who is disabled; both have the password of the record. */
export function serveRecord(passwordHash: string): ImapServer {
  const known = new Map(
    ["alice", "bobby"].map((name) => [
      name,
      { name, passwordHash, disabled: name === "bobby" },
    ]),
  );
  const users: UserStore = {
    get: (name) => Promise.resolve(known.get(name)),
    sample: () => Promise.resolve([passwordHash]),
    tokens: () => Promise.resolve([]),
  };
  return serve({
    port: 0,
    users,
    limits: { failedLoginDelay: 0, failedLogins: 1_000_000 },
    onListen() {},
  });
}

/** A connection on which logins are tried one after the other. */
export class Guesser implements Disposable {
  readonly #conn: Deno.Conn;
  #tag = 0;

  private constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects. */
  static async open(server: ImapServer): Promise<Guesser> {
    const { port } = server.addr;
    const guesser = new Guesser(await Deno.connect({ port }));
    await guesser.#read();
    return guesser;
  }

  /** What the server says, without the tag, and after how many milliseconds. */
  async guess(user: string): Promise<{ said: string; time: number }> {
    const tag = `t${++this.#tag}`;
    const command = `${tag} LOGIN ${user} wrong${this.#tag}\r\n`;
    const begin = performance.now();
    await this.#conn.write(new TextEncoder().encode(command));
    const said = await this.#read();
    const time = performance.now() - begin;
    assert(said.startsWith(`${tag} `), said);
    return { said: said.slice(tag.length), time };
  }

  /** A line. */
  async #read(): Promise<string> {
    const buffer = new Uint8Array(1_024);
    let text = "";
    while (!text.endsWith("\r\n")) {
      const count = await this.#conn.read(buffer);
      if (count === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
    return text;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
