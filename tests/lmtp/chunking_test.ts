/** BDAT: a message in chunks (RFC 3030 § 2, RFC 2033 § 4.3). */

import { assert, assertEquals } from "@std/assert";
import { LmtpServer, type Peer, type ServerOptions } from "./peer.ts";

/** A client in a transaction with these recipients. */
async function begin(
  server: LmtpServer,
  ...users: string[]
): Promise<Peer> {
  const peer = await server.connect().hello();
  await peer.ask("MAIL FROM:<a@b.example>");
  for (const user of users) await peer.ask(`RCPT TO:<${user}@b.example>`);
  return peer;
}

/** Checks how the replies begin. */
async function expect(peer: Peer, ...replies: string[]): Promise<void> {
  for (const expected of replies) {
    const reply = await peer.reply();
    assert(reply?.startsWith(expected), `${expected}, not ${reply}`);
  }
}

/** Sends all at once in a transaction for these users, and checks the replies; then all must be well. */
async function check(
  users: string[],
  sent: string,
  replies: string[],
  options: ServerOptions = {},
): Promise<string[]> {
  await using server = new LmtpServer(options);
  const peer = await begin(server, ...users);
  peer.send(sent);
  await expect(peer, ...replies);
  assert((await peer.ask("NOOP"))?.startsWith("250 "), "in step");
  return await server.messages("alice");
}

Deno.test("Chunks make a message, dots and line ends as they are", async () => {
  const [message] = await check(
    ["alice", "bob"],
    "BDAT 9\r\n.\r\n.\r\nx\r\nBDAT 0\r\nbdat 3 last\r\n..\n",
    [
      "250 2.0.0 9 octets",
      "250 2.0.0 0 octets",
      "250 2.0.0 <alice@b.example>",
      "250 2.0.0 <bob@b.example>",
    ],
  );
  assert(message?.endsWith("+0000\r\n.\r\n.\r\nx\r\n..\n"), message);
});

Deno.test("The last chunk may be empty, and so may the message", async () => {
  const messages = await check(
    ["alice"],
    "BDAT 4\r\nabcdBDAT 0 LAST\r\n" +
      "MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@b.example>\r\nBDAT 0 LAST\r\n",
    ["250 2.0.0", "250 2.0.0 <alice", "250 2.1.0", "250 2.1.5", "250 2.0.0 <"],
  );
  assertEquals(messages.map((text) => text.endsWith("abcd")), [true, false]);
});

Deno.test("BDAT LAST has no reply where there is no recipient", async () => {
  // RFC 2033 § 4.3
  await check([], "BDAT 4 LAST\r\nNOOP", []);
  await check([], "BDAT 4\r\nNOOPBDAT 6 LAST\r\nNOOP\r\n", ["503 5.5.1"]);
});

Deno.test("BDAT outside of a transaction is passed over", async () => {
  await using server = new LmtpServer();
  const peer = server.connect();
  peer.send("BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
  await expect(peer, "220", "503 5.5.1", "503 5.5.1", "250 2.0.0");
});

Deno.test("BDAT behind BDAT LAST is out of order", async () => {
  const messages = await check(
    ["alice"],
    "BDAT 1 LAST\r\nxBDAT 6 LAST\r\nRSET\r\n",
    ["250 2.0.0 <", "503 5.5.1"],
  );
  assertEquals(messages.length, 1);
});

Deno.test("DATA and RCPT do not mix with BDAT, and RSET clears what has come", async () => {
  const [message, ...more] = await check(
    ["alice"],
    "BDAT 3\r\nabcDATA\r\nRCPT TO:<bob@b.example>\r\nMAIL FROM:<>\r\nRSET\r\n" +
      "MAIL FROM:<a@b.example>\r\nRCPT TO:<alice@b.example>\r\n" +
      "BDAT 3 LAST\r\ndef",
    [
      "250 2.0.0",
      "503 5.5.1",
      "503 5.5.1",
      "503 5.5.1",
      "250 2.0.0",
      "250 2.1.0",
      "250 2.1.5",
      "250 2.0.0 <",
    ],
  );
  assert(message?.endsWith("\r\ndef"));
  assertEquals(more, []);
});

Deno.test("A chunk with a wrong marker is read and fails, and so do those that follow", async () => {
  const messages = await check(
    ["alice", "bob"],
    "BDAT 6 FIRST\r\nQUIT\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n",
    ["501 5.5.4", "501 5.5.4", "501 5.5.4 <alice", "501 5.5.4 <bob"],
  );
  assertEquals(messages, []);
});

Deno.test("Chunks over the limit are read and refused", async () => {
  const options = { limits: { message: 10 } };
  const big = "RSET\r\n".repeat(3);
  assertEquals(
    await check(
      ["alice", "bob"],
      `BDAT 18\r\n${big}BDAT 6\r\nRSET\r\nBDAT 0 LAST\r\n`,
      ["552 5.3.4", "552 5.3.4", "552 5.3.4 <alice", "552 5.3.4 <bob"],
      options,
    ),
    [],
  );
  assertEquals(
    await check(
      ["alice"],
      "BDAT 6\r\nabcdefBDAT 6\r\nghijklBDAT 6 LAST\r\nmnopqr",
      ["250 2.0.0", "552 5.3.4", "552 5.3.4 <alice"],
      options,
    ),
    [],
  );
  const [message] = await check(
    ["alice"],
    "BDAT 5\r\nabcdeBDAT 5 LAST\r\nfghij",
    ["250 2.0.0", "250 2.0.0 <alice"],
    options,
  );
  assert(message?.endsWith("abcdefghij"));
});

for (
  const size of ["", " x", " -1", " 1.5", " 0x10", " 99999999999999999999"]
) {
  Deno.test(`BDAT${size} ends the connection: what follows could be data`, async () => {
    await using server = new LmtpServer();
    const peer = await begin(server, "alice");
    peer.send(`BDAT${size}\r\nRSET\r\nMAIL FROM:<evil@b.example>\r\n`);
    await expect(peer, "501 5.5.4", "421 4.3.0");
    assertEquals(await peer.reply(), undefined);
    assertEquals(server.traced.filter((line) => /evil/.test(line)), []);
  });
}

Deno.test("A size that is too small leaves lines that are no commands", async () => {
  await check(["alice"], "BDAT 5\r\nabcdefg\r\n", ["250 2.0.0", "500 5.5.1"]);
});

Deno.test("A size that is too large takes what follows into the message", async () => {
  await check(
    ["alice"],
    "BDAT 5\r\nab\r\nBDAT 3 LAST\r\n",
    ["250 2.0.0 5 octets", "500 5.5.1"],
  );
});
