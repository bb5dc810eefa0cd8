/**
 * LMTP (RFC 2033): how a mail server hands over messages, with a reply for each recipient.
 *
 * The protocol is spoken by own code, because the library for it has sockets and TLS of its own, beside the
 * limits, traces and certificates of this server, and takes fewer messages a second than the storage does.
 *
 * Who may connect may deliver, unless the host says who may (AUTH, RFC 4954); so LMTP listens on this machine alone
 * unless told otherwise.
 *
 * @module
 */

import type { ByteStream } from "../byte_stream.ts";
import type { Host } from "../host.ts";
import { Connection } from "./connection.ts";

/** Speaks LMTP on a connection until it ends. Never rejects: faults go to {@linkcode Host.fault}. */
export async function serveLmtp(
  stream: ByteStream,
  host: Host,
): Promise<void> {
  await new Connection(stream, host).run();
}
