/** How a migration talks to its source: with TLS where it should, and not to whom it does not trust. */

import { assertEquals, assertRejects } from "@std/assert";
import {
  connectSource,
  type SourceConnectOptions,
} from "../../../server/migrate/source_connection.ts";
import { isPassing } from "../../../server/migrate/source_error.ts";
import { type TestServer, testServer } from "../../../testing.ts";

function options(
  server: TestServer,
  more: Partial<SourceConnectOptions>,
  secure = false,
): SourceConnectOptions {
  const port = secure ? server.tlsPort : server.port;
  return {
    address: { host: "localhost", port, secure },
    user: "alice",
    password: "secret",
    starttls: "auto",
    allowUntrusted: false,
    maxMessageSize: 1_000_000,
    ...more,
  };
}

async function isSecure(options: SourceConnectOptions): Promise<boolean> {
  const client = await connectSource(options);
  const { secureConnection } = client;
  await client.logout();
  return secureConnection;
}

Deno.test("TLS is there where it is wanted or offered", async () => {
  await using server = await testServer();
  const ca = server.caCert;
  for (const starttls of ["auto", "always"] as const) {
    assertEquals(await isSecure(options(server, { ca, starttls })), true);
  }
  assertEquals(await isSecure(options(server, { starttls: "never" })), false);
  assertEquals(await isSecure(options(server, { ca }, true)), true);
  const untrusted = options(server, { allowUntrusted: true }, true);
  assertEquals(await isSecure(untrusted), true);
});

Deno.test("a certificate that nobody trusts is refused once and for all", async () => {
  await using server = await testServer();
  for (const secure of [true, false]) {
    const error = await assertRejects(() =>
      connectSource(options(server, { starttls: "always" }, secure))
    );
    assertEquals(isPassing(error, true), false, `${error}`);
  }
});

Deno.test("no password goes over a line without TLS when TLS is wanted", async () => {
  await using server = await testServer({ tls: false });
  assertEquals(await isSecure(options(server, {})), false);
  server.transcript.clear();
  const error = await assertRejects(() =>
    connectSource(options(server, { starttls: "always" }))
  );
  assertEquals(isPassing(error, true), false, `${error}`);
  const said = server.transcript.lines.filter(({ from }) => from === "C")
    .map(({ text }) => text);
  assertEquals(said.filter((text) => /LOGIN|AUTHENTICATE/.test(text)), []);
});
