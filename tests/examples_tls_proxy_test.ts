/** The example behind a TLS proxy, with a proxy of a few lines in front of it. */

import { assertMatch } from "@std/assert";
import { start } from "../examples/tls_proxy.ts";
import { testCertificate } from "../testing/certificate.ts";

/** Speaks TLS with one client and passes its bytes on behind a PROXY header. */
async function proxy(
  listener: Deno.TlsListener,
  target: number,
  client: string,
): Promise<void> {
  const conn = await listener.accept();
  const behind = await Deno.connect({ port: target });
  const header = `PROXY TCP4 ${client} 198.51.100.1 4711 993\r\n`;
  await behind.write(new TextEncoder().encode(header));
  await Promise.all([
    conn.readable.pipeTo(behind.writable).catch(() => {}),
    behind.readable.pipeTo(conn.writable).catch(() => {}),
  ]);
}

Deno.test("behind a TLS proxy", async () => {
  const { cert, key } = await testCertificate();
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(line);
  try {
    await using server = start(0);
    const hostname = "localhost";
    using listener = Deno.listenTls({ hostname, port: 0, cert, key });
    const proxied = proxy(listener, server.addr.port, "192.0.2.7");
    const { port } = listener.addr;
    const conn = await Deno.connectTls({ hostname, port, caCerts: [cert] });
    const commands = "a LOGIN alice secret\r\nb LOGOUT\r\n";
    await conn.write(new TextEncoder().encode(commands));
    let heard = "";
    for await (
      const text of conn.readable.pipeThrough(new TextDecoderStream())
    ) {
      heard += text;
      if (/^b OK/m.test(heard)) break;
    }
    assertMatch(heard, /^a OK/m);
    await proxied;
  } finally {
    console.log = log;
  }
  assertMatch(lines.join("\n"), /^alice from 192\.0\.2\.7:4711$/);
});
