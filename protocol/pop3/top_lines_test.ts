import { assertEquals } from "@std/assert";
import { latin1Text, utf8Bytes } from "../wire/text.ts";
import { TopLines } from "./top_lines.ts";

function top(lines: number, ...pieces: string[]): string {
  const filter = new TopLines(lines);
  return pieces.map((piece) => latin1Text(filter.take(utf8Bytes(piece))))
    .join("");
}

const CASES: [string, number, string][] = [
  ["A: b\r\n\r\none\r\ntwo\r\n", 0, "A: b\r\n\r\n"],
  ["A: b\r\n\r\none\r\ntwo\r\n", 1, "A: b\r\n\r\none\r\n"],
  ["A: b\r\n\r\none\r\ntwo\r\n", 2, "A: b\r\n\r\none\r\ntwo\r\n"],
  ["A: b\r\n\r\none\r\ntwo", 2, "A: b\r\n\r\none\r\ntwo"],
  ["A: b\r\n\r\none\r\n", 9, "A: b\r\n\r\none\r\n"],
  ["A: b\r\n\r\n\r\n\r\nx\r\n", 2, "A: b\r\n\r\n\r\n\r\n"],
  ["A: b\n\none\ntwo\n", 1, "A: b\n\none\n"],
  ["A: b\r\nC: d\r\n", 0, "A: b\r\nC: d\r\n"],
  ["\r\none\r\ntwo\r\n", 1, "\r\none\r\n"],
  ["\none\ntwo\n", 0, "\n"],
  ["A: b\r\n\rx\r\n\r\none\r\n", 0, "A: b\r\n\rx\r\n\r\n"],
  ["A: b\r\nx\r\n\r\none\r\n", 0, "A: b\r\nx\r\n\r\n"],
  ["", 3, ""],
];

for (const [source, lines, expected] of CASES) {
  Deno.test(`${lines} lines of ${JSON.stringify(source)}`, () => {
    assertEquals(top(lines, source), expected);
    assertEquals(top(lines, ...source), expected);
    for (let at = 0; at < source.length; at++) {
      const cut = top(lines, source.slice(0, at), source.slice(at));
      assertEquals(cut, expected);
    }
  });
}
