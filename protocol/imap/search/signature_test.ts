import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
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
      const signature = builder.take()!;
      const text = texts[from % texts.length]!;
      const start = from % (text.length + 1);
      const part = text.slice(start, start + length % 40);
      assert(mayContain(signature, triplesOf(part)), part);
    },
  ));
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
    if (mayContain(builder.take()!, triplesOf("XYLOPHONE"))) passed++;
  }
  assertEquals(passed, 0);
});

Deno.test("a builder begins anew, and is as large as its text asks for", () => {
  const builder = new SignatureBuilder(8_192);
  builder.add("A SHORT ONE");
  assertEquals(builder.take()!.length, 32);
  assert(!mayContain(builder.take()!, triplesOf("SHORT")));
  builder.add("A TEXT");
  builder.spoil();
  assertEquals(builder.take(), undefined);
  assertEquals(builder.take()!.length, 32);
});
