import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { latin1 } from "./bytes.ts";
import { decode, decodedSize } from "./transfer_encoding.ts";

const bytes = (text: string) =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

function read(text: string, encoding: string): string {
  const decoded = decode(bytes(text), encoding);
  assert(decoded !== undefined);
  return latin1(decoded);
}

Deno.test("what is not encoded is the same array", () => {
  const body = bytes("a\0\xff");
  for (const encoding of ["7BIT", "8bit", "Binary"]) {
    assertStrictEquals(decode(body, encoding), body);
  }
});

Deno.test("an unknown encoding has no answer", () => {
  assertEquals(decode(bytes("a"), "x-none"), undefined);
  assertEquals(decodedSize(bytes("a"), ""), undefined);
});

Deno.test("base64, well formed or not", () => {
  for (
    const text of [
      "aGVsbG8=",
      "aGVs\r\nbG8=\r\n",
      "aGVsbG8",
      "aG!Vs*bG8=",
      "=aGVsbG8====",
      "aGVs\xffbG8=",
      "aGVsbG8=\n--\n",
      "aGU=bGxv",
      "aGVsbG9=",
    ]
  ) assertEquals(read(text, "base64"), "hello", text);
  assertEquals(read("", "BASE64"), "");
  assertEquals(read("a", "BASE64"), "");
  assertEquals(read("_-", "BASE64"), "");
  assertEquals(decodedSize(bytes("aGVsbG8="), "base64"), 5);
});

Deno.test("quoted-printable, well formed or not", () => {
  const read1 = (text: string) => read(text, "quoted-printable");
  assertEquals(read1("=48=e9=C3=A9 x"), "H\xe9\xc3\xa9 x");
  assertEquals(read1("a=\r\nb=\nc= \t\r\nd=20\r\n"), "abcd \r\n");
  assertEquals(read1("a \t\r\nb \n c\t"), "a\r\nb\n c");
  assertEquals(read1("a=zz b= c =4"), "a=zz b= c =4");
  assertEquals(read1("a\r b=3D="), "a\r b=");
  assertEquals(read1("= x"), "= x");
});

Deno.test("uuencode, well formed or not", () => {
  const text = "junk\nbegin 644 a.txt\n%:&5L;&\\\n`\nend\n";
  for (const encoding of ["x-uuencode", "x-uue", "uuencode"]) {
    assertEquals(read(text, encoding), "hello");
    assertEquals(read(text.replaceAll("\n", "\r\n"), encoding), "hello");
  }
  assertEquals(read("%:&5L;&\\", "x-uuencode"), "hello");
  assertEquals(read("begin 644 a\n%:&5L", "x-uuencode"), "hel");
  assertEquals(read("begin 644 a\r\n\r\n%:&5L;&\\\r\n", "x-uuencode"), "hello");
  assertEquals(read("", "x-uuencode"), "");
});

Deno.test("what was encoded comes back", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
    const base64 = body.toBase64().replace(/.{1,60}/g, "$&\r\n");
    assertEquals(decode(bytes(base64), "base64"), body);
    const damaged = `!${base64}`;
    assertEquals(decode(bytes(damaged), "base64"), body);
    const quoted = Array.from(
      body,
      (byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join("").replace(/.{1,72}/g, "$&=\r\n");
    assertEquals(decode(bytes(quoted), "quoted-printable"), body);
  }));
});

Deno.test("any bytes decode, to no more than there were", () => {
  const encodings = ["base64", "quoted-printable", "x-uuencode"];
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: "grapheme-ascii", maxLength: 100 }),
    (body, text) => {
      for (const encoding of encodings) {
        for (const input of [body, bytes(text)]) {
          const decoded = decode(input, encoding);
          assert(decoded !== undefined && decoded.length <= input.length);
        }
      }
    },
  ));
  for (const encoding of encodings) {
    for (const unit of ["=", "= ", " ", "\r", "\n", "M", "begin "]) {
      decode(bytes(unit.repeat(300_000)), encoding);
    }
  }
});
