/**
 * The least that is a server: one user, mailboxes in memory.
 *
 * `deno run --allow-net examples/minimal_server.ts`
 *
 * @module
 */

import { type ImapServer, serve } from "../mod.ts";

/** Starts it; port 0 picks a free one. */
export function start(port = 1143): ImapServer {
  return serve({ port, users: { alice: "secret" } });
}

if (import.meta.main) await start().finished;
