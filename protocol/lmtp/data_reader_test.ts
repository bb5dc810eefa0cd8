import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DataReader } from "./data_reader.ts";
import { rounds } from "../../tests/shards/part.ts";

/** What is read of data in pieces: the message, one character a byte, and what is behind its end. */
function read(
  data: string,
  piece: number,
): { message: string; rest: string | undefined } {
  let message = "";
  const reader = new DataReader((bytes) => {
    message += String.fromCharCode(...bytes);
  });
  const bytes = Uint8Array.from(data, (char) => char.charCodeAt(0));
  let at = 0;
  while (at < bytes.length && !reader.ended) {
    at += reader.push(bytes.subarray(at, at + piece));
  }
  return { message, rest: reader.ended ? data.slice(at) : undefined };
}

const CASES: Record<string, { message: string; rest: string | undefined }> = {
  ".\r\n": { message: "", rest: "" },
  ".\r\nQUIT\r\n": { message: "", rest: "QUIT\r\n" },
  "a\r\n.\r\nb": { message: "a\r\n", rest: "b" },
  "..\r\n.\r\n": { message: ".\r\n", rest: "" },
  "...\r\n.\r\n": { message: "..\r\n", rest: "" },
  ".a\r\n.\r\n": { message: "a\r\n", rest: "" },
  "a\n.\n\r\n.\r\n": { message: "a\n.\n\r\n", rest: "" },
  "a\r.\r\r\n.\r\n": { message: "a\r.\r\r\n", rest: "" },
  ".\r\r\n.\r\n": { message: "\r\r\n", rest: "" },
  ".\r.\r\n.\r\n": { message: "\r.\r\n", rest: "" },
  "a\r\n.\n.\r\n": { message: "a\r\n\n.\r\n", rest: undefined },
  "a\r\n.\r": { message: "a\r\n", rest: undefined },
};

for (const [data, expected] of Object.entries(CASES)) {
  Deno.test(`DataReader reads ${JSON.stringify(data)}`, () => {
    for (const piece of [1, 2, 3, 100]) {
      assertEquals(read(data, piece), expected);
    }
  });
}

/** The same, said by a regular expression over all of the data. */
function model(data: string): ReturnType<typeof read> {
  const end = /(?:^|\r\n)\.\r\n/.exec(data);
  const message = end === null
    ? data
    : data.slice(0, end.index + end[0].length - 3);
  return {
    message: message.replace(/(^|\r\n)\./g, "$1"),
    rest: end === null ? undefined : data.slice(message.length + 3),
  };
}

Deno.test("DataReader reads what the grammar says, however it is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("\r", "\n", ".", "\r\n", "a"), {
        maxLength: 24,
      }),
      fc.integer({ min: 1, max: 8 }),
      (parts, piece) => {
        // An end in any case: without one, a dot and CR may be held back.
        const data = parts.join("") + "\r\n.\r\n";
        assertEquals(read(data, piece), model(data));
      },
    ),
    { numRuns: rounds(2_000) },
  );
});
