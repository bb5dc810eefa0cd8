/**
 * Behind a proxy that speaks TLS: it says by the PROXY protocol who each client is.
 *
 * `deno run --allow-net examples/tls_proxy.ts` listens on 127.0.0.1:1143 for a proxy on the same machine,
 * such as haproxy with
 *
 * ```text
 * listen imaps
 *     mode tcp
 *     bind :993 ssl crt /etc/haproxy/mail.pem
 *     server imapd 127.0.0.1:1143 send-proxy-v2-ssl
 * ```
 *
 * or nginx's `mail` and `stream` modules with `proxy_protocol on`.
 *
 * @module
 */

import { type ImapServer, serve } from "../mod.ts";

/** Starts it; port 0 picks a free one. */
export function start(port = 1143): ImapServer {
  return serve({
    listeners: [{
      kind: "imap",
      port,
      // Nobody else may say who a client is.
      proxies: ["127.0.0.1", "::1"],
      // With version 2 and what it says of TLS this is not needed.
      tlsAtProxy: true,
    }],
    users: { alice: "secret" },
    callbacks: {
      login({ user, remote }, next) {
        console.log(`${user.name} from ${remote}`);
        return next();
      },
    },
  });
}

if (import.meta.main) await start().finished;
