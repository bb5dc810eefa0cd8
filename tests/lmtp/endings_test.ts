/** How connections begin and end: hooks, STARTTLS, silence, a server that stops, clients that go. */

import { assert, assertEquals } from "@std/assert";
import { Bye } from "../../protocol/imap/errors.ts";
import { serveLmtp } from "../../protocol/lmtp/mod.ts";
import { SocketStream } from "../../server/byte_stream.ts";
import { peerOf } from "../../server/peer.ts";
import { SocketChannel } from "../../server/socket_channel.ts";
import { TlsService } from "../../server/tls/tls_service.ts";
import { testCertificate } from "../../testing/certificate.ts";
import { LmtpServer } from "./peer.ts";

const HEAD = "MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@b.example>\r\n";

for (
  const [name, sent] of [
    ["the text of DATA", HEAD + "DATA\r\nSubject: x\r\n\r\nfirst half"],
    ["the end of DATA", HEAD + "DATA\r\nSubject: x\r\n\r\n.\r"],
    ["a chunk", HEAD + "BDAT 10 LAST\r\n123456789"],
    ["two chunks", HEAD + "BDAT 4\r\n1234"],
    ["a command", HEAD + "BDAT 4\r\n1234BDAT 0 LAST\r"],
  ] as const
) {
  Deno.test(`A message cut off in ${name} is not there`, async () => {
    await using server = new LmtpServer();
    const peer = await server.connect().hello();
    peer.send(sent);
    peer.end();
    await peer.served;
    await peer.rest();
    assertEquals(await server.messages("alice"), []);
  });
}

Deno.test("A message that has come is stored although the client has gone", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  peer.send(HEAD + "DATA\r\nSubject: x\r\n\r\n.\r\n");
  peer.end();
  await peer.served;
  await peer.rest();
  assertEquals((await server.messages("alice")).length, 1);
});

Deno.test("A command behind STARTTLS in clear text is never executed", async () => {
  await using server = new LmtpServer();
  for (const piece of [Infinity, 11, 20]) {
    const peer = await server.connect({ certificate: true, piece }).hello();
    peer.send("STARTTLS\r\nLHLO evil.example\r\n" + HEAD);
    await peer.served;
    assertEquals(await peer.rest(), ["220 2.0.0 Go ahead"]);
    assert(!peer.secure);
  }
  assertEquals(server.asked, []);
});

Deno.test("STARTTLS forgets what was said before", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect({ certificate: true }).hello();
  assertEquals(await peer.ask("STARTTLS now"), "501 5.5.4 No argument here");
  await peer.ask("MAIL FROM:<a@b.example>");
  assertEquals(await peer.ask("STARTTLS"), "220 2.0.0 Go ahead");
  assert(peer.secure);
  assertEquals(await peer.ask("MAIL FROM:<>"), "503 5.5.1 Say LHLO first");
  const capabilities = await peer.ask("LHLO client.example");
  assert(!capabilities?.includes("STARTTLS"));
  assertEquals(await peer.ask("STARTTLS"), "503 5.5.1 TLS is on");
});

Deno.test("Mail comes over real TLS", async () => {
  await using server = new LmtpServer();
  const certificate = await testCertificate();
  const tls = new TlsService(certificate);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const connected = Deno.connect({ hostname: "127.0.0.1", port });
  const accepted = await listener.accept();
  const stream = new SocketStream(
    new SocketChannel(accepted, 10_000),
    peerOf(accepted),
    { tls: () => tls, handshakeTime: 10_000 },
  );
  const served = serveLmtp(stream, server).then(() => stream.closed);
  const clear = await connected;
  await exchange(clear, "STARTTLS\r\n", /220 2\.0\.0 .*\r\n$/);
  const secured = await Deno.startTls(clear, {
    hostname: "localhost",
    caCerts: [certificate.cert],
  });
  const mail = "LHLO client.example\r\n" + HEAD + "BDAT 2 LAST\r\n\r\n";
  await exchange(secured, mail, /250 2\.0\.0 <alice.*\r\n$/);
  await exchange(secured, "QUIT\r\n", /221 .*\r\n$/);
  secured.close();
  await served;
  const [message] = await server.messages("alice");
  assert(message?.includes(" with LMTPS id "));
});

/** Sends, and reads until what has come looks right. */
async function exchange(
  conn: Deno.Conn,
  sent: string,
  until: RegExp,
): Promise<void> {
  const bytes = new TextEncoder().encode(sent);
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
  const buffer = new Uint8Array(4_096);
  let text = "";
  while (!until.test(text)) {
    const count = await conn.read(buffer);
    assert(count !== null, `Ended after ${text}`);
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
}

Deno.test("Silence ends a connection, within a message too", async () => {
  await using server = new LmtpServer({ limits: { lmtpIdleTime: 20 } });
  const silent = await server.connect().hello();
  const within = server.connect();
  within.send("LHLO client.example\r\n" + HEAD + "DATA\r\nSubject: x\r\n");
  const closing = "421 4.4.2 You have been silent too long";
  assertEquals((await silent.rest()).at(-1), closing);
  assertEquals((await within.rest()).at(-1), closing);
  assertEquals(await server.messages("alice"), []);
});

Deno.test("A server that stops says so", async () => {
  await using server = new LmtpServer();
  const idle = await server.connect().hello();
  const within = await server.connect().hello();
  within.send(HEAD + "DATA\r\nSubject: x\r\n");
  for (const code of ["250", "250", "354"]) {
    assert((await within.reply())?.startsWith(code));
  }
  server.stop();
  const closing = ["421 4.3.2 The server is going down"];
  assertEquals(await idle.rest(), closing);
  assertEquals(await within.rest(), closing);
  assertEquals(await server.messages("alice"), []);
  const late = server.connect();
  assertEquals((await late.rest()).at(-1), closing[0]);
});

Deno.test("A message that is being stored when the server stops is answered first", async () => {
  await using server = new LmtpServer();
  const { storage } = server;
  const openAccount = storage.openAccount.bind(storage);
  storage.openAccount = (user) => {
    server.stop();
    return openAccount(user);
  };
  const peer = await server.connect().hello();
  peer.send(HEAD + "BDAT 2 LAST\r\n\r\n");
  const replies = (await peer.rest()).map((reply) => reply.slice(0, 9));
  assertEquals(replies, ["250 2.1.0", "250 2.1.5", "250 2.0.0", "421 4.3.2"]);
  assertEquals((await server.messages("alice")).length, 1);
});

Deno.test("A connection that is not let in hears why", async () => {
  const told: unknown[] = [];
  await using server = new LmtpServer({
    hooks: {
      connect(facts) {
        told.push(facts.remote, facts.secure);
        return Promise.reject(new Bye("Not from there"));
      },
    },
  });
  const peer = server.connect();
  assertEquals(await peer.rest(), ["421 4.7.0 Not from there"]);
  assertEquals(told, ["192.0.2.1:1234", false]);
});

Deno.test("A fault is reported and ends the connection without telling more", async () => {
  await using server = new LmtpServer({
    hooks: { connect: () => Promise.reject(new TypeError("secret")) },
  });
  const peer = server.connect();
  assertEquals(await peer.rest(), ["421 4.3.0 Internal error"]);
  assertEquals(server.faults.splice(0).map(String), ["TypeError: secret"]);
});

Deno.test("A client that does not take replies ends the connection, and no more", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  peer.write = () => Promise.reject(new Error("Broken pipe"));
  peer.send("NOOP\r\n");
  await peer.served;
  const broken = await server.connect().hello();
  broken.read = () => Promise.reject(new Error("Reset"));
  broken.send("NOOP\r\n");
  await broken.served;
});

Deno.test("A trace shows commands and replies, and not what is in a message", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  peer.send(HEAD + "DATA\r\nSubject: secret\r\n\r\n.\r\nNOOP \x1b[2J\r\n");
  peer.send("MAIL FROM:<>\r\nBDAT 6\r\nsecretQUIT\r\n");
  await peer.rest();
  const shown = server.traced.map((line) => line.replace(/ as .*/, " ..."));
  assertEquals(shown.filter((line) => line.startsWith("C:")), [
    "C: LHLO client.example",
    "C: MAIL FROM:<a@b.example>",
    "C: RCPT TO:<alice@b.example>",
    "C: DATA",
    "C: [22 bytes of a message]",
    "C: NOOP \\x1b[2J",
    "C: MAIL FROM:<>",
    "C: BDAT 6",
    "C: [6 bytes of a message]",
    "C: QUIT",
  ]);
  assert(shown.includes("S: 250 2.0.0 <alice@b.example> has it ..."));
  assert(!shown.some((line) => line.includes("secret")));
});
