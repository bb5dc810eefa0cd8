import { assertEquals } from "@std/assert";
import { type Envelope, envelope } from "./envelope.ts";
import { parseMessage } from "./parse.ts";

function read(text: string): Envelope {
  const bytes = new TextEncoder().encode(text);
  return envelope(bytes, parseMessage(bytes));
}

const alice = { name: null, adl: null, mailbox: "alice", host: "a.test" };
const bob = { name: "Bob", adl: null, mailbox: "bob", host: "b.test" };

Deno.test("a full envelope", () => {
  assertEquals(
    read([
      "Date: Mon, 7 Feb 1994\r\n 21:52:25 -0800 (PST)",
      "Subject: =?utf-8?q?a?=",
      "\tb",
      "From: alice@a.test",
      "Sender: Bob <bob@b.test>",
      "Reply-To: bob@b.test (Bob)",
      "To: alice@a.test, Bob <bob@b.test>",
      "Cc: alice@a.test",
      "Bcc: Bob <bob@b.test>",
      "In-Reply-To: <1@x>",
      "Message-ID: <2@x> ",
      "",
      "",
    ].join("\r\n")),
    {
      date: "Mon, 7 Feb 1994 21:52:25 -0800 (PST)",
      subject: "=?utf-8?q?a?=\tb",
      from: [alice],
      sender: [bob],
      replyTo: [bob],
      to: [alice, bob],
      cc: [alice],
      bcc: [bob],
      inReplyTo: "<1@x>",
      messageId: "<2@x>",
      references: null,
    },
  );
});

Deno.test("absent is null, empty is empty, sender and reply-to default to from", () => {
  const empty = read("Subject:\r\nSender: \r\nFrom: alice@a.test\r\n\r\n");
  assertEquals([empty.date, empty.subject], [null, ""]);
  assertEquals([empty.sender, empty.replyTo], [[alice], [alice]]);
  assertEquals([empty.to, empty.cc, empty.bcc], [[], [], []]);
  assertEquals(read("\r\n").from, []);
});

Deno.test("the first of a field counts, addresses add up", () => {
  const { subject, to } = read(
    "Subject: 1\nTo: alice@a.test\nSubject: 2\nTo: Bob <bob@b.test>\n\n",
  );
  assertEquals([subject, to], ["1", [alice, bob]]);
});

Deno.test("no CR, LF or NUL gets into a value, encoded words stay", () => {
  const { subject, from } = read(
    "Subject: a\rb\0\nFrom: =?UTF-8?Q?A=0D=0A=2A_9_EXISTS=0D=0A?= <a\r@b>\n\n",
  );
  assertEquals(subject, "a b\uFFFD");
  assertEquals(from[0]!.name, "=?UTF-8?Q?A=0D=0A=2A_9_EXISTS=0D=0A?=");
  assertEquals(from[0]!.host, "b");
});

Deno.test("bytes are UTF-8 where they can be, else windows-1252", () => {
  const bytes = Uint8Array.from(
    "Subject: caf\xe9\nIn-Reply-To: caf\xc3\xa9\n\n",
    (char) => char.charCodeAt(0),
  );
  const { subject, inReplyTo } = envelope(bytes, parseMessage(bytes));
  assertEquals([subject, inReplyTo], ["café", "café"]);
});

Deno.test("an envelope is bounded", () => {
  const { subject, to, cc } = read(
    `Subject: ${"x".repeat(1_000_000)}\nTo: ${"a@b,".repeat(100_000)}\n` +
      "Cc: a@b\n".repeat(20_000) + "\n",
  );
  assertEquals(subject!.length < 70_000, true);
  assertEquals([to.length, cc.length], [10_000, 10_000]);
});

Deno.test("the envelope of an embedded message", () => {
  const bytes = new TextEncoder().encode(
    "Subject: 1\nContent-Type: message/rfc822\n\nSubject: 2\n\n",
  );
  const { message } = parseMessage(bytes);
  assertEquals(envelope(bytes, message!).subject, "2");
});
