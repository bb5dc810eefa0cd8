import { assertEquals } from "@std/assert";
import fc from "fast-check";
// @ts-types="../../deps/libmime.d.ts"
import libmime from "libmime";
import { rounds } from "../../tests/shards/part.ts";
import { decodeWords, fileName, parameterText } from "./encoded_word.ts";

Deno.test("encoded words", () => {
  for (
    const [words, text] of [
      ["plain", "plain"],
      ["=?utf-8?q?a_b=C3=A9?=", "a bé"],
      ["=?ISO-8859-1?B?6Q==?= x", "é x"],
      ["=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト"],
      ["=?us-ascii*en?q?a?=", "a"],
      // RFC 2047 § 6.2: white space between two encoded words is not part of the text.
      ["=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c"],
      // A character split across two of them.
      ["=?UTF-8?B?w?= =?UTF-8?B?6Q=?=", "ä"],
      ["=?UTF-8?Q?=C3?=  =?UTF-8?Q?=A4?=", "ä"],
      ["=?", "=?"],
      ["=?a?=", "=?a?="],
    ] as const
  ) assertEquals(decodeWords(words), text);
});

Deno.test("anything decodes to something, in linear time", () => {
  const piece = fc.constantFrom(
    "=?",
    "?=",
    "?",
    "utf-8",
    "q",
    "B",
    "=",
    "AA",
    " ",
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    assertEquals(typeof decodeWords(pieces.join("")), "string");
  }));
  for (const unit of ["=?utf-8?q?", "=?utf-8?q?a?= ", "=?", "=?a?b?"]) {
    decodeWords(unit.repeat(50_000));
  }
});

Deno.test("parameters and file names", () => {
  const parameters = [
    ["Name", "=?utf-8?q?a=C3=A9?="],
    ["filename", "plain"],
    ["filename*", "utf-8''%C3%A9"],
    ["bad*", "x"],
    ["bad", "plain"],
  ] as const;
  assertEquals(parameterText(parameters, "name"), "aé");
  assertEquals(parameterText(parameters, "FILENAME"), "é");
  assertEquals(parameterText(parameters, "bad"), "plain");
  assertEquals(parameterText(parameters, "none"), undefined);
  assertEquals(fileName({ parameters, disposition: null }), "aé");
  assertEquals(fileName({ parameters, disposition: { parameters } }), "é");
  assertEquals(fileName({ parameters: [], disposition: null }), undefined);
});

Deno.test("a single word in UTF-8 is decoded as words of any kind are", () => {
  const text = fc.array(
    fc.constantFrom(
      ...["a", " ", "_", "%", "=", "?", "=?", "?=", "=?utf-8?q?", "=?UTF-8?B?"],
      ...["=C3=A9", "=c3", "=E9", "=0", "w6k=", "w6k", "77u/", "é", "\n", "~"],
    ),
    { maxLength: 8 },
  ).map((pieces) => pieces.join(""));
  const word = fc.tuple(fc.constantFrom("Q?", "b?"), text)
    .map(([encoding, text]) => `=?utf-8?${encoding}${text}?=`);
  fc.assert(
    fc.property(text, word, text, (before, word, behind) => {
      for (const one of [word, before + word + behind]) {
        assertEquals(decodeWords(one), libmime.decodeWords(one));
      }
    }),
    { numRuns: rounds(5_000) },
  );
});
