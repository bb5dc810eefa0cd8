import { assertEquals } from "@std/assert";
import { bytesOf } from "./responses/bytes.ts";
import { type WirePieces, WireScanner } from "./wire_scanner.ts";

/** What a scanner tells of text that comes in pieces of a size. */
function scan(
  text: string,
  size: number,
  stopAt?: number,
): { lines: string[]; begun: number; taken: number; stopped: boolean } {
  const lines: string[] = [];
  let begun = 0;
  const scanner = new WireScanner({
    begun: () => begun++,
    ended: (pieces) => lines.push(shown(pieces)),
    stopIn: () => stopAt,
  });
  let taken = 0;
  for (let at = 0; at < text.length && !scanner.stopped; at += size) {
    taken += scanner.push(bytesOf(text.slice(at, at + size)));
  }
  return { lines, begun, taken, stopped: scanner.stopped };
}

function shown(pieces: WirePieces): string {
  return pieces.map((piece) =>
    typeof piece === "string"
      ? piece
      : `<${piece.binary ? "~" : ""}${piece.nonSync ? "+" : ""}${piece.data}>`
  ).join("|");
}

const TEXT = "a LOGIN {5}\r\nal{9} {2+}\r\nxy\r\nb NOOP\r\n" +
  "c APPEND x ~{4}\r\n\r\n\0\xff\r\nd X {0}\r\n\r\ne\n{3}x\r\n* rest";
const LINES = [
  "a LOGIN |<al{9}>| |<+xy>|",
  "b NOOP",
  "c APPEND x |<~\r\n\0\xff>|",
  "d X |<>|",
  "e",
  "{3}x",
];

Deno.test("lines and literals, however they are cut", () => {
  for (let size = 1; size <= TEXT.length; size++) {
    const { taken, ...told } = scan(TEXT, size);
    assertEquals(told, { lines: LINES, begun: 6, stopped: false });
    assertEquals(taken, TEXT.length);
  }
});

Deno.test("a scanner stops in a literal, however it is cut", () => {
  const text = "a X {5}\r\nhello\r\nb Y\r\n";
  for (const stopAt of [0, 1, 4, 5]) {
    for (let size = 1; size <= text.length; size++) {
      const told = scan(text, size, stopAt);
      const taken = 9 + stopAt;
      assertEquals(told, { lines: [], begun: 1, taken, stopped: true });
    }
  }
  const past = scan(text, 3, 6);
  assertEquals(past.lines, ["a X |<hello>|", "b Y"]);
});

Deno.test("a literal that was refused does not come", () => {
  const lines: string[] = [];
  const scanner = new WireScanner({
    begun: () => {},
    ended: (pieces) => lines.push(shown(pieces)),
    stopIn: () => undefined,
  });
  scanner.push(bytesOf("a X {5}\r\n"));
  scanner.abandon();
  scanner.push(bytesOf("b Y\r\n"));
  scanner.abandon();
  assertEquals(lines, ["a X |<>", "b Y"]);
});
