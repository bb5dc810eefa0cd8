import { assertEquals } from "@std/assert";
import { parseMessage } from "./parse.ts";
import { textsOf } from "./text_testing.ts";

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

Deno.test("texts are without transfer encoding and charset, those of embedded messages too", () => {
  assertEquals([...textsOf(SAMPLE, parseMessage(SAMPLE))], [
    "été",
    "<b>é</b>",
    "inner body",
  ]);
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
    assertEquals([...textsOf(bytes, parseMessage(bytes))], [text]);
  }
});
