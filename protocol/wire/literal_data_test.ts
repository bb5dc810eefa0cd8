import { assertEquals } from "@std/assert";
import { giveBack, LiteralData } from "./literal_data.ts";

const LARGE = 1_048_576;

/** Reads a literal all of whose bytes are the same, in its place. */
function read(size: number, byte: number): Uint8Array {
  const literal = new LiteralData(size, true);
  while (literal.missing > 0) {
    const room = literal.room()!.subarray(0, Math.min(50_000, literal.missing));
    literal.feed(room.fill(byte));
  }
  return literal.bytes;
}

function isAll(bytes: Uint8Array, byte: number): boolean {
  return bytes.every((other) => other === byte);
}

Deno.test("the memory of a large literal is used again, and whoever still looks finds nothing", () => {
  const first = read(LARGE, 1);
  const { byteLength } = first.buffer;
  giveBack(first);
  assertEquals([first.length, first.buffer.byteLength], [0, 0]);
  const second = read(LARGE - 100, 2);
  assertEquals(second.buffer.byteLength, byteLength);
  assertEquals([second.length, isAll(second, 2)], [LARGE - 100, true]);
  const third = read(LARGE - 100, 3);
  assertEquals(third.buffer === second.buffer, false);
  assertEquals([isAll(second, 2), isAll(third, 3)], [true, true]);
  giveBack(second);
  giveBack(second);
  assertEquals(isAll(third, 3), true);
});

Deno.test("memory that is much too large is left to others", () => {
  giveBack(read(4 * LARGE, 1));
  const { buffer } = read(LARGE, 2);
  assertEquals(buffer.byteLength < 2 * LARGE, true);
});

Deno.test("what is not a large literal's own is not taken", () => {
  const small = read(100_000, 1);
  giveBack(small);
  assertEquals(isAll(small.subarray(0, 100_000), 1), true);
  assertEquals(small.length, 100_000);
  const other = new Uint8Array(LARGE).fill(1);
  giveBack(other.subarray(0, 300_000));
  assertEquals(other.length, LARGE);
});

Deno.test("nothing is set aside for what has not come", () => {
  giveBack(read(50 * LARGE, 1));
  const literal = new LiteralData(50 * LARGE, true);
  assertEquals(literal.room()!.buffer.byteLength < 100_000, true);
});
