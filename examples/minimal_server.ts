/**
 * The least that is a server: one user, mailboxes in memory.
 *
 * `deno run --allow-net=127.0.0.1 examples/minimal_server.ts` listens on 127.0.0.1:1143 for alice, whose password is
 * `secret`.
 *
 * @module
 */

import { type ImapServer, serve } from "../mod.ts";

/** Starts it; port 0 picks a free one. */
export function start(port = 1143): ImapServer {
  return serve({ port, users: { alice: "secret" } });
}

if (import.meta.main) {
  const [port = "1143"] = Deno.args;
  const server = start(Number(port));
  console.log(`IMAP on port ${server.addr.port}`);
  await server.finished;
}
