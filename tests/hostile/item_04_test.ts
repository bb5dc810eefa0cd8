/** Item 4: what comes to a port of TLS and is no handshake, or never becomes one. */

import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { DEFAULTS, type ImapServer, serve } from "../../mod.ts";
import { makeCertificate } from "../../server/tls/self_signed.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { startServer } from "../cli/run.ts";
import { clientHello } from "./client_hello.ts";
import { Wire } from "./wire.ts";

const tls = await testCertificate();

/** A server with room for one connection, so that the next one tells whether the last has gone. */
function start(handshakeTime: number): ImapServer {
  return serve({
    listeners: [{ kind: "imaps", port: 0 }],
    onListen: () => {},
    users: { alice: "secret" },
    maxConnections: 1,
    handshakeTime,
    tls,
  });
}

/** Checks that there is room again. */
async function assertRoom(server: ImapServer): Promise<void> {
  for (;;) {
    using wire = await Wire.open(server.addr.port);
    try {
      await wire.startTls(tls.cert);
    } catch {
      // There are too many already, and too many who hear so.
      continue;
    }
    const greeting = await wire.until(/\r\n/);
    if (greeting.startsWith("* BYE")) continue;
    assertMatch(greeting, /^\* OK /);
    assertMatch(await wire.ask("a LOGOUT"), /^a OK /m);
    return;
  }
}

Deno.test("a handshake has no more than half a minute", () => {
  assertLess(DEFAULTS.handshakeTime, 30_001);
});

const hello = clientHello("localhost");

for (
  const [name, bytes] of [
    ["a command", "a LOGIN alice secret\r\n"],
    ["a request of another protocol", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["zeros", new Uint8Array(20_000)],
    ["a record that is too long", Uint8Array.of(22, 3, 1, 255, 255, 1)],
    ["a hello of SSL 2", Uint8Array.of(0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0)],
    ["a hello that contradicts itself", hello.with(43, 200)],
  ] as const
) {
  Deno.test(`${name} in place of a handshake ends the connection at once`, async () => {
    // Were the time waited for, the test would not end.
    await using server = start(3_600_000);
    using wire = await Wire.open(server.addr.port);
    await wire.send(bytes);
    const said = await wire.rest();
    assertEquals(said.includes("* "), false);
    await assertRoom(server);
  });
}

for (
  const [name, bytes] of [
    ["nothing", new Uint8Array(0)],
    ["half a hello", hello.subarray(0, hello.length / 2)],
    ["a hello and no more", hello],
  ] as const
) {
  Deno.test(`${name} holds its place until the time is over`, async () => {
    // Long enough for an honest handshake on a busy machine.
    await using server = start(1_000);
    using wire = await Wire.open(server.addr.port);
    await wire.send(bytes);
    await wire.rest();
    await assertRoom(server);
  });

  Deno.test(`${name} and the end of the connection frees its place at once`, async () => {
    await using server = start(3_600_000);
    {
      using wire = await Wire.open(server.addr.port);
      await wire.send(bytes);
    }
    await assertRoom(server);
    using half = await Wire.open(server.addr.port);
    await half.send(bytes);
    await half.finish();
    await assertRoom(server);
  });
}

Deno.test("a hello that trickles in has no more time than any other", async () => {
  await using server = start(1_000);
  using wire = await Wire.open(server.addr.port);
  const trickle = (async () => {
    for (const byte of hello.subarray(0, -1)) {
      await wire.send(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })().catch(() => {});
  await wire.rest();
  await assertRoom(server);
  await trickle;
});

/** The memory of a process, in bytes. */
async function memoryOf(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1_024;
}

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
      const before = await memoryOf(server.pid);
      await askForHosts(port, () => crypto.randomUUID());
      assertLess(await memoryOf(server.pid) - before, 20e6);
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
