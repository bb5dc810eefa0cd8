import { assert, assertEquals, assertThrows } from "@std/assert";
import { fileName } from "../protocol/mime/encoded_word.ts";
import { parseMessage } from "../protocol/mime/parse.ts";
import { textsOf } from "../protocol/mime/text_testing.ts";
import { StoredMessage } from "./mailbox_contents.ts";
import { mailOf, message, type MessageOptions } from "./message.ts";

function read(options: MessageOptions) {
  const { source } = message(options);
  const date = new Date(0);
  const facts = { uid: 1, flags: [], internalDate: date, saveDate: date };
  const root = parseMessage(source);
  return {
    root,
    texts: [...textsOf(source, root)],
    mail: new StoredMessage(source, facts),
  };
}

Deno.test("a message is what was asked for", () => {
  const { root, texts, mail } = read({ text: "One\nTwo", to: "bob@x.org" });
  assertEquals([root.type, root.subtype], ["TEXT", "PLAIN"]);
  assertEquals(texts, ["One\r\nTwo\r\n"]);
  assertEquals(mail.header("date"), "Thu, 01 Jan 2026 12:00:00 +0000");
  assertEquals(mail.header("To"), "bob@x.org");
  assertEquals(mail.header("cc"), undefined);
  assert(!mail.source.replaceAll("\r\n", "").includes("\n"));
});

Deno.test("header fields of any language come back", () => {
  const long = "Это очень длинная тема письма ".repeat(8).trim();
  for (
    const subject of ["Grüße an alle", "日本 und 日本", long, "💌", "plain"]
  ) {
    const { mail } = read({ subject, from: "Zoë Ü <zoe@example.com>" });
    assertEquals(mail.subject, subject);
    assertEquals(mail.header("From"), "Zoë Ü <zoe@example.com>");
    assert(mail.source.split("\r\n").every((line) => line.length <= 100));
    assert(!/[^\0-\x7f]/.test(mail.source));
  }
});

Deno.test("texts that no line can hold are encoded", () => {
  for (const text of ["Ünï", "x".repeat(2000), "a\rb", "\0", "--=_mixed"]) {
    const { texts } = read({ text, html: "<p>é</p>" });
    assertEquals(texts, [`${text}\r\n`, "<p>é</p>\r\n"]);
  }
});

Deno.test("alternatives and files have their places", () => {
  const { root } = read({
    text: "A",
    html: "<p>A</p>",
    attachments: [
      { name: "ä (1).txt", type: "text/plain", content: "=_mixed" },
      { name: "b", content: new Uint8Array(100) },
    ],
  });
  assertEquals(root.subtype, "MIXED");
  const [texts, first, second] = root.children;
  assertEquals(texts?.subtype, "ALTERNATIVE");
  assertEquals(texts?.children.map(({ subtype }) => subtype), [
    "PLAIN",
    "HTML",
  ]);
  assertEquals(fileName(first!), "ä (1).txt");
  assertEquals(second?.subtype, "OCTET-STREAM");
});

Deno.test("no header field can break out of its line", () => {
  assertThrows(() => message({ subject: "a\r\nBcc: x" }), TypeError);
  assertThrows(() => message({ headers: { "X y": "a" } }), TypeError);
  const attachments = [{ name: "a", type: "a/b\r\n", content: "" }];
  assertThrows(() => message({ attachments }), TypeError);
});

Deno.test("a source does for a message", () => {
  const text = new TextDecoder().decode(mailOf("a: b\n\nc\r\n").source);
  assertEquals(text, "a: b\r\n\r\nc\r\n");
  const bytes = new Uint8Array([0, 10]);
  assertEquals(mailOf(bytes).source, bytes);
});
