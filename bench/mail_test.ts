import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { facts, message, messageOfSize } from "./mail.ts";
import {
  FREQUENT_TEXT_WORD,
  RARE_SUBJECT_WORD,
  RARE_TEXT_WORD,
} from "./words.ts";

const decoder = new TextDecoder();

Deno.test("The same number gives the same message", () => {
  for (const n of [0, 1, 2, 3, 4, 700]) {
    assertEquals(message(n), message(n));
  }
});

Deno.test("Messages have the sizes that were asked for", () => {
  for (let n = 0; n < 200; n++) {
    const { length } = message(n);
    assert(length > 3_000 && length < 21_500, `${n}: ${length}`);
  }
  const { length } = messageOfSize(3, 5_000_000);
  assert(Math.abs(length - 5_000_000) < 1_000, `${length}`);
});

Deno.test("Every line ends in CRLF and is short enough", () => {
  for (let n = 0; n < 50; n++) {
    const text = decoder.decode(message(n));
    assertEquals(text.replaceAll("\r\n", "").search(/[\r\n]/), -1);
    for (const line of text.split("\r\n")) assert(line.length < 998);
  }
});

Deno.test("The facts are true of the text and the header", () => {
  for (let n = 0; n < 1_100; n++) {
    const text = decoder.decode(message(n));
    const head = text.slice(0, text.indexOf("\r\n\r\n"));
    const known = facts(n);
    assertStringIncludes(head, `<${known.from}>`);
    assertEquals(head.includes(RARE_SUBJECT_WORD), known.rareSubject);
    assertEquals(text.includes(RARE_TEXT_WORD), known.rareText);
    assertEquals(text.includes(FREQUENT_TEXT_WORD), known.frequentText);
  }
});
