import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { rounds } from "../../tests/shards/part.ts";
import { compareCodePoints, unicodeCasemap } from "./unicode_casemap.ts";

Deno.test("a string becomes its titlecase, decomposed (RFC 5051 § 2)", () => {
  const cases: [string, string][] = [
    ["Hello, world", "HELLO, WORLD"],
    // The example of the RFC.
    ["\u01c4", "Dz\u030c"],
    ["\u01c6", "Dz\u030c"],
    ["\u01f3", "Dz"],
    ["é", "E\u0301"],
    ["e\u0301", "E\u0301"],
    ["\u1ec7", "E\u0323\u0302"],
    ["οδος", "ΟΔΟΣ"],
    ["привет", "ПРИВЕТ"],
    ["й", "И\u0306"],
    // No titlecase in UnicodeData.txt, only in SpecialCasing.txt.
    ["ß", "ß"],
    ["ﬁ", "fi"],
    ["ŉ", "\u02bcn"],
    ["ᾳ", "Α\u0345"],
    ["ᾀ", "Α\u0313\u0345"],
    ["ᾲ", "α\u0300\u0345"],
    // Capitals that are no titlecase.
    ["აბ", "აბ"],
    ["İ", "I\u0307"],
    ["ı", "I"],
    ["\u212a", "K"],
    ["Ａｂ１", "AB1"],
    ["ｶﾞ", "カ\u3099"],
    ["ガ", "カ\u3099"],
    ["a\u00a0b", "A B"],
    ["한", "\u1112\u1161\u11ab"],
    ["𐐨", "𐐀"],
    ["\u01c7\u01c8\u01c9", "LjLjLj"],
    ["\u01ca\u01cb\u01cc", "NjNjNj"],
    ["\u1e9e", "\u1e9e"],
    ["\u00bd", "1\u20442"],
    ["ﬆ", "st"],
    ["\u0131\u017f\u00b5\u03c2", "IS\u039c\u03a3"],
    ["\u1f88", "\u0391\u0313\u0345"],
    ["\u1f97", "\u0397\u0314\u0342\u0345"],
    ["\u1fb3\u1fc3\u1ff3", "\u0391\u0345\u0397\u0345\u03a9\u0345"],
    ["\u10fc\u10fd\u10ff", "\u10dc\u10fd\u10ff"],
    ["𝐚", "a"],
    ["\ufdfa", "صلى الله عليه وسلم"],
    ["a\0b\ud800c\udc00é", "A\0B\ud800C\udc00E\u0301"],
    ["", ""],
  ];
  for (const [text, prepared] of cases) {
    assertEquals(unicodeCasemap(text), prepared, text);
  }
});

const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    fc.constantFrom("\u0323", "\u0301", "\uff9e", "σ", "İ", "\ud835", "\udc1a"),
  ),
  maxLength: 20,
});

Deno.test("each character is prepared whatever stands beside it", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const joined = a + b;
      fc.pre([...joined].length === [...a].length + [...b].length);
      assertEquals(
        unicodeCasemap(joined),
        unicodeCasemap(a) + unicodeCasemap(b),
      );
    }),
    { numRuns: rounds(5_000) },
  );
});

Deno.test("a long text is prepared as its characters are", () => {
  const long = "é\u0323日本ﬁ𝐚 a".repeat(3_000);
  assertEquals(
    unicodeCasemap(long),
    [...long].map((char) => unicodeCasemap(char)).join(""),
  );
});

Deno.test("the order is that of the octets of UTF-8", () => {
  const encoder = new TextEncoder();
  const compareBytes = (a: Uint8Array, b: Uint8Array) => {
    for (let at = 0; at < Math.min(a.length, b.length); at++) {
      if (a[at] !== b[at]) return a[at]! - b[at]!;
    }
    return a.length - b.length;
  };
  const wellFormed = text.map((text) => text.toWellFormed());
  fc.assert(
    fc.property(wellFormed, wellFormed, wellFormed, (start, a, b) => {
      const [one, other] = [start + a, start + b];
      assertEquals(
        Math.sign(compareCodePoints(one, other)),
        Math.sign(compareBytes(encoder.encode(one), encoder.encode(other))),
      );
    }),
    { numRuns: rounds(5_000) },
  );
  assert(compareCodePoints("\uffee", "\u{10000}") < 0);
});
