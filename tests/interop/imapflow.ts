/**
 * ImapFlow, connected to the server under test.
 *
 * @module
 */

import { ImapFlow, type ImapFlowOptions } from "imapflow";
import type { MailServer, Transport } from "./server.ts";

/** Makes a client that is connected and logged in; the certificate is verified. */
export async function connectImapFlow(
  server: MailServer,
  transport: Transport,
  options: ImapFlowOptions = {},
): Promise<ImapFlow> {
  const client = new ImapFlow({
    host: server.hostname,
    port: transport === "tls" ? server.tlsPort : server.port,
    secure: transport === "tls",
    doSTARTTLS: transport === "starttls",
    servername: "localhost",
    auth: { user: server.user, pass: server.password },
    tls: { ca: await Deno.readTextFile(server.certificate) },
    logger: false,
    socketTimeout: 30_000,
    ...options,
  });
  client.on("error", () => {}); // Whoever waits for an answer is told too.
  await client.connect();
  return client;
}
