/** Item 4 of the hostile input: ten thousand host names that nobody has heard of. */

import { assertEquals, assertLess } from "@std/assert";
import { join } from "@std/path";
import { makeCertificate } from "../../server/tls/self_signed.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { startServer } from "../cli/run.ts";
import { clientHello } from "../hostile/client_hello.ts";
import { memoryOf } from "./support.ts";

const tls = await testCertificate();

Deno.test({
  name: "ten thousand host names that nobody has heard of leave nothing behind",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const other = await makeCertificate(["*.example.org"]);
      for (const [name, pair] of [["a", tls], ["b", other]] as const) {
        await Deno.writeTextFile(join(dir, `${name}.crt`), pair.cert);
        await Deno.writeTextFile(join(dir, `${name}.key`), pair.key);
      }
      const config = join(dir, "imapd.yaml");
      await Deno.writeTextFile(
        config,
        'kv: ":memory:"\ncert: a.crt\nkey: a.key\n' +
          "certificates: [{ cert: b.crt, key: b.key }]\n",
      );
      const args = ["--config", config, "--user", "alice:secret"];
      await using server = await startServer(...args);
      const port = Number(/imaps .*:(\d+)$/m.exec(server.listening[1]!)![1]);
      // What the runtime takes for handshakes at all, it has taken after some thousands.
      await askForHosts(port, () => "mail");
      // When it collects what it no longer needs is up to it; what stays behind would do so in each round.
      const grown: number[] = [];
      for (let round = 0; round < 6; round++) {
        const before = memoryOf(server);
        await askForHosts(port, () => crypto.randomUUID());
        grown.push(memoryOf(server) - before);
        // One that shrinks only gives back what another one has taken.
        if (Math.abs(grown.at(-1)!) < 20) break;
      }
      console.log(`by round: ${grown.map((one) => one.toFixed(0))} MiB`);
      assertLess(Math.abs(grown.at(-1)!), 20);
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

/** Asks ten thousand times for a host, half of them under a wildcard; the server shows a certificate each time. */
async function askForHosts(port: number, label: () => string): Promise<void> {
  let asked = 0;
  const asking = Array.from({ length: 16 }, async () => {
    const buffer = new Uint8Array(4_096);
    while (asked < 10_000) {
      const top = asked++ % 2 === 0 ? "org" : "com";
      using conn = await Deno.connect({ hostname: "127.0.0.1", port });
      await conn.write(clientHello(`${label()}.example.${top}`));
      const length = await conn.read(buffer);
      // A record with handshake messages, no alert.
      assertEquals([length !== null, buffer[0]], [true, 22]);
    }
  });
  await Promise.all(asking);
}
