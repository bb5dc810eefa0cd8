import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { lineEndGrowth } from "./line_end_growth.ts";
import { Encoder } from "../wire/encoder.ts";
import { latin1Text } from "../wire/text.ts";
import { LineWriter } from "./line_writer.ts";

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function written(...pieces: string[]): string {
  const out = new Encoder();
  const writer = new LineWriter(out);
  for (const piece of pieces) writer.write(bytesOf(piece));
  writer.end();
  return latin1Text(out.take());
}

const CASES: [string, string][] = [
  ["", ".\r\n"],
  ["a\r\n", "a\r\n.\r\n"],
  ["a", "a\r\n.\r\n"],
  ["a\n", "a\r\n.\r\n"],
  ["a\r", "a\r\n.\r\n"],
  [".", "..\r\n.\r\n"],
  [".\r\n", "..\r\n.\r\n"],
  ["..\r\n", "...\r\n.\r\n"],
  ["a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"],
  ["a\r.\rb\r\n", "a\r.\rb\r\n.\r\n"],
  ["\n\n", "\r\n\r\n.\r\n"],
  ["a\r\n.b\r\nc.\r\n", "a\r\n..b\r\nc.\r\n.\r\n"],
];

for (const [source, wire] of CASES) {
  Deno.test(`${JSON.stringify(source)} goes as ${JSON.stringify(wire)}`, () => {
    assertEquals(written(source), wire);
    assertEquals(written(...source), wire);
  });
}

/** What a client makes of a multi-line response that it reads line by line; undefined when it is none. */
function heard(wire: string): string | undefined {
  if (!wire.endsWith("\r\n")) return undefined;
  const lines = wire.slice(0, -2).split("\n").map((line, index, all) => {
    const last = index === all.length - 1;
    return last ? line : line.endsWith("\r") ? line.slice(0, -1) : undefined;
  });
  if (lines.pop() !== "." || lines.includes(".")) return undefined;
  if (lines.includes(undefined)) return undefined;
  return lines.map((line) => line!.replace(/^\./, "") + "\r\n").join("");
}

Deno.test("whatever a message is and however it is cut, lines come out whole", () => {
  const text = fc.array(fc.constantFrom(".", "\r", "\n", "\r\n", "a"))
    .map((parts) => parts.join(""));
  fc.assert(fc.property(text, fc.nat(8), (source, size) => {
    const wire = written(source);
    const pieces = source.match(new RegExp(`[^]{1,${size + 1}}`, "g")) ?? [];
    assertEquals(written(...pieces), wire);
    const lines = source === "" || /\n$/.test(source)
      ? source
      : source.endsWith("\r")
      ? source + "\n"
      : source + "\r\n";
    const expected = lines.replace(/\r?\n/g, "\r\n");
    assertEquals(heard(wire), expected);
    const growth = lineEndGrowth(bytesOf(source));
    assertEquals(source.length + growth, expected.length);
  }));
});
