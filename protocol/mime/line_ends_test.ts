import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { normalizeLineEnds } from "./line_ends.ts";

const encoder = new TextEncoder();
const normal = (text: string) =>
  new TextDecoder().decode(normalizeLineEnds(encoder.encode(text)));

Deno.test("every line end becomes CRLF", () => {
  assertEquals(normal("a\nb\r\nc\n\n"), "a\r\nb\r\nc\r\n\r\n");
  assertEquals(normal("a\rb\r\rc"), "a\r\nb\r\n\r\nc");
});

Deno.test("a CR by itself ends a line only where there is no LF", () => {
  assertEquals(normal("a\rb\nc\r\r\n"), "a\rb\r\nc\r\r\n");
});

Deno.test("what has CRLF everywhere is the same array", () => {
  for (const text of ["", "a", "a\r\n", "\r\n\r\nb\tc\r\n"]) {
    const bytes = encoder.encode(text);
    assertStrictEquals(normalizeLineEnds(bytes), bytes);
  }
});

Deno.test("doing it twice changes nothing more", () => {
  const text = fc.array(fc.constantFrom("\r", "\n", "\r\n", "a")).map((parts) =>
    parts.join("")
  );
  fc.assert(fc.property(text, (value) => {
    const once = normal(value);
    assertEquals(
      once,
      value.includes("\n")
        ? value.replace(/(?<!\r)\n/g, "\r\n")
        : value.replaceAll("\r", "\r\n"),
    );
    assertEquals(normal(once), once);
  }));
});
