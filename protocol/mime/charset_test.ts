import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeCharset, isKnownCharset, isSameInUtf8 } from "./charset.ts";

Deno.test("charsets of TextDecoder and of iconv-lite", () => {
  for (
    const [charset, bytes, text] of [
      ["UTF-8", [0xc3, 0xa9], "é"],
      ["utf-8", [0xc3], "\uFFFD"],
      ["iso-8859-1", [0xe9, 0x80], "é€"],
      ["ISO-8859-15", [0xa4], "€"],
      [" koi8-r ", [0xc1], "а"],
      ["iso-2022-jp", [0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x42], "あ"],
      ["gb2312", [0xb0, 0xa1], "啊"],
      ["cp932", [0x82, 0xa0], "あ"],
      ["utf-16le", [0xe9, 0], "é"],
      ["utf-7", [0x2b, 0x41, 0x4f, 0x6b, 0x2d], "é"],
      ["cp437", [0x82], "é"],
      ["CP850", [0x82], "é"],
      ["macintosh", [0x8e], "é"],
      ["mac-roman", [0x8e], "é"],
    ] as const
  ) assertEquals(decodeCharset(Uint8Array.from(bytes), charset), text, charset);
});

Deno.test("an unknown charset has no text", () => {
  for (
    const charset of [
      "",
      "x-none",
      "unknown-8bit",
      "base64",
      "hex",
      "a b",
      "\0",
    ]
  ) {
    assertEquals(decodeCharset(Uint8Array.of(65), charset), undefined, charset);
    assert(!isKnownCharset(charset));
  }
  assert(isKnownCharset("US-ASCII"));
});

Deno.test("labels and bytes of any kind never throw", () => {
  for (let index = 0; index < 1_000; index++) isKnownCharset(`x-${index}`);
  assert(isKnownCharset("windows-1257"));
  const charset = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "utf-7",
      "utf-8",
      "cp437",
      "iso-2022-jp",
      "gb18030",
      "utf-16",
    ),
  );
  fc.assert(fc.property(charset, fc.uint8Array(), (label, bytes) => {
    const text = decodeCharset(bytes, label);
    assertEquals(text !== undefined, isKnownCharset(label));
  }));
});

Deno.test("text that has the same bytes in UTF-8", () => {
  const ascii = new TextEncoder().encode("a+AOk-\x1b$B&~{ b");
  const other = new TextEncoder().encode("aé");
  for (const charset of ["utf-8", "UTF8", "utf8mb4"]) {
    assert(isSameInUtf8(ascii, charset), charset);
    assert(isSameInUtf8(other, charset), charset);
    assert(!isSameInUtf8(Uint8Array.of(0xe9), charset), charset);
  }
  for (
    const charset of [
      ..."US-ASCII iso-8859-1 iso-8859-8-i windows-1251 koi8-r".split(" "),
      ..."gb2312 gb18030 big5 euc-kr shift_jis euc-jp cp437 macintosh"
        .split(" "),
    ]
  ) {
    assert(isSameInUtf8(ascii, charset), charset);
    assert(!isSameInUtf8(other, charset), charset);
  }
  for (
    const charset of [
      ..."utf-16 utf-16be utf-32 utf-7 utf-7-imap iso-2022-jp".split(" "),
      ..."hz-gb-2312 iso-2022-kr x-none base64".split(" "),
    ]
  ) assert(!isSameInUtf8(ascii, charset), charset);
});
