/**
 * One of several processes that serve the same mailboxes, which are in one remote Deno KV.
 *
 * `deno run --unstable-kv --allow-net --allow-env=DENO_KV_ACCESS_TOKEN examples/remote_kv.ts URL PORT`, as often
 * as you like and on as many machines. The URL is that of Deno Deploy's KV or of a `denokv`; its access token is
 * in the environment. What alice does at one of them she sees at all others at once.
 *
 * @module
 */

import { type ImapServer, openKvStorage, serve } from "../mod.ts";

/** A running server; its storage closes with it. */
export interface Running extends AsyncDisposable {
  /** The server. */
  readonly server: ImapServer;
}

/** Starts a server on the database at a URL; port 0 picks a free one. */
export async function start(url: string, port = 1143): Promise<Running> {
  const stack = new AsyncDisposableStack();
  const storage = stack.use(await openKvStorage({ path: url, shared: true }));
  const users = { alice: "secret" };
  const server = stack.use(serve({ port, users, storage }));
  return { server, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

if (import.meta.main) {
  const [url = "http://127.0.0.1:4512", port = "1143"] = Deno.args;
  await using running = await start(url, Number(port));
  await running.server.finished;
}
