import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Encoder } from "./encoder.ts";

// The same cases each time.
fc.configureGlobal({ seed: 9051 });

/** What is written, as one character a byte. */
function written(write: (encoder: Encoder) => unknown, utf8 = false): string {
  const encoder = new Encoder({ utf8 });
  write(encoder);
  const length = encoder.length;
  const bytes = encoder.take();
  assertEquals(bytes.length, length);
  return String.fromCharCode(...bytes);
}

/** The UTF-8 of a text, as one character a byte. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

Deno.test("Encoder writes a response and starts anew", () => {
  const encoder = new Encoder();
  encoder.text("* ").number(12).text(" FETCH ").open().text("FLAGS").sp()
    .flags(["\\Seen", "$Junk"]).close().crlf();
  assertEquals(encoder.length, 34);
  const first = encoder.take();
  assertEquals(encoder.length, 0);
  encoder.text("* 13 EXISTS").crlf();
  assertEquals(
    new TextDecoder().decode(first),
    "* 12 FETCH (FLAGS (\\Seen $Junk))\r\n",
  );
  assertEquals(new TextDecoder().decode(encoder.take()), "* 13 EXISTS\r\n");
  assertEquals(encoder.take().length, 0);
});

Deno.test("Encoder.text() takes nothing but ASCII of one line", () => {
  for (const text of ["a\r", "a\nb", "\0", "ü", "\u{1f4a9}"]) {
    const encoder = new Encoder().text("x");
    assertThrows(() => encoder.text(text), RangeError);
    assertEquals(encoder.length, 1);
  }
});

Deno.test("Encoder.number() writes whole numbers", () => {
  for (
    const n of [0, 7, 10, 99, 100, 4294967295, 999_999_999, 1e9, 2 ** 53 - 1]
  ) {
    assertEquals(written((e) => e.number(n)), String(n));
  }
  for (const n of [-1, 1.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(() => new Encoder().number(n), RangeError);
  }
});

Deno.test("Encoder.string() quotes what can be quoted", () => {
  const cases: readonly [value: string, plain: string, utf8: string][] = [
    ["", '""', '""'],
    ["a b", '"a b"', '"a b"'],
    ['a"\\', '"a\\"\\\\"', '"a\\"\\\\"'],
    ["\t\x7f", '"\t\x7f"', '"\t\x7f"'],
    ["a\r\n* BYE", "{8}\r\na\r\n* BYE", "{8}\r\na\r\n* BYE"],
    ["a\0b", '"ab"', '"ab"'],
    ["ü", `{2}\r\n${utf8("ü")}`, `"${utf8("ü")}"`],
    ["\ud800", `{3}\r\n${utf8("\ufffd")}`, `"${utf8("\ufffd")}"`],
    ["x".repeat(1_000), `"${"x".repeat(1_000)}"`, `"${"x".repeat(1_000)}"`],
    ["y".repeat(1_001), `{1001}\r\n${"y".repeat(1_001)}`, ""],
  ];
  for (const [value, plain, withUtf8] of cases) {
    assertEquals(written((e) => e.string(value)), plain);
    assertEquals(written((e) => e.string(value), true), withUtf8 || plain);
  }
});

Deno.test("Encoder.string() takes bytes, UTF-8 or not", () => {
  const cases: readonly [value: string, plain: string, utf8: string][] = [
    ['a"', '"a\\""', '"a\\""'],
    [utf8("ü"), `{2}\r\n${utf8("ü")}`, `"${utf8("ü")}"`],
    ["\xfc", "{1}\r\n\xfc", "{1}\r\n\xfc"],
    ["a\0\0b", '"ab"', '"ab"'],
    ["\0\r\n", "{2}\r\n\r\n", "{2}\r\n\r\n"],
    [utf8("\ufeff"), "{3}\r\n\xef\xbb\xbf", '"\xef\xbb\xbf"'],
  ];
  for (const [value, plain, withUtf8] of cases) {
    assertEquals(written((e) => e.string(bytes(value))), plain);
    assertEquals(written((e) => e.string(bytes(value)), true), withUtf8);
  }
});

Deno.test("Encoder.nstring() tells null from NIL", () => {
  assertEquals(written((e) => e.nstring(null)), "NIL");
  assertEquals(written((e) => e.nstring("NIL")), '"NIL"');
});

Deno.test("Encoder.astring() writes an atom where it can", () => {
  for (const atom of ["a", "a]b[", "user+x@example.com", "NILS"]) {
    assertEquals(written((e) => e.astring(atom)), atom);
  }
  for (const text of ["", "nil", "a b", "(", "a%", "*", "{1}"]) {
    assertEquals(written((e) => e.astring(text)), `"${text}"`);
  }
});

Deno.test("Encoder.literal() and literal8() change nothing", () => {
  assertEquals(written((e) => e.literal(bytes("\0\r\n"))), "{3}\r\n\0\r\n");
  assertEquals(written((e) => e.literal8(bytes("\0"))), "~{1}\r\n\0");
  assertEquals(written((e) => e.literal(bytes(""))), "{0}\r\n");
});

Deno.test("Encoder.mailbox() writes names as the client reads them", () => {
  const names: readonly [name: string, plain: string, utf8: string][] = [
    ["INBOX", "INBOX", "INBOX"],
    ["a&b", "a&-b", "a&b"],
    ["Entwürfe", "Entw&APw-rfe", `"${utf8("Entwürfe")}"`],
    ["my mail", '"my mail"', '"my mail"'],
    ["a\r\nb", "a&AA0ACg-b", "{4}\r\na\r\nb"],
  ];
  for (const [name, plain, withUtf8] of names) {
    assertEquals(written((e) => e.mailbox(name)), plain);
    assertEquals(written((e) => e.mailbox(name), true), withUtf8);
  }
  const encoder = new Encoder();
  encoder.utf8 = true;
  encoder.mailbox("ü");
  assertEquals(encoder.length, 4);
});

Deno.test("Encoder.humanText() stays on its line", () => {
  const texts: readonly [text: string, plain: string][] = [
    ["Done", "Done"],
    ["", "-"],
    [" \r\n", "-"],
    ["a\r\n* BYE\0x", "a * BYE x"],
    ["[ALERT] x", "(ALERT] x"],
    [" \t[ALERT]", "(ALERT]"],
    ["ü💩", "??"],
    ["\x85\u2028", "-"],
  ];
  for (const [text, plain] of texts) {
    assertEquals(written((e) => e.humanText(text)), plain);
  }
  assertEquals(written((e) => e.humanText("ü\u2028[\x9f"), true), utf8("ü ["));
  assertEquals(written((e) => e.humanText("\x85[X]"), true), "(X]");
});

Deno.test("Encoder.flags() leaves out what is no flag", () => {
  assertEquals(written((e) => e.flags([])), "()");
  assertEquals(written((e) => e.flags(["\\*", "a"])), "(\\* a)");
  const bad = ["", "\\", "a b", "a)", "a\r\n", "\\\\x", "ü", "a]"];
  assertEquals(written((e) => e.flags(["\\Seen", ...bad])), "(\\Seen)");
});

Deno.test("Encoder grows with what is written", () => {
  const encoder = new Encoder();
  let expected = "";
  for (let n = 0; n < 2_000; n++) {
    encoder.number(n).sp();
    expected += `${n} `;
  }
  assertEquals(new TextDecoder().decode(encoder.take()), expected);
});

Deno.test("Property: no value ends a line", () => {
  const value = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'\r\n\0[]{}+()"\\ *aü\ud800') }),
    fc.string({ unit: "binary" }),
  );
  fc.assert(fc.property(value, fc.boolean(), (value, utf8) => {
    const tokens = [
      written((e) => e.string(value), utf8),
      written((e) => e.string(new TextEncoder().encode(value)), utf8),
      written((e) => e.nstring(value), utf8),
      written((e) => e.astring(value), utf8),
      written((e) => e.mailbox(value), utf8),
      written((e) => e.humanText(value), utf8),
      written((e) => e.flags([value]), utf8),
    ];
    for (const token of tokens) {
      const literal = /^\{(\d+)\}\r\n/.exec(token);
      const line = literal === null
        ? token
        : token.slice(literal[0].length + Number(literal[1]));
      assert(!/[\r\n\0]/.test(line), JSON.stringify(token));
      assert(literal === null || line === "");
    }
  }));
});

Deno.test("trim() hands the room to another encoder, never what is still written", () => {
  const [one, other] = [new Encoder(), new Encoder()];
  one.trim();
  const first = one.text("one").take();
  one.recycle(first);
  one.trim();
  other.trim();
  other.text("other");
  one.text("again");
  other.trim();
  assertEquals(new TextDecoder().decode(one.take()), "again");
  assertEquals(new TextDecoder().decode(other.take()), "other");
  assertEquals(first.buffer.byteLength, 4_096);
});
