/**
 * A server with tokens of every scope, and those who use them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MemoryStorage, type Scope, serve, type UserStore } from "../../mod.ts";
import { hashToken } from "../../server/credentials/token.ts";
import { Client, textOf } from "../callbacks/harness.ts";

/** The tokens of alice, beside her password `secret`. */
export const SCOPES: Readonly<Record<string, Scope>> = {
  read: { readOnly: true },
  append: { appendOnly: true },
  lists: { mailboxes: ["Lists/deno", "Later"] },
  inbox: { mailboxes: ["INBOX"], readOnly: true },
  drop: { mailboxes: ["Drop"], appendOnly: true },
};

const users: UserStore = {
  hashed: false,
  get: (name) =>
    Promise.resolve(
      name === "alice" ? { name, password: "secret" } : undefined,
    ),
  tokens: (name) =>
    Promise.resolve(
      name !== "alice" ? [] : Object.entries(SCOPES).map(([id, scope]) => ({
        ...{ id, scope },
        hash: hashToken(id),
      })),
    ),
};

/** A server whose alice has INBOX, Lists/deno, Lists/deno/std, Sent and Drop, with two messages in each. */
export interface Scene {
  /** An IMAP client that has logged in by a password or a token. */
  login(password: string): Promise<Client>;
  /** Says some lines of POP3 and gives the first lines of what is answered; the greeting is the first. */
  pop3(...lines: readonly string[]): Promise<string[]>;
}

/** Calls back with it; at the end the storage is as it should be. */
export async function withScene(
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using storage = new MemoryStorage();
  const faults: unknown[] = [];
  await using server = serve({
    port: 0,
    pop3Port: 0,
    users,
    storage,
    limits: { failedLoginDelay: 0 },
    onListen() {},
    onError: (error) => faults.push(error),
  });
  const clients: Client[] = [];
  const [imap, pop3] = server.addrs.map(({ port }) => port);
  const login = async (password: string) => {
    const client = new Client(await Deno.connect({ port: imap! }));
    clients.push(client);
    await client.line();
    await client.ok(`LOGIN alice ${password}`);
    return client;
  };
  try {
    const whole = await login("secret");
    for (
      const name of ["INBOX", "Lists/deno", "Lists/deno/std", "Sent", "Drop"]
    ) {
      if (name !== "INBOX") await whole.ok(`CREATE ${name}`);
      for (const number of [1, 2]) {
        const said = await whole.append(name, textOf(`${name} ${number}`));
        assert(said.startsWith("OK"), said);
      }
    }
    await body({
      login,
      async pop3(...lines) {
        const conn = await Deno.connect({ port: pop3! });
        const text = lines.map((line) => `${line}\r\n`).join("");
        await conn.write(new TextEncoder().encode(text));
        const heard = await new Response(conn.readable).text();
        return heard.split("\r\n").filter((line) => /^(\+OK|-ERR)/.test(line));
      },
    });
  } finally {
    for (const client of clients) client.close();
  }
  assertEquals(faults, []);
  assertEquals(await storage.verify(), []);
}
