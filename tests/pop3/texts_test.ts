/**
 * UTF8 and LANG (RFC 6856), and messages too large to be sent in one piece.
 */

import { assert, assertEquals } from "@std/assert";
import { utf8Bytes } from "../../protocol/wire/text.ts";
import { Conversation, conversation } from "./conversation.ts";

conversation(
  "LANG",
  {},
  `
  C: LANG
  S: +OK
  S: en English
  S: i-default Default language
  S: .
  C: LANG EN
  S: +OK en This is the language
  C: LANG *
  S: +OK en This is the language
  C: LANG i-default
  S: +OK i-default This is the language
  C: LANG i
  S: +OK i-default This is the language
  C: LANG en-GB
  S: -ERR No such language
  C: LANG mul
  S: -ERR No such language
  C: LANG e_n
  S: -ERR Expected a language range
  C: LANG en de
  S: -ERR
  `,
);

const UMLAUTS =
  "From: J\u00fc <j@example.com>\nSubject: \u00fc\nReceived: \u00fc\nX: y\n\nb\u00f6dy\n";

conversation(
  "without UTF8, headers are in ASCII and bodies as they are",
  { messages: [UMLAUTS] },
  `
  C: RETR 1
  S: +OK
  S: From: =?UTF-8?B?SsO8?= <j@example.com>
  S: Subject: =?UTF-8?B?w7w=?=
  S: X: y
  S:
  S: b\u00c3\u00b6dy
  S: .
  C: TOP 1 0
  S: +OK
  S: From: =?UTF-8?B?SsO8?= <j@example.com>
  S: Subject: =?UTF-8?B?w7w=?=
  S: X: y
  S:
  S: .
  `,
);

conversation(
  "with UTF8, messages are as they are",
  { messages: [UMLAUTS], loggedIn: false },
  `
  S: +OK
  C: UTF8 x
  S: -ERR
  C: UTF8
  S: +OK
  C: USER alice
  S: +OK
  C: PASS secret
  S: +OK
  C: TOP 1 1
  S: +OK
  S: From: J\u00c3\u00bc <j@example.com>
  S: Subject: \u00c3\u00bc
  S: Received: \u00c3\u00bc
  S: X: y
  S:
  S: b\u00c3\u00b6dy
  S: .
  `,
);

conversation(
  "where UTF8 is not offered, messages are as they are",
  { messages: ["Subject: \u00fc\n\n"], disable: ["UTF8"] },
  "C: RETR 1\nS: +OK\nS: Subject: \u00c3\u00bc\nS:\nS: .",
);

/** A message with an attachment of so many lines. */
function large(lines: number, name: string): string {
  return [
    "Subject: large",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    `Content-Type: text/plain; name="${name}"`,
    "",
    ...Array.from({ length: lines }, (_, n) => `.${n} ${"x".repeat(60)}`),
    "--b",
    `Content-Disposition: attachment; filename="${name}"`,
    "",
    "end",
    "--b--",
    "",
  ].join("\n");
}

Deno.test("a large message comes whole, in batches", async () => {
  const text = large(20_000, "a");
  const batch = 16_384;
  const setup = { messages: [text] };
  await using client = await Conversation.begin(setup, false, batch);
  const lines = await client.lines("RETR 1");
  assertEquals(lines.join("\n") + "\n", text);
  const { largestWrite, writes } = client.pipe;
  // A batch, and what dots add to it.
  assert(largestWrite < 2 * batch, `${largestWrite}`);
  assert(writes > text.length / (2 * batch), `${writes}`);
});

Deno.test("nothing more is read of a message while the client does not take it", async () => {
  const setup = { messages: [large(100_000, "a")] };
  await using client = await Conversation.begin(setup);
  let written = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  client.pipe.write = (bytes) => {
    written += bytes.length;
    return promise;
  };
  client.pipe.send("RETR 1\r\nRETR 1\r\nRETR 1\r\n");
  for (let turn = 0; turn < 50; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert(written > 0 && written < 3 * client.host.batchSize, `${written}`);
  client.pipe.end();
  client.pipe.close();
  resolve();
});

Deno.test("headers deep in a large message are in ASCII too", async () => {
  await using client = await Conversation.begin({
    messages: [large(10_000, "\u00fc.txt")],
  });
  const lines = await client.lines("RETR 1");
  assertEquals(lines.slice(0, 7), [
    "Subject: large",
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Type: text/plain;",
    " name*=utf-8''%C3%BC.txt",
    "",
  ]);
  assertEquals(lines.slice(-6), [
    "--b",
    "Content-Disposition: attachment;",
    " filename*=utf-8''%C3%BC.txt",
    "",
    "end",
    "--b--",
  ]);
  assertEquals(lines.length, 10_000 + 13);
  assertEquals(await client.lines("TOP 1 3"), lines.slice(0, 6));
});

Deno.test("a header too large to be rewritten is refused, by its code", async () => {
  const field = `X-Long: ${"x".repeat(70)}\n`.repeat(15_000);
  await using client = await Conversation.begin({
    messages: [
      `${field}Subject: \u00fc\n\nbody\n`,
      `${field}Subject: u\n\nb\u00f6dy\n`,
    ],
  });
  await client.says("C: RETR 1\nS: -ERR [UTF8]\nC: TOP 1 0\nS: -ERR [UTF8]");
  assertEquals((await client.lines("RETR 2")).at(-1), "b\u00c3\u00b6dy");
});

Deno.test("TOP reads no more of a large message than it needs", async () => {
  const text = large(200_000, "a");
  await using client = await Conversation.begin({ messages: [text] });
  const { storage } = client.host;
  const account = await storage.openAccount("alice");
  const inbox = await account.openMailbox("INBOX");
  const prototype = Object.getPrototypeOf(inbox);
  const { readSource } = prototype;
  let read = 0;
  prototype.readSource = async function (...given: unknown[]) {
    const bytes: Uint8Array | undefined = await readSource.apply(this, given);
    read += bytes?.length ?? 0;
    return bytes;
  };
  try {
    assertEquals((await client.lines("TOP 1 2")).length, 5);
  } finally {
    prototype.readSource = readSource;
    inbox.close();
    account.close();
  }
  assert(read < 400_000, `${read} of ${utf8Bytes(text).length}`);
});

Deno.test("a listing of 20,000 messages comes in batches", async () => {
  const messages = Array.from({ length: 20_000 }, (_, n) => `A: ${n}\n\n`);
  await using client = await Conversation.begin({ messages });
  const list = await client.lines("LIST");
  assertEquals(list.length, messages.length);
  assertEquals(list[0], "1 8");
  assertEquals(list.at(-1), "20000 12");
  const ids = await client.lines("UIDL");
  assertEquals(new Set(ids.map((line) => line.split(" ")[1])).size, 20_000);
  assert(client.pipe.largestWrite < 4_096 + 512);
});
