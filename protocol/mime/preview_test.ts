import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { parseMessage } from "./parse.ts";
import { oneLine, ownLines, preview, printableLine } from "./preview.ts";
import { rounds } from "../../tests/shards/part.ts";

function previewOf(text: string): string {
  const source = new TextEncoder().encode(text.replaceAll("\n", "\r\n"));
  return preview(source, parseMessage(source));
}

const html = (text: string) => previewOf(`Content-Type: text/html\n\n${text}`);

Deno.test("a preview has 200 characters at the most, and whole ones", () => {
  assertEquals(
    previewOf(`Content-Type: text/plain; charset=utf-8\n\n${"😀".repeat(300)}`),
    "😀".repeat(200),
  );
  assertEquals(html("&#128512;".repeat(300)), "😀".repeat(200));
  assertEquals(previewOf(`\n${"a".repeat(300)}`), "a".repeat(200));
});

Deno.test("what cannot be seen is left out", () => {
  assertEquals(
    html("<div>Sale&zwnj;&nbsp;&#847; &shy;</div><div>now</div>"),
    "Sale now",
  );
  assertEquals(html("<style>a { b: c }</style><SCRIPT>x</SCRIPT>y"), "y");
  assertEquals(html("<ul><li>a<li>b</ul>c<br>d"), "a b c d");
  assertEquals(html("</p></b>x</i>"), "x");
  assertEquals(previewOf("\na\x01b\n\n----\n> q\nc"), "ab c");
});

Deno.test("quotations are shown where there is nothing else", () => {
  assertEquals(previewOf("\n> only\n> this"), "> only > this");
  assertEquals(previewOf(`\n${"> q\n".repeat(500)}own`), "own");
});

Deno.test("the first text that says something", () => {
  const parts = (...parts: string[]) =>
    `Content-Type: multipart/mixed; boundary=x\n\n${
      parts.map((part) => `--x\n${part}\n`).join("")
    }--x--`;
  assertEquals(
    previewOf(parts(
      "Content-Type: image/png\n\nabc",
      "Content-Type: text/plain\n\n  ",
      "Content-Type: text/calendar\n\nBEGIN:VCALENDAR",
      "Content-Type: text/html\n\n<b>b</b>",
    )),
    "b",
  );
  assertEquals(
    previewOf(parts("Content-Type: message/rfc822\n\nSubject: s\n\ninside")),
    "inside",
  );
  assertEquals(previewOf(parts("Content-Type: image/png\n\nabc")), "");
  assertEquals(previewOf(""), "");
});

Deno.test("charsets and encodings are undone, also where the text was cut", () => {
  assertEquals(
    previewOf(
      `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${
        new TextEncoder().encode("ä ".repeat(9_000)).toBase64()
      }`,
    ).length,
    199,
  );
  assertEquals(
    previewOf(
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nz=C3=BC=\nrich",
    ),
    "zürich",
  );
});

Deno.test("whatever a message is, the preview is one line of text", () => {
  const piece = fc.constantFrom(
    ...'<a>|<p>|</b>|<!--|-->|<style>|</style>|&amp;|&#0;|&#xd800;|<|>|"|=|=\n|ä|\u{10ffff}| |\n|x|<svg>|<![CDATA['
      .split("|"),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 200 }),
      fc.constantFrom("plain", "html"),
      fc.constantFrom("8bit", "base64", "quoted-printable"),
      (pieces, subtype, encoding) => {
        const text = previewOf(
          `Content-Type: text/${subtype}; charset=utf-8\nContent-Transfer-Encoding: ${encoding}\n\n${
            pieces.join("")
          }`,
        );
        assertLessOrEqual([...text].length, 200);
        assertEquals(/[\r\n\0]/.test(text), false);
        assertEquals(text.isWellFormed(), true);
      },
    ),
    { numRuns: rounds(200) },
  );
});

Deno.test("Property: printable text is shown as any other is", () => {
  const lines = fc.array(
    fc.array(
      fc.constantFrom(
        ...["a", "bc", ">", "-", "--", "=", ".", " ", "  ", "\t", "\r", "word"],
        ...["\v", "\u00e9", "\u200b", "\x00", "x".repeat(60), "😀"],
      ),
      { maxLength: 12 },
    ).map((parts) => parts.join("")),
    { maxLength: 12 },
  );
  let printable = 0;
  fc.assert(fc.property(lines, fc.constantFrom("\n", "\r\n"), (lines, end) => {
    const text = lines.join(end);
    const line = printableLine(text);
    if (line === undefined) return;
    printable++;
    assertEquals(line, oneLine(ownLines(text)), JSON.stringify(text));
  }));
  assert(printable > 0);
});
