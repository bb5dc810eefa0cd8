/**
 * haproxy in front: it speaks TLS with the clients and says by the PROXY protocol who they are.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { testCertificate } from "../../testing/certificate.ts";
import { serve } from "../../mod.ts";
import { missing, NEEDS } from "./packages.ts";
import { eventually } from "./process.ts";

const absent = await missing([NEEDS.haproxy]);

for (const send of ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl"]) {
  Deno.test({
    name: `haproxy with ${send}`,
    ignore: absent.length > 0,
    fn: () => throughHaproxy(send),
  });
}

async function throughHaproxy(send: string): Promise<void> {
  const directory = await Deno.makeTempDir();
  const heard: { remote: string; secure: boolean }[] = [];
  // Only with `-ssl` does the header say that the client speaks TLS.
  const tlsAtProxy = send !== "send-proxy-v2-ssl";
  await using server = serve({
    listeners: [{ kind: "imap", port: 0, proxies: ["127.0.0.1"], tlsAtProxy }],
    users: { alice: "secret" },
    onListen: () => {},
    callbacks: {
      login({ remote, secure }, next) {
        heard.push({ remote, secure });
        return next();
      },
    },
  });
  const { cert, key } = await testCertificate();
  await Deno.writeTextFile(join(directory, "mail.pem"), cert + key);
  const port = freePort();
  await Deno.writeTextFile(
    join(directory, "haproxy.cfg"),
    [
      ...["defaults", " mode tcp", " timeout connect 5s"],
      ...[" timeout client 30s", " timeout server 30s", "listen imaps"],
      ` bind 127.0.0.1:${port} ssl crt ${join(directory, "mail.pem")}`,
      ` server imapd 127.0.0.1:${server.addr.port} ${send} source 127.0.0.1`,
      "",
    ].join("\n"),
  );
  const proxy = new Deno.Command("/usr/sbin/haproxy", {
    args: ["-db", "-f", join(directory, "haproxy.cfg")],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    using conn = await eventually("haproxy", async () => {
      try {
        // An address of one's own, so that it can be told from the proxy's.
        return await Deno.connectTls({
          hostname: "localhost",
          port,
          caCerts: [cert],
        });
      } catch {
        return undefined;
      }
    });
    const { port: own } = conn.localAddr as Deno.NetAddr;
    const commands = "a LOGIN alice secret\r\nb LOGOUT\r\n";
    await conn.write(new TextEncoder().encode(commands));
    let answers = "";
    for await (
      const chunk of conn.readable.pipeThrough(new TextDecoderStream())
    ) {
      answers += chunk;
    }
    assertEquals(/^a (OK|NO|BAD)/m.exec(answers)?.[1], "OK", answers);
    assertEquals(heard, [{ remote: `127.0.0.1:${own}`, secure: true }]);
  } finally {
    proxy.kill("SIGKILL");
    await proxy.status;
    await Deno.remove(directory, { recursive: true });
  }
}

/** A port that nobody listens to at this moment. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
