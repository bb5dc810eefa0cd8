import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isAscii } from "node:buffer";
import { decodeWords } from "./encoded_word.ts";
import { latin1Text, utf8Bytes } from "../wire/text.ts";
import { downgradeHeader } from "./downgrade.ts";

function downgraded(header: string): string {
  return latin1Text(downgradeHeader(utf8Bytes(header)));
}

Deno.test("a header in ASCII is the same array", () => {
  const header = utf8Bytes("Subject: a\r\nX: b\r\n\r\n");
  assert(downgradeHeader(header) === header);
});

Deno.test("what is ASCII stays as it is, with its folding and its faults", () => {
  const rest = "X-A:b\r\n c\nno colon\r\nSubject:=?utf-8?q?=C3=BC?=\r\n";
  assertEquals(downgraded(`${rest}X-B: \u00fc\r\n\r\n`), `${rest}\r\n`);
});

const CASES: [string, string][] = [
  ["Subject: gr\u00fc\u00df", "Subject: =?UTF-8?B?Z3LDvMOf?="],
  ["SUBJECT : \u00fc\r\n \u00fc", "SUBJECT : =?UTF-8?B?w7wgw7w=?="],
  [
    "From: J\u00fcrgen <j@example.com>",
    "From: =?UTF-8?B?SsO8cmdlbg==?= <j@example.com>",
  ],
  ["From: j@example.com (\u00fc)", "From: =?UTF-8?B?w7w=?= <j@example.com>"],
  [
    "To: Fred <fr\u00e9d@example.com>, b@example.com",
    'To: "Fred" <invalid@internationalized-address.invalid>,\r\n <b@example.com>',
  ],
  [
    "To: fred@\u00e9.example",
    "To: =?UTF-8?B?ZnJlZEDDqS5leGFtcGxl?= <invalid@internationalized-address.invalid>",
  ],
  [
    'Cc: \u00fc: a@example.com, "b c"@example.com;, d@example.com',
    'Cc: =?UTF-8?B?w7w=?=: <a@example.com>,\r\n <"b c"@example.com>;,\r\n <d@example.com>',
  ],
  [
    'Content-Disposition: attachment; filename="\u00fc 1.txt"; size=3',
    "Content-Disposition: attachment;\r\n filename*=utf-8''%C3%BC%201.txt;\r\n size=\"3\"",
  ],
  ["Received: from \u00fc", ""],
  ["\u00fc: x", ""],
  ["\u00fc", ""],
  [
    `Content-Type: text/plain; name="${"\u00fc".repeat(300)}"`,
    "Content-Type: text/plain",
  ],
];

for (const [before, after] of CASES) {
  Deno.test(`${JSON.stringify(before.slice(0, 60))} in ASCII`, () => {
    const expected = after === "" ? "\r\n" : `${after}\r\n\r\n`;
    assertEquals(downgraded(`${before}\r\n\r\n`), expected);
  });
}

Deno.test("bytes of another charset are read as windows-1252", () => {
  const header = Uint8Array.from(
    "Subject: \xfc\r\n\r\n",
    (c) => c.charCodeAt(0),
  );
  assertEquals(
    latin1Text(downgradeHeader(header)),
    "Subject: =?UTF-8?B?w7w=?=\r\n\r\n",
  );
});

Deno.test("a subject reads the same, in lines that are not too long", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 300 })
    .map((text) => text.replace(/[\p{Cc}\s]+/gu, " ").trim())
    .filter((text) => !/^[ -~]*$/.test(text));
  fc.assert(fc.property(text, (subject) => {
    const header = downgraded(`Subject: ${subject}\r\n\r\n`);
    for (const line of header.split("\r\n")) assert(line.length <= 90, line);
    const value = header.slice("Subject: ".length, -4).replace(/\r\n/g, "");
    assertEquals(decodeWords(value), subject);
  }));
});

Deno.test("whatever a header is, nothing is left that is not ASCII", () => {
  const part = fc.constantFrom(
    ...'\u00fc \x80 : ; , @ < > ( ) " \\ = * a \r\n'.split(" "),
    ...[" ", "\t", "To:", "\r\nSubject:", "\r\nContent-Type: a/b;c="],
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
    // A header ends with its first empty line.
    const text = parts.join("").replace(/(^|\n)\r?\n[^]*/, "$1\r\n");
    const header = utf8Bytes(text);
    const after = downgradeHeader(header);
    assert(isAscii(after));
    assertEquals(
      /(^|\n)\r?\n/.test(text),
      /(^|\n)\r?\n/.test(latin1Text(after)),
    );
  }));
});
