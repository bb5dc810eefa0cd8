/**
 * A client of an example.
 *
 * @module
 */

import { Client } from "../callbacks/harness.ts";

/** A client that hangs up at the end of its block. */
class Session extends Client implements Disposable {
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Connects and logs in, as alice if nobody else is meant. */
export async function login(
  server: { readonly addr: { readonly port: number } },
  user = "alice",
): Promise<Session> {
  const client = new Session(await Deno.connect({ port: server.addr.port }));
  await client.line();
  await client.ok(`LOGIN ${user} secret`);
  return client;
}
