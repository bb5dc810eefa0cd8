import { assertEquals } from "@std/assert";
import { ForwardSearch, lineEnd, unfoldedLine } from "./bytes.ts";

/** Byte by byte. */
function lineEndPlain(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== 10) at++;
  return at;
}

function unfoldedLinePlain(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const next = lineEndPlain(bytes, at, bytes.length) + 1;
    if (next < bytes.length && bytes[next] !== 32 && bytes[next] !== 9) {
      return next;
    }
    at = next;
  }
  return bytes.length;
}

Deno.test("lines of all lengths end where they end byte by byte", () => {
  // Around what is looked at in another way: 80, 64 KiB behind that, half a MiB behind that.
  const near = 80;
  const far = near + 65_536;
  const farther = far + 524_288;
  const bytes = new Uint8Array(farther + 1_000).fill(13);
  for (const edge of [0, near, far, farther]) {
    for (let place = Math.max(0, edge - 2); place < edge + 3; place++) {
      for (const from of [0, 1]) {
        const ends = [place, place + 1, place + 2, bytes.length];
        for (const end of ends.filter((end) => end >= from)) {
          bytes[place] = 10;
          const found = lineEnd(bytes, from, end);
          assertEquals(found, place >= from && place < end ? place : end);
          bytes[place] = 13;
        }
      }
    }
  }
});

Deno.test("lines of few kinds of bytes end, and are folded, as byte by byte", () => {
  for (let round = 0; round < 300; round++) {
    const filler = round % 3 === 0 ? 60 : 4;
    const bytes = Uint8Array.from({ length: 1 + round }, () => {
      const kind = Math.floor(Math.random() * filler);
      return [10, 13, 32, 9][kind] ?? 120;
    });
    for (let from = 0; from <= bytes.length; from += 7) {
      for (const end of [bytes.length, (from + bytes.length) >> 1]) {
        assertEquals(
          lineEnd(bytes, from, end),
          lineEndPlain(bytes, from, end),
        );
      }
      assertEquals(unfoldedLine(bytes, from), unfoldedLinePlain(bytes, from));
    }
  }
});

Deno.test("a forward search finds what a search from there finds", () => {
  const text =
    ["", "x", "--", "\n--"].map((end) =>
      `${"\n--".repeat(3)}${"-\n".repeat(32_765)}${end}`
    ).join("\n\n-").repeat(2) + "\n-";
  const bytes = new TextEncoder().encode(text);
  const search = new ForwardSearch(bytes, "\n--");
  for (let at = 0; at < bytes.length;) {
    const found = search.next(at);
    const expected = text.indexOf("\n--", at);
    assertEquals(found, expected < 0 ? bytes.length : expected);
    assertEquals(search.next(at), found);
    at = found + 1;
  }
  assertEquals(search.next(bytes.length), bytes.length);
});
