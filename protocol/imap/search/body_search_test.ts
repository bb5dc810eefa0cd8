import { assertEquals } from "@std/assert";
import { MIME_LIMITS } from "../../mime/limits.ts";
import { parseMessage } from "../../mime/parse.ts";
import { searchBody } from "./body_search.ts";
import { Pace } from "../../../storage/pace.ts";
import type { WantedString } from "./predicate.ts";
import { crlf } from "./testing.ts";
import { Needle } from "./text_match.ts";

const wanted = (text: string, inHeaders = false): WantedString => ({
  needle: new Needle(text),
  inHeaders,
});

/** What is found of some strings, resting at every chance. */
async function foundIn(
  source: string,
  strings: readonly WantedString[],
): Promise<number[]> {
  let time = 0;
  const pace = new Pace(() => time += 100);
  const bytes = crlf(source);
  const root = parseMessage(bytes);
  return [...await searchBody(bytes, root, strings, pace)];
}

Deno.test("searchBody() looks for all strings at once", async () => {
  const source = "Subject: one\n\ntwo\n";
  assertEquals(
    await foundIn(source, [
      wanted("one"),
      wanted("two"),
      wanted("one", true),
      wanted("two", true),
      wanted("three", true),
    ]),
    [0, 1, 1, 1, 0],
  );
});

Deno.test("searchBody() finds strings wherever they are in a long text", async () => {
  const filler = "lorem ipsum größe\n".repeat(9_000);
  const source = `A: b\n\n${filler}first${filler}second`;
  assertEquals(
    await foundIn(source, [
      wanted("first"),
      wanted("größe\nfirst".replace("\n", "\r\n")),
      wanted("second"),
      wanted("third"),
    ]),
    [1, 1, 1, 0],
  );
});

Deno.test("searchBody() goes through many parts and deep ones", async () => {
  const parts = Array.from(
    { length: 500 },
    (_, index) => `--b\nX-Part: p${index}.\n\ntext ${index}.\n`,
  ).join("");
  const wide = `Content-Type: multipart/mixed; boundary=b\n\n${parts}--b--\n`;
  const strings = [wanted("text 499."), wanted("p499."), wanted("p499.", true)];
  assertEquals(await foundIn(wide, strings), [1, 0, 1]);
  const deep = "Content-Type: message/rfc822\n\n".repeat(50) +
    "Subject: p499.\n\ntext 499.\n";
  assertEquals(await foundIn(deep, strings), [1, 0, 1]);
});

Deno.test("searchBody() finds nothing in no message", async () => {
  assertEquals(await foundIn("", [wanted("x"), wanted("x", true)]), [0, 0]);
});

Deno.test("a search looks at the beginning of a header", async () => {
  const most = MIME_LIMITS.maxEnvelopeBytes;
  const source = (filler: string) =>
    `A: first\n${filler.repeat(most / filler.length + 1)}B: last\n\nbody\n`;
  for (
    const filler of [`X: ${"y".repeat(4_000)}\n`, `X: ${"ÿ".repeat(4_000)}\n`]
  ) {
    assertEquals(
      await foundIn(source(filler), [
        wanted("first", true),
        wanted("last", true),
        wanted("body", true),
      ]),
      [1, 0, 1],
    );
  }
});
