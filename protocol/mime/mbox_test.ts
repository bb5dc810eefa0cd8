import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { latin1 } from "./bytes.ts";
import {
  fromLineDate,
  type MboxMessage,
  type MboxOptions,
  readMbox,
} from "./mbox.ts";
import { rounds } from "../../tests/shards/part.ts";

async function* chunks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function messages(
  text: string,
  options?: MboxOptions,
  size = 7,
): Promise<MboxMessage[]> {
  return await Array.fromAsync(readMbox(chunks(text, size), options));
}

async function sources(text: string, options?: MboxOptions): Promise<string[]> {
  return (await messages(text, options)).map(({ source }) => latin1(source));
}

const FROM = "From a@b Tue Jul 23 19:39:23 2002";

Deno.test("messages, their offsets and their From lines", async () => {
  for (const end of ["\n", "\r\n"]) {
    const first = [FROM, "A: 1", "", "one", "", ""].join(end);
    const second = [`${FROM} +0200`, "B: 2", "", "two", ""].join(end);
    const [one, two, ...more] = await messages(first + second);
    assertEquals(more, []);
    assertEquals(latin1(one!.source), ["A: 1", "", "one", ""].join(end));
    assertEquals([one!.offset, one!.end], [0, first.length]);
    assertEquals([one!.fromLine, two!.fromLine], [FROM, `${FROM} +0200`]);
    assertEquals(latin1(two!.source), ["B: 2", "", "two", ""].join(end));
    assertEquals(two!.end, first.length + second.length);
    const [again] = await messages(second, { offset: one!.end });
    assertEquals(again, two);
  }
});

Deno.test("a From line comes after an empty line and has a date", async () => {
  const body = [
    "From here on",
    FROM,
    "",
    "From the start",
    "",
    "From me on Tue we go",
    "",
    `>${FROM}`,
    "",
    `${FROM} it was`,
    "",
  ].join("\n");
  assertEquals(await sources(`${FROM}\n\n${body}\n${FROM}\n\nx`), [
    `\n${body}`,
    "\nx",
  ]);
});

Deno.test("nothing, and what is no mbox", async () => {
  assertEquals(await sources(""), []);
  assertEquals(await sources("hello\n\nworld\n"), []);
  assertEquals(await sources(`\n\n${FROM}\nA: 1\n`), ["A: 1\n"]);
  assertEquals(await sources(`preamble\n\n${FROM}\nA: 1\n`), ["A: 1\n"]);
  assertEquals(await sources(FROM), [""]);
});

Deno.test("From lines without a date, in files that have no other", async () => {
  assertEquals(
    await sources("From - \nA: 1\n\none\nFrom - \nB: 2\n\ntwo\n\nFrom x\ny\n"),
    ["A: 1\n\none\n", "B: 2\n\ntwo\n\nFrom x\ny\n"],
  );
  assertEquals(await sources(`${FROM}\nA: 1\n\nFrom -\nB: 2\n`), [
    "A: 1\n\nFrom -\nB: 2\n",
  ]);
});

Deno.test("quoted From lines", async () => {
  const text = `${FROM}\n\n>From a\n>>From b\n> From c\n>Fro`;
  assertEquals(await sources(text), ["\n>From a\n>>From b\n> From c\n>Fro"]);
  assertEquals(await sources(text, { unquote: "mboxo" }), [
    "\nFrom a\n>>From b\n> From c\n>Fro",
  ]);
  assertEquals(await sources(text, { unquote: "mboxrd" }), [
    "\nFrom a\n>From b\n> From c\n>Fro",
  ]);
});

Deno.test("messages that are too large are told of without their bytes", async () => {
  const text = `${FROM}\n\n${"x".repeat(5_000)}\n\n${FROM}\n\n${
    "y\n".repeat(3_000)
  }\n${FROM}\n\nz`;
  const read = await messages(text, { maxMessageSize: 1_000 }, 100);
  assertEquals(
    read.map(({ oversized, source }) => [oversized, latin1(source)]),
    [[true, ""], [true, ""], [false, "\nz"]],
  );
  assertEquals(read[2]!.end, text.length);
  const fits = await messages(text, { maxMessageSize: 6_001 }, 100);
  assertEquals(fits.map(({ oversized }) => oversized), [false, false, false]);
});

Deno.test("dates of From lines", () => {
  const expected = Date.UTC(2002, 6, 23, 19, 39, 23);
  for (
    const line of [
      FROM,
      "From a@b  Tue Jul 23 19:39:23 2002",
      "From Tue Jul 23 19:39:23 2002",
      "From A B <a@b> Tue Jul 23 19:39:23 2002",
      "From a@b Tue Jul 23 21:39:23 +0200 2002",
      "From a@b Tue, 23 Jul 2002 19:39:23 +0000",
      "From a@b Tue Jul 23 19:39:23 GMT 2002 remote from x",
    ]
  ) assertEquals(fromLineDate(line), expected, line);
  for (
    const line of ["From -", "From a@b", "From a Tue Jul 33 1:1 2002", "x"]
  ) {
    assertEquals(fromLineDate(line), undefined);
  }
});

Deno.test("how the stream is cut makes no difference", async () => {
  const line = fc.constantFrom(
    FROM,
    "",
    "",
    "From -",
    "A: b",
    "text",
    ">From x",
  );
  const end = fc.constantFrom("\n", "\r\n");
  const file = fc.array(fc.tuple(line, end), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(
      file,
      fc.integer({ min: 1, max: 60 }),
      async (lines, size) => {
        const text = lines.map((each) => each.join("")).join("");
        const whole = await messages(text, {}, 1_000_000);
        assertEquals(await messages(text, {}, size), whole);
        whole.forEach((message, index) => {
          const next = whole[index + 1]?.offset ?? text.length;
          assertEquals(message.end, next);
          assert(message.offset + message.fromLine.length < message.end + 1);
        });
      },
    ),
    { numRuns: rounds(300) },
  );
});

Deno.test("one line without end, in small pieces", async () => {
  const read = await messages(`${FROM}\n\n${"x".repeat(1_000_000)}`, {}, 500);
  assertEquals(read[0]!.source.length, 1_000_001);
});
