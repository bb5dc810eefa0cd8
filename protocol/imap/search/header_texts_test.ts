import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decodeWords } from "../../mime/encoded_word.ts";
import { FieldNames, fields, fieldValue } from "../../mime/header.ts";
import { headerLines, HeaderTexts, plainText } from "./header_texts.ts";
import { foldHeader } from "./fold.ts";
import { Needle } from "./text_match.ts";
import { rounds } from "../../../tests/shards/part.ts";

const encoder = new TextEncoder();

/** Headers in which every way of being folded, encoded or broken is likely. */
const header = fc.array(
  fc.constantFrom(
    ...["A: ", "b:", "a :", "\r\n", "\r\n ", "\n\t", "\r", "\n", " ", "  "],
    ...["x", "Yz", "é", "\0", "=?utf-8?q?x_Y?=", "=?utf-8?b?w6k=?=", "=?"],
  ),
  { maxLength: 20 },
).map((pieces) => encoder.encode(pieces.join("")));

const needle = fc.array(
  fc.constantFrom("x", "Y", "yz", "É", " ", "\t", "\ufffd", "="),
  { maxLength: 4 },
).map((pieces) => pieces.join(""));

Deno.test("HeaderTexts finds in plain headers what decoding them would", () => {
  fc.assert(
    fc.property(header, needle, (bytes, text) => {
      const texts = new HeaderTexts(bytes, new FieldNames(["a", "b"]));
      for (const name of ["a", "b"]) {
        const decoded = [...fields(bytes, 0, bytes.length)]
          .filter((field) => field.name === name)
          .map((field) => decodeWords(fieldValue(bytes, field)));
        assertEquals(
          texts.contains(name, new Needle(text)),
          decoded.some((value) => foldHeader(value).includes(foldHeader(text))),
        );
      }
    }),
    { numRuns: rounds(3_000), seed: 1 },
  );
});

Deno.test("plainText() lacks no word that a line of the header has", () => {
  fc.assert(
    fc.property(header, needle, (bytes, text) => {
      const wanted = new Needle(text);
      const plain = plainText(bytes, 0, bytes.length);
      if (plain === undefined || wanted.mayBeIn(plain)) return;
      const lines = [...headerLines(bytes, 0, bytes.length)];
      assertEquals(lines.filter((line) => wanted.inHeader(line)), []);
    }),
    { numRuns: rounds(3_000), seed: 1 },
  );
});

Deno.test("HeaderTexts looks no further than the empty line", () => {
  const bytes = encoder.encode("A: x\r\n\r\nA: y\r\n\xe9\r\n");
  const texts = new HeaderTexts(bytes, new FieldNames(["a"]));
  assertEquals(texts.contains("a", new Needle("x")), true);
  assertEquals(texts.contains("a", new Needle("y")), false);
  assertEquals(texts.value("a"), "x");
  assertEquals(texts.value("b"), undefined);
});

Deno.test("headerLines() has each field with its name, decoded", () => {
  const bytes = encoder.encode(
    "Subject: =?utf-8?q?=C3=A9?=\r\n  x\r\nno name\r\nTo:y\r\n\r\nbody",
  );
  assertEquals([...headerLines(bytes, 0, bytes.length)], [
    "SUBJECT: E\u0301 X",
    "NO NAME",
    "TO:Y",
  ]);
});
