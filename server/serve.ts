/**
 * Starts a server.
 *
 * @module
 */

import { HANDLERS } from "./doors.ts";
import type { ServeOptions } from "./options.ts";
import { type ImapServer, Server } from "./server.ts";

/**
 * Starts a server of IMAP, and of POP3 and LMTP if asked to, in the manner of `Deno.serve`: it listens when the call returns.
 *
 * ```ts
 * import { serve } from "@x/imapd";
 *
 * await using server = serve({ port: 0, users: { alice: "secret" } });
 * const { hostname, port } = server.addr;
 * console.log(`imap://${hostname}:${port}`);
 * ```
 *
 * @throws {TypeError} when the options contradict each other, or the certificate is none
 * @throws {Deno.errors.AddrInUse} when a port is taken
 */
export function serve(options: ServeOptions = {}): ImapServer {
  return new Server(options, HANDLERS);
}
