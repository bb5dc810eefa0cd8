import { assertEquals } from "@std/assert";
import { LineReader } from "./line_reader.ts";

/** The lines that are read of a text in pieces, at most 10 bytes each. */
function lines(text: string, piece: number): (string | undefined)[] {
  const reader = new LineReader(10);
  const found: (string | undefined)[] = [];
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += piece) {
    reader.push(bytes.subarray(at, at + piece));
    for (let line; (line = reader.line()) !== undefined;) {
      found.push(
        line === "too long" ? undefined : new TextDecoder().decode(line),
      );
    }
  }
  return found;
}

const CASES: Record<string, (string | undefined)[]> = {
  "a\r\nb\r\n": ["a", "b"],
  "\r\n\r\nc": ["", ""],
  "a\nb\rc\r\n": ["a\nb\rc"],
  "\n\n\r\r\n": ["\n\n\r"],
  "12345678\r\n": ["12345678"],
  "123456789\r\na\r\n": [undefined, "a"],
  "1234567890\n1234567890\r1234567890\r\nb\r\n": [undefined, "b"],
};

for (const [text, expected] of Object.entries(CASES)) {
  Deno.test(`LineReader reads ${JSON.stringify(text)}`, () => {
    for (const piece of [1, 2, 3, 5, 100]) {
      assertEquals(lines(text, piece), expected, `${piece} bytes at a time`);
    }
  });
}

Deno.test("LineReader gives what is behind a line as it is", () => {
  const reader = new LineReader(10);
  reader.push(new TextEncoder().encode("a\r\nbc\r\nd"));
  assertEquals(reader.buffered, 8);
  assertEquals(reader.line()?.length, 1);
  assertEquals(reader.peek().length, 5);
  reader.skip(2);
  assertEquals(reader.line()?.length, 0);
  assertEquals(reader.line(), undefined);
  assertEquals(reader.buffered, 1);
  assertEquals(reader.peek().length, 0);
});
