/**
 * LMTP that is up to something: smuggled commands (CVE-2023-51764 to 51766), addresses that are none, chunks
 * with a wrong size, one recipient of several who cannot be served.
 */

import { assert, assertEquals } from "@std/assert";
import { StorageError } from "../../storage/model.ts";
import { LmtpServer } from "../lmtp/peer.ts";

const HEAD = "MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@b.example>\r\n";
const SMUGGLED = "MAIL FROM:<evil@b.example>\r\n" +
  "RCPT TO:<bob@b.example>\r\nDATA\r\nSubject: evil\r\n";

/** What looks like an end and is none. */
const NO_ENDS = [
  "\n.\n",
  "\n.\r\n",
  "\r\n.\n",
  "\r.\r",
  "\r.\r\n",
  "\r\n.\r",
  "\r\n.\r\r\n",
  "\n\n.\r\n",
  "\r\n.\0\r\n",
  "\r\n.\n\r\n",
  "\r\n\0.\r\n",
  "\r\n..\r\n",
  "\r\n. \r\n",
];

for (const end of NO_ENDS) {
  for (const piece of [Infinity, 1, 3]) {
    Deno.test(`${JSON.stringify(end)} does not end a message, ${piece} bytes a read`, async () => {
      await using server = new LmtpServer();
      const peer = await server.connect({ piece }).hello();
      peer.send(`${HEAD}DATA\r\nSubject: x\r\n\r\nx${end}${SMUGGLED}\r\n.\r\n`);
      peer.send("QUIT\r\n");
      const codes = (await peer.rest()).map((reply) => reply.slice(0, 9));
      assertEquals(codes, [
        "250 2.1.0",
        "250 2.1.5",
        "354 End w",
        "250 2.0.0",
        "221 2.0.0",
      ]);
      assertEquals(server.asked.length, 1);
      const messages = await server.messages("alice");
      assertEquals(messages.length, 1);
      // A dot that begins a line is taken off, and nothing else.
      const text = end.startsWith("\r\n.") ? end.replace(".", "") : end;
      const expected = `Subject: x\r\n\r\nx${text}${SMUGGLED}\r\n`;
      assert(messages[0]!.endsWith(expected), JSON.stringify(messages[0]));
    });
  }
}

Deno.test("A bare line feed or carriage return does not end a command", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  for (const gap of ["\n", "\r", "\n\r", "\0"]) {
    const reply = await peer.ask(`NOOP${gap}MAIL FROM:<evil@b.example>`);
    assertEquals(reply?.slice(0, 3), "500", JSON.stringify(gap));
    assertEquals(
      await peer.ask(`MAIL FROM:<a@b.example>${gap}RSET`),
      "501 5.5.4 A parameter cannot be so",
      JSON.stringify(gap),
    );
  }
  assertEquals(await peer.ask("RCPT TO:<x>"), "503 5.5.1 Say MAIL first");
});

const ADDRESSES = [
  '<"">',
  '<"',
  "<>",
  "<@>",
  "<@b.example:>",
  "<a@b.example",
  "a@b.example",
  "<a@b.example>>",
  "<a@@b.example>",
  "<a@b..example>",
  "<.a@b.example>",
  "<a@-b.example>",
  "<a@[1.2.3]>",
  "<a@[IPv6:::1]:25]>",
  "<a\x00b@c.example>",
  "<a\r@b.example>",
  "<a\n@b.example>",
  '<"a\x01"@b.example>',
  '<"a\\"@b.example>',
  `<${"a".repeat(600)}@b.example>`,
  `<${"@b.example,".repeat(300)}:a@b.example>`,
];

for (const address of ADDRESSES) {
  Deno.test(`RCPT TO:${JSON.stringify(address).slice(0, 40)} is refused`, async () => {
    await using server = new LmtpServer();
    const peer = await server.connect().hello();
    await peer.ask("MAIL FROM:<a@b.example> SMTPUTF8");
    const reply = await peer.ask(`RCPT TO:${address}`);
    assert(reply?.startsWith("501 "), reply);
    assertEquals(server.asked, []);
    assert((await peer.ask("NOOP"))?.startsWith("250 "));
  });
}

/** UTF-8 that is none: cut off, overlong, half of a surrogate pair, beyond the last character. */
const NOT_UTF8 = [
  [0xc3],
  [0xe2, 0x82],
  [0xff],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
];

for (const octets of NOT_UTF8) {
  Deno.test(`An address with ${octets.map((o) => o.toString(16))} is refused`, async () => {
    await using server = new LmtpServer();
    const peer = await server.connect().hello();
    await peer.ask("MAIL FROM:<a@b.example> SMTPUTF8");
    const start = [..."RCPT TO:<a"].map((c) => c.charCodeAt(0));
    const end = [..."@b.example>\r\n"].map((c) => c.charCodeAt(0));
    peer.send(Uint8Array.from([...start, ...octets, ...end]));
    assert((await peer.reply())?.startsWith("501 "));
    assertEquals(server.asked, []);
  });
}

Deno.test("Addresses cannot forge a header", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  await peer.ask('MAIL FROM:<"a>: b; (c"@d.example>');
  await peer.ask('RCPT TO:<"x\\" y>, <z"@d.example>');
  await peer.ask("BDAT 12 LAST\r\nSubject: x\r\n");
  const [message] = await server.messages('x" y>, <z');
  const lines = message!.split("\r\n").filter((line) => !/^[\t ]/.test(line));
  assertEquals(lines.map((line) => line.replace(/:.*/s, "")), [
    "Return-Path",
    "Delivered-To",
    "Received",
    "Subject",
    "",
  ]);
});

for (const size of ["5", "4", "0"]) {
  Deno.test(`A chunk of 6 bytes that says ${size} leaves what is no command`, async () => {
    await using server = new LmtpServer();
    const peer = await server.connect().hello();
    peer.send(`${HEAD}BDAT ${size}\r\nabcdef\r\nQUIT\r\n`);
    const codes = (await peer.rest()).map((reply) => reply.slice(0, 3));
    assertEquals(codes, ["250", "250", "250", "500", "221"]);
    assertEquals(await server.messages("alice"), []);
  });
}

Deno.test("A chunk of no size that can be does not let its data be commands", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  peer.send(`BDAT 1e3 LAST\r\n${SMUGGLED}.\r\n`);
  const codes = (await peer.rest()).map((reply) => reply.slice(0, 3));
  assertEquals(codes, ["501", "421"]);
  assertEquals(server.asked, []);
});

Deno.test("A recipient over quota does not keep the message from the others", async () => {
  await using server = new LmtpServer();
  const { storage } = server;
  const openAccount = storage.openAccount.bind(storage);
  storage.openAccount = (user) =>
    user === "full"
      ? Promise.reject(new StorageError("OVERQUOTA", "No room"))
      : openAccount(user);
  const peer = await server.connect().hello();
  await peer.ask("MAIL FROM:<a@b.example>");
  for (const user of ["alice", "full", "alice", "bob"]) {
    await peer.ask(`RCPT TO:<${user}@b.example>`);
  }
  await peer.ask("DATA");
  peer.send("Subject: x\r\n\r\n.\r\nQUIT\r\n");
  const replies = (await peer.rest()).map((reply) => reply.split(" as ")[0]);
  assertEquals(replies, [
    "250 2.0.0 <alice@b.example> has it",
    "552 5.2.2 <full@b.example> No room",
    "250 2.0.0 <alice@b.example> has it",
    "250 2.0.0 <bob@b.example> has it",
    "221 2.0.0 Bye",
  ]);
  assertEquals((await server.messages("alice")).length, 1);
  assertEquals((await server.messages("bob")).length, 1);
});

Deno.test("Ten megabytes without a line end cost no more than a line", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  const part = "x".repeat(65_536);
  const before = server.traced.length;
  for (let sent = 0; sent < 10e6; sent += part.length) {
    peer.send(part);
    // so that the server takes each before the next
    await new Promise((resolve) => setTimeout(resolve));
  }
  assertEquals(server.traced.length, before);
  assertEquals(await peer.ask(""), "500 5.5.2 The line is too long");
});

Deno.test("Lines that a grammar could be slow on are not", async () => {
  await using server = new LmtpServer();
  const peer = await server.connect().hello();
  await peer.ask("MAIL FROM:<a@b.example>");
  for (
    const line of [
      "RCPT TO:<" + "a.".repeat(2_000),
      "RCPT TO:<a@" + "a-".repeat(2_000),
      "RCPT TO:<a@" + "a.".repeat(2_000),
      "RCPT TO:<" + "@a,".repeat(1_300),
      'RCPT TO:<"' + "\\a".repeat(2_000),
      "RCPT TO:<a@[" + ":".repeat(4_000),
      "RCPT TO:<a@b.example>" + " x".repeat(2_000),
      "NOOP " + " ".repeat(4_000) + "x",
    ]
  ) {
    for (let repeat = 0; repeat < 20; repeat++) await peer.ask(line);
  }
});
