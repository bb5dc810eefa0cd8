/** Item 4: what comes to a port of TLS and is no handshake, or never becomes one. */

import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { DEFAULTS, type ImapServer, serve } from "../../mod.ts";
import { testCertificate } from "../../testing/certificate.ts";
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
    await using server = start(250);
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
  await using server = start(250);
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
