import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { rounds } from "../../../tests/shards/part.ts";
import { fold, foldHeader } from "./fold.ts";
import { mayContain, SignatureBuilder, triplesOf } from "./signature.ts";

Deno.test("a signature lets every string pass that is in one of its texts", () => {
  const texts = fc.array(fc.string({ unit: "binary", maxLength: 300 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(fc.property(
    texts,
    fc.nat(),
    fc.nat(),
    fc.constantFrom(32, 1_024, 8_192),
    (texts, from, length, size) => {
      const builder = new SignatureBuilder(size);
      texts.forEach((text) => builder.add(text));
      const signature = builder.take();
      const text = texts[from % texts.length]!;
      const start = from % (text.length + 1);
      const part = text.slice(start, start + length % 40);
      assert(mayContain(signature, triplesOf(part)), part);
    },
  ));
});

/** Texts in which what combines, expands or moves beside others is likely. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(
      ...["a", "Z", " ", "\r\n", "\t", "=", "?", "\0", "\x7f", "e\u0301"],
      ..."éßǆﬁ\u00a0Ж日한가ﷺᾳ\u0345\u0323\u0301\uff9e\u3099ｶ𝐚😀".split(""),
      "\u0316\u0301".repeat(20),
    ),
    maxLength: 40,
  }),
);

const wellFormed = text.map((text) => text.toWellFormed());

/** Fails where a signature does not let a string pass that is in a text. */
function assertSigned(builder: SignatureBuilder, folded: string): void {
  const signature = builder.take();
  for (let at = 0; at < folded.length; at++) {
    const part = folded.slice(at, at + 3);
    assert(mayContain(signature, triplesOf(part)), `${at}`);
  }
}

const encoder = new TextEncoder();

Deno.test("bytes of UTF-8 are signed as their text is, in slices or at once", () => {
  fc.assert(
    fc.property(
      fc.array(wellFormed, { minLength: 1, maxLength: 4 }),
      (texts) => {
        const slices = texts.map((text) => encoder.encode(text));
        const bytes = encoder.encode(texts.join(""));
        const builder = new SignatureBuilder(8_192);
        let start = 0;
        const taken = slices.map(({ length }) => {
          const isTaken = builder.addUtf8(bytes, start, start + length);
          start += length;
          return isTaken;
        });
        assertEquals(taken, texts.map((text) => !text.includes("\0")));
        if (taken.includes(false)) return;
        assertSigned(builder, fold(new TextDecoder().decode(bytes)));
      },
    ),
    { numRuns: rounds(5_000) },
  );
});

Deno.test("a header is signed as its fields are, up to what is not plain", () => {
  fc.assert(
    fc.property(text, (text) => {
      const bytes = encoder.encode(text);
      const builder = new SignatureBuilder(8_192);
      const end = builder.addPlainHeader(bytes, 0, bytes.length);
      // deno-lint-ignore no-control-regex
      const special = /[^\x01-\x7f]|(?<==)\?/.exec(text)?.index ?? text.length;
      assertEquals(end, special);
      assertSigned(builder, foldHeader(text.slice(0, end)));
    }),
    { numRuns: rounds(5_000) },
  );
});

Deno.test("a signature tells most texts from those that have a word", () => {
  const builder = new SignatureBuilder(8_192);
  const words = (seed: number) =>
    Array.from(
      { length: 1_000 },
      (_, n) => ((n + 1) * seed % 99_991).toString(36),
    )
      .join(" ");
  let passed = 0;
  for (let n = 1; n <= 200; n++) {
    builder.add(words(n * 7_919));
    if (mayContain(builder.take(), triplesOf("XYLOPHONE"))) passed++;
  }
  assertEquals(passed, 0);
});

Deno.test("a builder begins anew, and is as large as its text asks for", () => {
  const builder = new SignatureBuilder(8_192);
  builder.add("A SHORT ONE");
  assertEquals(builder.take().byteLength, 32);
  assert(!mayContain(builder.take(), triplesOf("SHORT")));
});
