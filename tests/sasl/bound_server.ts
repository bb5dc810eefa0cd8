/**
 * A server whose connections have something to bind to, as if TLS were on.
 *
 * @module
 */

import type { ByteStream } from "../../protocol/byte_stream.ts";
import { serveConnection } from "../../protocol/imap/connection.ts";
import { HANDLERS } from "../../server/doors.ts";
import type { ServeOptions } from "../../server/options.ts";
import { type ImapServer, Server } from "../../server/server.ts";

/** What its certificate hashes to (RFC 5929 § 4). */
export const END_POINT: Uint8Array = new Uint8Array(32).fill(7);

/** Starts one. */
export function serveBound(options: ServeOptions): ImapServer {
  return new Server(options, {
    ...HANDLERS,
    imap: (stream, host) => serveConnection(bound(stream), host),
  });
}

function bound(stream: ByteStream): ByteStream {
  return new Proxy(stream, {
    get(target, key) {
      if (key === "channelBinding") {
        return (type: string) =>
          type === "tls-server-end-point" ? END_POINT : undefined;
      }
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
