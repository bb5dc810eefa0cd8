/**
 * Surrogates of messages that are too large to be read as a whole for every FETCH.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MemoryStorage, serve, summarize } from "../mod.ts";
import { latin1Text, utf8Bytes } from "../protocol/wire/text.ts";

const BODY = "0123456789\r\n".repeat(10_000);

/** What a client reads up to a tagged answer. */
async function ask(conn: Deno.Conn, command: string): Promise<string> {
  await conn.write(utf8Bytes(`x ${command}\r\n`));
  let heard = "";
  const chunk = new Uint8Array(65_536);
  while (!/^x (OK|NO|BAD).*\r\n$/m.test(heard)) {
    const length = await conn.read(chunk);
    assert(length !== null, heard);
    heard += latin1Text(chunk.subarray(0, length));
  }
  return heard;
}

Deno.test("a large message has its surrogate, in part and as a whole", async () => {
  await using storage = new MemoryStorage();
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  const part = `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n`;
  const messages = [
    `Subject: plain\r\n\r\n${BODY}`,
    `Subject: \u00fc\r\n\r\n${BODY}`,
    `Subject: plain\r\n${part}X: \u00fc\r\n\r\n${BODY}--b--\r\n`,
  ];
  await inbox.append(messages.map((text) => {
    const source = utf8Bytes(text);
    const summary = summarize(source);
    return { source, summary, flags: [], internalDate: 0 };
  }));
  await using server = serve({
    port: 0,
    users: { alice: "secret" },
    storage,
    surrogates: true,
    onListen() {},
  });
  using conn = await Deno.connect({ port: server.addr.port });
  await ask(conn, "LOGIN alice secret");
  await ask(conn, "SELECT INBOX");
  const parts = await ask(
    conn,
    "FETCH 1:3 (BODY.PEEK[]<9.8> BODY.PEEK[TEXT]<4.9>)",
  );
  const expected = (head: string, text: string) =>
    `(BODY[]<9> {8}\r\n${head} BODY[TEXT]<4> {9}\r\n${text})\r\n`;
  assertEquals(
    parts,
    "* 1 FETCH " + expected("plain\r\n\r", "456789\r\n0") +
      "* 2 FETCH " + expected("=?UTF-8?", "456789\r\n0") +
      "* 3 FETCH " + expected("plain\r\nC", "\n\r\n012345") +
      "x OK [DOWNGRADED 2:3] FETCH completed\r\n",
  );
  const surrogate = `Subject: =?UTF-8?B?w7w=?=\r\n\r\n${BODY}`;
  assertEquals(
    await ask(conn, "FETCH 2 BODY.PEEK[]"),
    `* 2 FETCH (BODY[] {${surrogate.length}}\r\n${surrogate})\r\n` +
      "x OK [DOWNGRADED 2] FETCH completed\r\n",
  );
  inbox.close();
  account.close();
});
