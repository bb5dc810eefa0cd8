/** Somebody's tests: of a program that talks to a server, and of a storage. */

import { MemoryStorage } from "@x/imapd";
import { message, testServer, testStorage } from "@x/imapd/testing";

Deno.test("there is a message", async () => {
  await using server = await testServer({
    users: { alice: "secret" },
    messages: { alice: { INBOX: [message({ subject: "Hi" })] } },
  });
  const conn = await Deno.connectTls({
    port: server.tlsPort,
    caCerts: [server.caCert],
  });
  const commands = ["a LOGIN alice secret", "b SELECT INBOX", "c LOGOUT", ""];
  await conn.write(new TextEncoder().encode(commands.join("\r\n")));
  const heard = await new Response(conn.readable).text();
  if (!heard.includes("* 1 EXISTS")) throw new Error(heard);
});

testStorage("mine", (options) => Promise.resolve(new MemoryStorage(options)), {
  runs: 3,
});
