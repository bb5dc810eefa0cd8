import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { fold, foldHeader } from "./fold.ts";
import { foldedPieces, Needle } from "./text_match.ts";

Deno.test("Needle finds a base letter with and without its accent", () => {
  assert(new Needle("Andre").inText(fold("André")));
  assertFalse(new Needle("André").inText(fold("Andre")));
});

Deno.test("foldHeader() runs white space together", () => {
  assertEquals(foldHeader("a \t b\r\n c\u00a0 d"), "A B C D");
  const needle = new Needle("B  c");
  assert(needle.inHeader(foldHeader("a b\r\n\tc")));
  assertFalse(needle.inText(fold("a b c")));
});

Deno.test("Needle.mayBeIn() never says no wrongly", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "B", " ", "\t"),
    maxLength: 12,
  });
  fc.assert(
    fc.property(text, text, (hay, needle) => {
      const wanted = new Needle(needle);
      if (wanted.inHeader(foldHeader(hay))) assert(wanted.mayBeIn(fold(hay)));
    }),
    { seed: 1 },
  );
  assertFalse(new Needle("a longest b").mayBeIn("A LONG B"));
});

Deno.test("Needle finds long and periodic strings as includes() does", () => {
  const unit = fc.constantFrom("a", "b");
  fc.assert(
    fc.property(
      fc.string({ unit, minLength: 129, maxLength: 140 }),
      fc.string({ unit, maxLength: 60 }),
      fc.nat(140),
      fc.boolean(),
      (needle, more, cut, flip) => {
        const last = needle.endsWith("a") ? "b" : "a";
        const text = more + needle.slice(0, cut) +
          (flip ? needle.slice(0, -1) + last : needle) + more;
        assertEquals(
          new Needle(needle).inText(fold(text)),
          fold(text).includes(fold(needle)),
        );
      },
    ),
    { seed: 1 },
  );
});

Deno.test("foldedPieces() has every string of the length in one of its pieces", () => {
  const filler = ["x", "é ", "日本 ", "e\u0301\u0323 ", "𝐚"];
  for (const fill of filler) {
    for (const shift of [0, 1]) {
      const before = " ".repeat(shift) + fill.repeat(70_000);
      const wanted = "n\u00c9\u0323𝐛dle";
      const needle = new Needle(wanted);
      for (const back of [0, 1, 2, 3, 6, 13]) {
        const cut = 65_536 - back;
        const text = before.slice(0, cut).replace(/[\ud800-\udbff]$/, "") +
          ` ${wanted} ` + before;
        const pieces = [...foldedPieces(text, needle.length)];
        assert(pieces.length > 1);
        assert(pieces.some((piece) => needle.inText(piece)), `${fill} ${back}`);
      }
    }
  }
  assertEquals([...foldedPieces("short", 3)], ["SHORT"]);
  assertEquals([...foldedPieces("", 3)], [""]);
});
