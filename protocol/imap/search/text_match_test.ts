import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { rounds } from "../../../tests/shards/part.ts";
import { fold, foldHeader } from "./fold.ts";
import { foldedPieces, Needle } from "./text_match.ts";

Deno.test("fold() makes equal what differs in case, composition or width", () => {
  const classes = [
    ["Straße", "STRASSE", "straße", "Strasse"],
    ["é", "É", "e\u0301", "E\u0301"],
    ["ΟΔΟΣ", "οδος", "οδοσ"],
    ["Ａｂ１", "ab1"],
    ["ﬁn", "FIN"],
    ["ｶﾞ", "ガ"],
    ["ǆ", "Ǆ", "ǅ"],
    ["\u212a", "k"],
    ["a\u00a0b", "A B"],
    ["𝐚", "A"],
  ];
  for (const [first, ...others] of classes) {
    for (const other of others) assertEquals(fold(other), fold(first!), other);
  }
  assert(fold("résumé") !== fold("resume"));
  assert(fold("a") !== fold("b"));
});

Deno.test("fold() gives beside a character of ASCII what it gives without", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      fc.constantFrom(
        ...["\u0323", "\u0301", "\uff9e", "\u0345", "σ", "İ", "ŉ"],
        ...["\u0301".repeat(30), "\u0301".repeat(31), "\ud835", "\udc1a"],
      ),
    ),
    maxLength: 20,
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assertEquals(fold(`${a}x${b}`), `${fold(a)}X${fold(b)}`);
    }),
    { numRuns: rounds(5_000) },
  );
});

Deno.test("Needle finds a base letter with and without its accent", () => {
  assert(new Needle("Andre").inText(fold("André")));
  assertFalse(new Needle("André").inText(fold("Andre")));
});

Deno.test("fold() takes runs of combining marks that never end", () => {
  for (const run of ["\u0323\u0301\u0316\u0302", "\uff9e\u0323\uff9f"]) {
    const marks = run.repeat(100_000);
    assertEquals(fold(`e${marks}`), fold(`E${marks}`));
    assert(new Needle("x").inText(fold(`e${marks}x`)));
  }
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
