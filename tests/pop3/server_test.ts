/**
 * POP3 as a server really listens for it: STLS and POP3 over TLS with a real handshake, APOP with users that the
 * server has been given, and limits that are reloaded.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { serve } from "../../server/serve.ts";
import type { ServeOptions } from "../../server/options.ts";
import type { ImapServer } from "../../server/server.ts";
import { testCertificate } from "../../testing/certificate.ts";

const encoder = new TextEncoder();

async function start(options: Partial<ServeOptions> = {}): Promise<ImapServer> {
  return serve({
    hostname: "127.0.0.1",
    listeners: [{ kind: "pop3", port: 0 }, { kind: "pop3s", port: 0 }],
    users: { alice: "secret" },
    tls: await testCertificate(),
    ...options,
  });
}

function portOf(server: ImapServer, kind: string): number {
  return server.addrs.find((address) => address.kind === kind)!.port;
}

async function heardUntil(conn: Deno.Conn, end: RegExp): Promise<string> {
  const buffer = new Uint8Array(4_096);
  let heard = "";
  while (!end.test(heard)) {
    const count = await conn.read(buffer);
    if (count === null) break;
    heard += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return heard;
}

async function ask(conn: Deno.Conn, text: string, end = /\r\n$/) {
  await conn.write(encoder.encode(`${text}\r\n`));
  return await heardUntil(conn, end);
}

Deno.test("STLS with a handshake, and what is offered then", async () => {
  await using server = await start();
  const { cert } = await testCertificate();
  const plain = await Deno.connect({ port: portOf(server, "pop3") });
  await heardUntil(plain, /\r\n$/);
  assertMatch(await ask(plain, "CAPA", /\.\r\n$/), /\r\nSTLS\r\n/);
  assertEquals(await ask(plain, "STLS"), "+OK Begin the handshake\r\n");
  using conn = await Deno.startTls(plain, {
    hostname: "localhost",
    caCerts: [cert],
  });
  const offered = await ask(conn, "CAPA", /\.\r\n$/);
  assert(!offered.includes("STLS"));
  assertEquals(await ask(conn, "STLS"), "-ERR TLS is on already\r\n");
  await ask(conn, "USER alice");
  assertMatch(await ask(conn, "PASS secret"), /^\+OK 0 /);
  assertEquals(await ask(conn, "QUIT"), "+OK Signing off\r\n");
});

Deno.test("POP3 over TLS from the first byte", async () => {
  await using server = await start();
  const { cert } = await testCertificate();
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port: portOf(server, "pop3s"),
    caCerts: [cert],
  });
  assertMatch(await heardUntil(conn, /\r\n$/), /^\+OK/);
  assertMatch(await ask(conn, "AUTH PLAIN AGFsaWNlAHNlY3JldA=="), /^\+OK/);
});

async function greetingOf(server: ImapServer): Promise<string> {
  using conn = await Deno.connect({ port: portOf(server, "pop3") });
  return await heardUntil(conn, /\r\n$/);
}

Deno.test("APOP is offered where the server knows passwords as they are, and works", async () => {
  await using server = await start();
  using conn = await Deno.connect({ port: portOf(server, "pop3") });
  const [challenge] = /<.+>/.exec(await heardUntil(conn, /\r\n$/))!;
  const digest = (password: string) =>
    createHash("md5").update(challenge + password).digest("hex");
  assertMatch(
    await ask(conn, `APOP alice ${digest("wrong")}`),
    /^-ERR \[AUTH\]/,
  );
  assertMatch(await ask(conn, `APOP bob ${digest("")}`), /^-ERR \[AUTH\]/);
  assertMatch(await ask(conn, `APOP alice ${digest("secret")}`), /^\+OK 0 /);
  server.reload({ users: { get: () => Promise.resolve(undefined) } });
  assert(!(await greetingOf(server)).includes("<"));
});

for (
  const [who, options] of [
    ["a function", { users: () => true }],
    ["nobody", { users: {} }],
    ["a callback", { callbacks: { authenticate: () => true } }],
  ] satisfies [string, Partial<ServeOptions>][]
) {
  Deno.test(`APOP is not offered where ${who} decides on logins`, async () => {
    await using server = await start(options);
    assert(!(await greetingOf(server)).includes("<"));
  });
}

Deno.test("a server that stops says so to POP3 clients", async () => {
  const server = await start();
  using conn = await Deno.connect({ port: portOf(server, "pop3") });
  await heardUntil(conn, /\r\n$/);
  await ask(conn, "USER alice");
  await ask(conn, "PASS secret");
  const stopped = server.shutdown();
  assertEquals(
    await heardUntil(conn, /never/),
    "-ERR [SYS/TEMP] The server is going down\r\n",
  );
  await stopped;
});
