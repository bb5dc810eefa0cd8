import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { compareCodePoints, unicodeCasemap } from "./unicode_casemap.ts";

Deno.test("unicodeCasemap() does what RFC 5051 says, titlecase before decomposition", () => {
  for (
    const [text, prepared] of [
      ["", ""],
      ["Hello, World 1", "HELLO, WORLD 1"],
      // The example of RFC 5051 § 2.
      ["\u01c4", "Dz\u030c"],
      ["\u01c5\u01c6", "Dz\u030cDz\u030c"],
      ["\u01c7\u01c8\u01c9", "LjLjLj"],
      ["\u01ca\u01cb\u01cc", "NjNjNj"],
      ["\u01f1\u01f2\u01f3", "DzDzDz"],
      ["über", "U\u0308BER"],
      ["Ünïcode", "U\u0308NI\u0308CODE"],
      // Only the simple mapping counts, of which these have none.
      ["straße", "STRAßE"],
      ["\u0149", "\u02bcn"],
      ["\u1e9e", "\u1e9e"],
      // Compatibility decompositions are not made titlecase again.
      ["\ufb01", "fi"],
      ["\u2460", "1"],
      ["\u00bd", "1\u20442"],
      ["ﬆ", "st"],
      // What is capital in one step: dotless i, long s, micro sign, final sigma.
      ["\u0131\u017f\u00b5\u03c2", "IS\u039c\u03a3"],
      // Iota below.
      ["\u1f80", "\u0391\u0313\u0345"],
      ["\u1f88", "\u0391\u0313\u0345"],
      ["\u1f97", "\u0397\u0314\u0342\u0345"],
      ["\u1fa0", "\u03a9\u0313\u0345"],
      ["\u1fb3\u1fc3\u1ff3", "\u0391\u0345\u0397\u0345\u03a9\u0345"],
      ["\u1fb2", "\u03b1\u0300\u0345"],
      // Georgian letters have capitals, and are their own titlecase.
      ["\u10d0\u10fa\u10fd\u10ff", "\u10d0\u10fa\u10fd\u10ff"],
      ["\u10fc", "\u10dc"],
      ["привет", "ПРИВЕТ"],
      ["\ud801\udc28", "\ud801\udc00"],
      ["日本", "日本"],
      // Half of a pair is left alone.
      ["a\ud800b", "A\ud800B"],
    ] as const
  ) assertEquals(unicodeCasemap(text), prepared, text);
});

Deno.test("unicodeCasemap() prepares each code point by itself", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      (one, other) =>
        assertEquals(
          unicodeCasemap(one + other),
          unicodeCasemap(one) + unicodeCasemap(other),
        ),
    ),
  );
});

Deno.test("compareCodePoints() has the order of i;octet over UTF-8", () => {
  const unit = fc.oneof(
    fc.constantFrom("a", "b", "\ud7ff", "\ue000", "\uffff", "\u{10000}"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  );
  const text = fc.string({ unit, maxLength: 4 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      assertEquals(
        Math.sign(compareCodePoints(one, other)),
        Buffer.compare(Buffer.from(one), Buffer.from(other)),
      );
    }),
    { numRuns: 2_000 },
  );
  assert(compareCodePoints("\uffff", "\u{10000}") < 0);
});
