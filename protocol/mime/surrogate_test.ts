import { assertEquals } from "@std/assert";
import { parseMessage } from "./parse.ts";
import { lenientText, utf8Bytes } from "../wire/text.ts";
import { headerRanges, Surrogate } from "./surrogate.ts";

const SOURCE = [
  "Subject: \u00fc",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "pr\u00e9amble",
  "--b",
  'Content-Type: text/plain; charset="utf-8"; name="\u00fc"',
  "",
  "Subject: \u00fc stays",
  "--b",
  "Content-Type: message/rfc822",
  "",
  "Subject: \u00e9",
  "X-Gone: \u00e9",
  "",
  "body \u00e9",
  "--b--",
  "",
].join("\r\n");

const SURROGATE = [
  "Subject: =?UTF-8?B?w7w=?=",
  'Content-Type: multipart/mixed; boundary="b"',
  "",
  "pr\u00e9amble",
  "--b",
  "Content-Type: text/plain;",
  ' charset="utf-8";',
  " name*=utf-8''%C3%BC",
  "",
  "Subject: \u00fc stays",
  "--b",
  "Content-Type: message/rfc822",
  "",
  "Subject: =?UTF-8?B?w6k=?=",
  "",
  "body \u00e9",
  "--b--",
  "",
].join("\r\n");

Deno.test("headers are rewritten wherever they stand, bodies never", () => {
  const source = utf8Bytes(SOURCE);
  const ranges = headerRanges(parseMessage(source));
  assertEquals(ranges.length, 4);
  for (const size of [1, 2, 3, 7, 64, source.length]) {
    const surrogate = new Surrogate(ranges);
    const bytes: number[] = [];
    for (let at = 0; at < source.length; at += size) {
      bytes.push(...surrogate.take(source.subarray(at, at + size)));
    }
    assertEquals(lenientText(Uint8Array.from(bytes)), SURROGATE, `by ${size}`);
  }
});

Deno.test("a header without a body is rewritten when its last byte has come", () => {
  const surrogate = new Surrogate([[0, 12]]);
  assertEquals(surrogate.take(utf8Bytes("Subject:")).length, 0);
  assertEquals(
    lenientText(surrogate.take(utf8Bytes("\u00fc\r\n"))),
    "Subject: =?UTF-8?B?w7w=?=\r\n",
  );
});
