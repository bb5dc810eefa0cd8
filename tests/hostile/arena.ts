/**
 * A server to throw things at, with a bystander who must not notice.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Client } from "../transcript/client.ts";
import { type OwnServer, startOwnServer } from "../transcript/own_server.ts";
import type { Response } from "../../testing/responses/response.ts";

/** What came of a command: the responses, up to the tagged one or the end of the connection. */
export interface Outcome {
  /** `OK`, `NO` or `BAD`; `closed` when the server hung up instead. */
  readonly status: string;
  /** The name of the response code, of the tagged response or of the BYE. */
  readonly code: string | undefined;
  /** The untagged responses. */
  readonly untagged: readonly Response[];
}

/** See the module's text. */
export class Arena implements AsyncDisposable {
  /** The server. */
  readonly server: OwnServer;
  readonly #bystander: Client;
  readonly #clients: Client[] = [];

  private constructor(server: OwnServer, bystander: Client) {
    this.server = server;
    this.#bystander = bystander;
  }

  /** Starts a server whose limits are the default, apart from those given. */
  static async start(limits: Record<string, number> = {}): Promise<Arena> {
    const server = await startOwnServer({ limits, disable: [] }, "memory");
    const bystander = await connect(server);
    await logIn(bystander, "bob");
    return new Arena(server, bystander);
  }

  /** A connection that has been greeted. */
  async connect(): Promise<Client> {
    const client = await connect(this.server);
    this.#clients.push(client);
    return client;
  }

  /** A connection of alice's. */
  async logIn(): Promise<Client> {
    const client = await this.connect();
    await logIn(client, "alice");
    return client;
  }

  /** Checks that others are still served. */
  async assertAlive(): Promise<void> {
    assertEquals((await ask(this.#bystander, "n", "n NOOP")).status, "OK");
    const fresh = await this.connect();
    assertEquals((await ask(fresh, "c", "c CAPABILITY")).status, "OK");
    fresh.close();
  }

  /** Checks that others are still served and nothing is broken, then ends all. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.assertAlive();
    } finally {
      for (const client of this.#clients) client.close();
      this.#bystander.close();
      const problems = await this.server.storage.verify();
      await this.server.stop();
      assertEquals(problems, []);
      assertEquals(this.server.faults, []);
    }
  }
}

async function connect(server: OwnServer): Promise<Client> {
  const client = new Client(await server.connect(), false);
  const greeting = await client.receive();
  assert(greeting?.type === "status" && greeting.status === "OK");
  return client;
}

async function logIn(client: Client, user: string): Promise<void> {
  const { status } = await ask(client, "l", `l LOGIN ${user} secret`);
  assertEquals(status, "OK");
}

/** Sends text and a CRLF, and waits for the response with this tag. */
export async function ask(
  client: Client,
  tag: string,
  text: string,
): Promise<Outcome> {
  await client.send(text + "\r\n");
  return await answer(client, tag);
}

/** Waits for the response with this tag, or the end of the connection. Continuation requests are passed over. */
export async function answer(client: Client, tag: string): Promise<Outcome> {
  const untagged: Response[] = [];
  let code: string | undefined;
  for (;;) {
    const response = await client.receive();
    if (response === undefined) return { status: "closed", code, untagged };
    if (response.type === "status") {
      const name = response.code?.[0];
      code = name?.type === "atom" ? name.text : undefined;
      if (response.tag === tag) {
        return { status: response.status, code, untagged };
      }
    }
    if (response.type !== "continuation") untagged.push(response);
  }
}

/** Checks that a command was refused: NO, BAD, or the end of the connection. */
export function assertRefused(outcome: Outcome, about: string): void {
  const refused = ["NO", "BAD", "closed"].includes(outcome.status);
  assert(refused, `${about}: ${outcome.status}`);
}
