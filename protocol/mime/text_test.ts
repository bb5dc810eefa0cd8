import { assertEquals } from "@std/assert";
import { parseMessage } from "./parse.ts";
import { bodyTexts, fieldTexts, headerText, messageTexts } from "./text.ts";

/** Bytes of a message whose characters are bytes. */
function message(...lines: string[]): Uint8Array {
  return Uint8Array.from(lines.join("\r\n"), (char) => char.charCodeAt(0));
}

const SAMPLE = message(
  "Subject: =?utf-8?q?caf=C3=A9?=",
  " au lait",
  "Content-Type: multipart/mixed; boundary=a",
  "",
  "preamble",
  "--a",
  "Content-Type: text/plain; charset=iso-8859-1",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "=E9t=",
  "=E9",
  "--a",
  "Content-Type: text/html; charset=utf-8",
  "Content-Transfer-Encoding: base64",
  "",
  btoa("<b>\xc3\xa9</b>"),
  "--a",
  "Content-Type: image/png; name=picture",
  "",
  "bytes",
  "--a",
  "Content-Type: message/rfc822",
  "",
  "Subject: inner",
  "",
  "inner body",
  "--a--",
);

Deno.test("headers are unfolded and decoded", () => {
  const { bodyStart } = parseMessage(SAMPLE);
  assertEquals(
    headerText(SAMPLE, 0, bodyStart),
    "Subject: café au lait\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n",
  );
  assertEquals([...fieldTexts(SAMPLE, 0, bodyStart, "SUBJECT")], [
    "café au lait",
  ]);
  assertEquals([...fieldTexts(SAMPLE, 0, bodyStart, "To")], []);
});

Deno.test("bodies are the texts and what embedded messages say", () => {
  assertEquals([...bodyTexts(SAMPLE, parseMessage(SAMPLE))], [
    "été",
    "<b>é</b>",
    "Subject: inner\r\n\r\n",
    "inner body",
  ]);
});

Deno.test("a message's texts have its header and those of its parts", () => {
  const texts = [...messageTexts(SAMPLE, parseMessage(SAMPLE))];
  assertEquals(texts.length, 9);
  assertEquals(texts[0]!.startsWith("Subject: café"), true);
  assertEquals(texts[5], "Content-Type: image/png; name=picture\r\n\r\n");
});

Deno.test("unknown encodings and charsets are taken as they stand", () => {
  for (
    const [fields, body, text] of [
      ["Content-Type: text/plain; charset=x-none", "\xc3\xa9", "é"],
      ["Content-Type: text/plain; charset=x-none", "\xe9", "é"],
      ["Content-Type: text/plain; charset=us-ascii", "\xc3\xa9", "é"],
      ["Content-Transfer-Encoding: x-none", "=41", "=41"],
      ["Content-Type: text/plain; charset*=''utf-7", "+AOk-", "é"],
    ] as const
  ) {
    const bytes = message(fields, "", body);
    assertEquals([...bodyTexts(bytes, parseMessage(bytes))], [text]);
  }
});

Deno.test("a deep message has all its texts", () => {
  const bytes = message(
    ...Array(500).fill("Content-Type: message/rfc822\r\n"),
    "Subject: deep",
    "",
    "x",
  );
  const root = parseMessage(bytes, { maxDepth: 1_000 });
  const texts = [...bodyTexts(bytes, root)];
  assertEquals([texts.length, texts.at(-1)], [501, "x"]);
});
