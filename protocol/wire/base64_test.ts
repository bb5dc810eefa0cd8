import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeBase64 } from "./base64.ts";
import { ParseError } from "./parse_error.ts";

// The same cases each time.
fc.configureGlobal({ seed: 9051 });

const encoder = new TextEncoder();

Deno.test("decodeBase64() takes what an encoder writes and nothing else", () => {
  assertEquals(decodeBase64(encoder.encode("")), new Uint8Array(0));
  assertEquals(decodeBase64(encoder.encode("AGE=")), Uint8Array.of(0, 0x61));
  for (
    const text of ["=", "A", "AGE", "AGF=", "AG E=", "AGE=\n", "-_==", "*", "é"]
  ) {
    assertThrows(() => decodeBase64(encoder.encode(text)), ParseError);
  }
});

Deno.test("Property: decodeBase64() reads back any bytes", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const encoded = encoder.encode(bytes.toBase64());
    assertEquals(decodeBase64(encoded), bytes);
  }));
});
