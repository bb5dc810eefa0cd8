/**
 * IMAP in a test: a program that needs the login code out of the newest mail, and its tests.
 *
 * `deno test --allow-net=localhost,127.0.0.1 --allow-env --allow-sys=hostname examples/imap_in_a_test.ts`; environment
 * and system are what ImapFlow wants to know.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ImapFlow, type ImapFlowOptions } from "imapflow";
import {
  cutLiteral,
  message,
  type TestServer,
  testServer,
} from "../testing.ts";

/** The program: it takes the code from the newest mail, and tries again where the connection was lost. */
async function loginCode(mail: ImapFlowOptions, tries = 2): Promise<string> {
  const client = new ImapFlow({ ...mail, logger: false });
  client.on("error", () => {}); // Who waits for an answer hears of it, too.
  try {
    await client.connect();
    await client.mailboxOpen("INBOX");
    const newest = await client.fetchOne("*", { source: true });
    const [, code] = /code is (\d{6})/.exec(String(newest && newest.source)) ??
      [];
    if (code === undefined) throw new Error("There is no code");
    return code;
  } catch (error) {
    if (client.usable || tries === 1) throw error;
    return await loginCode(mail, tries - 1);
  } finally {
    client.close();
  }
}

const optionsOf = ({ tlsPort, caCert }: TestServer): ImapFlowOptions => ({
  host: "localhost",
  port: tlsPort,
  secure: true,
  tls: { ca: caCert },
  auth: { user: "alice", pass: "secret" },
});

Deno.test("the code is that of the newest mail", async () => {
  await using server = await testServer({
    messages: { alice: { INBOX: [message({ text: "Your code is 111111." })] } },
  });
  await server.deliver("alice", message({ text: "Your code is 222222." }));
  assertEquals(await loginCode(optionsOf(server)), "222222");
});

Deno.test("a lost connection is tried again, once", async () => {
  await using server = await testServer();
  await server.deliver("alice", message({ text: "Your code is 333333." }));
  server.faults.on({ command: "FETCH", nth: 1 }, cutLiteral(100));
  assertEquals(await loginCode(optionsOf(server)), "333333");
  assertEquals(server.transcript.connections.length, 2);
  server.faults.on({ command: "FETCH" }, cutLiteral(100));
  await assertRejects(() => loginCode(optionsOf(server)));
});

Deno.test("a newest mail without code is an error", async () => {
  await using server = await testServer();
  await server.deliver("alice", message({ text: "Hello." }));
  const code = loginCode(optionsOf(server));
  await assertRejects(() => code, Error, "There is no code");
});
