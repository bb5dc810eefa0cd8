import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { fields, fieldValue, headerFields, unfold } from "./header.ts";
import { MIME_LIMITS } from "./limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function names(text: string): string[] {
  const bytes = encoder.encode(text);
  return Array.from(fields(bytes, 0, bytes.length), (field) => field.name);
}

function pick(text: string, wanted: string[], not = false): string {
  const bytes = encoder.encode(text);
  return decoder.decode(headerFields(bytes, 0, bytes.length, wanted, not));
}

Deno.test("fields have a name, a value and their folded lines", () => {
  const text = "Subject: one\r\n two\r\nTO :x\n\tz\nX:\r\n\r\nBody: y\r\n";
  const bytes = encoder.encode(text);
  const read = Array.from(
    fields(bytes, 0, bytes.length),
    (field) => [field.name, fieldValue(bytes, field)],
  );
  assertEquals(read, [["subject", "one two"], ["to", "x\tz"], ["x", ""]]);
});

Deno.test("lines that are no fields have no name", () => {
  assertEquals(names(" folded\nA: b\nno colon\n: x\nFrom a:b\n\xe9: z\nB:c"), [
    "",
    "a",
    "",
    "",
    "",
    "\xc3\xa9",
    "b",
  ]);
  assertEquals(names(`${"x".repeat(2_000)}: y\n`), [""]);
});

Deno.test("values lose their line breaks, and only those", () => {
  assertEquals(unfold(" a\r\n  b\n\tc\r\n"), "a  b\tc");
  assertEquals(unfold("a\rb\r\nc\n\nd"), "a b c d");
  assertEquals(unfold("\u00a0x\u00a0 \t"), "\u00a0x\u00a0");
  const bytes = encoder.encode("A: \xe9\0\n");
  const [field] = fields(bytes, 0, bytes.length);
  assertEquals(fieldValue(bytes, field!), "\xe9\uFFFD");
  const latin = Uint8Array.of(65, 58, 0xe9, 0x80);
  assertEquals(fieldValue(latin, [...fields(latin, 0, 4)][0]!), "\xe9\u20ac");
});

Deno.test("HEADER.FIELDS keeps fields as they stand, and the empty line", () => {
  const text = "A: 1\r\n 2\r\nB: 3\na : 4\nno colon\r\n\r\n";
  assertEquals(pick(text, ["a"]), "A: 1\r\n 2\r\na : 4\n\r\n");
  assertEquals(pick(text, ["A", "b"], true), "no colon\r\n\r\n");
  assertEquals(pick(text, []), "\r\n");
  assertEquals(pick(text, [], true), text);
  // RFC 9051 § 6.4.5.1: a message without body and empty line has none here either.
  assertEquals(pick("A: 1\r\nB: 2\r\n", ["b"]), "B: 2\r\n");
  assertEquals(pick("", ["b"]), "");
});

Deno.test("names compare by ASCII case alone", () => {
  assertEquals(pick("K: 1\n\n", ["\u212a"]), "\n");
  assertEquals(pick("x-y: 1\n\n", ["X-Y"]), "x-y: 1\n\n");
});

Deno.test("thousands of names and two hundred thousand fields", () => {
  const text = "X-One: 1\nX-Two: 2\n".repeat(100_000) + "\n";
  const wanted = Array.from({ length: 5_000 }, (_, index) => `n${index}`);
  assertEquals(pick(text, wanted), "\n");
  assertEquals(pick(text, [...wanted, "x-two"]).length, 9 * 100_000 + 1);
  assertEquals(pick(text, wanted, true), text);
});

Deno.test("fields cover the header, and both picks share it out", () => {
  const piece = fc.constantFrom("A: b", "B", ":", " c", "\t", "\rx", "A : d");
  const end = fc.constantFrom("\r\n", "\n");
  const header = fc.array(fc.tuple(piece, end)).map((lines) =>
    lines.map((line) => line.join("")).join("") + "\r\n"
  );
  fc.assert(fc.property(header, (text) => {
    const bytes = encoder.encode(text);
    let at = 0;
    for (const field of fields(bytes, 0, bytes.length)) {
      assertEquals(field.nameStart, at);
      at = field.end;
    }
    assertEquals(at, text.length - 2);
    const size = pick(text, ["a"]).length + pick(text, ["a"], true).length;
    assertEquals(size, text.length + 2);
  }));
});

Deno.test("fields that begin beyond what is looked at have no names", () => {
  const many = "X: y\r\n".repeat(MIME_LIMITS.maxEnvelopeBytes / 6 + 1);
  const text = `A: 1\r\n${many}B: 2\r\nC: 3\r\n\r\n`;
  assertEquals(pick(text, ["a", "b"]), "A: 1\r\n\r\n");
  assertEquals(
    pick(text, ["a", "b"], true),
    text.replace("A: 1\r\n", ""),
  );
  assertEquals(pick(`A: 1\r\n${many}B: 2\r\n`, ["a", "b"]), "A: 1\r\n");
});

Deno.test("a field of any length ends where its last folded line does", () => {
  for (const line of [" x\r\n", "\t\n", ` ${"x".repeat(70_000)}\r\n`]) {
    for (const lines of [3, 5_000, 16_384]) {
      if (line.length * lines > 1_000_000) continue;
      const long = `A: 1\r\n${line.repeat(lines)}`;
      for (const next of ["", "B: 2\r\n", ":\r\n"]) {
        assertEquals(pick(`${long}${next}\r\n`, ["a"]), `${long}\r\n`);
        assertEquals(pick(`${long}${next}`, ["a"]), long);
      }
    }
  }
});
