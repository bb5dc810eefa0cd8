/**
 * Starts a server.
 *
 * @module
 */

import { serveConnection } from "../protocol/imap/connection.ts";
import type { ServeOptions } from "./options.ts";
import { type ImapServer, Server } from "./server.ts";

/**
 * Starts an IMAP server, in the manner of `Deno.serve`: it listens when the call returns.
 *
 * ```ts
 * import { serve } from "./serve.ts";
 *
 * await using server = serve({ port: 0, users: { alice: "secret" } });
 * const { hostname, port } = server.addr;
 * ```
 *
 * @throws {TypeError} when the options contradict each other, or the certificate is none
 * @throws {Deno.errors.AddrInUse} when a port is taken
 */
export function serve(options: ServeOptions = {}): ImapServer {
  return new Server(options, serveConnection);
}
