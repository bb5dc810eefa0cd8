import { assert, assertEquals, assertThrows } from "@std/assert";
import { CommandReader, type ReaderEvent } from "./command_reader.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

function readerOf(input: string, lineLength = 1_000): CommandReader {
  const reader = new CommandReader({ lineLength });
  reader.push(bytes(input));
  return reader;
}

/** Everything that a reader finds, as strings; literals are accepted or refused by a rule. */
function read(
  reader: CommandReader,
  decide: (index: number) => boolean = () => true,
): string[] {
  const found: string[] = [];
  for (let event = reader.next(); event; event = reader.next()) {
    found.push(describe(event));
    if (event.type === "literal") {
      if (decide(event.header.index)) reader.accept();
      else reader.refuse();
    }
  }
  return found;
}

function describe(event: ReaderEvent): string {
  if (event.type === "overflow") return `overflow ${event.reason}`;
  if (event.type === "literal") {
    const { size, nonSync, binary, index } = event.header;
    const kind = `${binary ? "~" : ""}${size}${nonSync ? "+" : ""}`;
    return `literal ${index} ${kind} of ${decoder.decode(event.text)}`;
  }
  const literals = event.frame.literals.map((data) => decoder.decode(data));
  return [decoder.decode(event.frame.text), ...literals].join("|");
}

Deno.test("CommandReader splits lines at CRLF and at a bare LF", () => {
  const reader = readerOf("a NOOP\r\nb NOOP\n\r\nc \rx\r\r\nd NO");
  assertEquals(read(reader), ["a NOOP", "b NOOP", "", "c \rx\r"]);
  assertEquals(reader.buffered, 4);
  reader.push(bytes("OP\r\n"));
  assertEquals(read(reader), ["d NOOP"]);
  assertEquals(reader.buffered, 0);
});

Deno.test("CommandReader stands still at a synchronizing literal", () => {
  const reader = readerOf("a LOGIN {5}\r\n");
  const event = reader.next();
  assert(event?.type === "literal");
  assertEquals(event.header, {
    size: 5,
    nonSync: false,
    binary: false,
    index: 0,
  });
  assertEquals(decoder.decode(event.text), "a LOGIN {5}\r\n");
  assertEquals(reader.next(), event);
  reader.accept();
  assertEquals(reader.expected, 5);
  assertEquals(reader.next(), undefined);
  reader.push(bytes("ali"));
  assertEquals(reader.expected, 2);
  assertEquals(reader.buffered, 0);
  reader.push(bytes("ce {0}\r\n"));
  assertEquals(read(reader), ["literal 1 0 of a LOGIN {5}\r\n {0}\r\n"]);
  reader.push(bytes("\r\nb NOOP\r\n"));
  assertEquals(read(reader), ["a LOGIN {5}\r\n {0}\r\n|alice|", "b NOOP"]);
});

Deno.test("CommandReader joins the lines of a command with non-synchronizing literals (RFC 7888 § 3)", () => {
  const reader = readerOf(
    "A001 LOGIN {11+}\r\nFRED FOOBAR {7+}\r\nfat man\r\nb NOOP\r\n",
  );
  assertEquals(read(reader), [
    "literal 0 11+ of A001 LOGIN {11+}\r\n",
    "literal 1 7+ of A001 LOGIN {11+}\r\n {7+}\r\n",
    "A001 LOGIN {11+}\r\n {7+}\r\n|FRED FOOBAR|fat man",
    "b NOOP",
  ]);
});

Deno.test("CommandReader knows literal8, CRLF inside of literals and headers before a bare LF", () => {
  const reader = readerOf("a APPEND x ~{4+}\n\r\n\0\n\r\nb X ~{2}\r\n\r\n\r\n");
  assertEquals(read(reader), [
    "literal 0 ~4+ of a APPEND x ~{4+}\r\n",
    "a APPEND x ~{4+}\r\n|\r\n\0\n",
    "literal 0 ~2 of b X ~{2}\r\n",
    "b X ~{2}\r\n|\r\n",
  ]);
});

Deno.test("CommandReader takes no header from the middle of a line or from a quoted string", () => {
  for (
    const line of [
      "a X {5} y",
      'a X "{5}"',
      'a X "y {5}',
      'a X "\\" {5}',
      'a X \\"y {5}',
      'a X {1"+}',
      'a X "\\\\\\" {5}',
      "a X {5}\r",
      "a X 5}",
      "a X {}",
      "a X {+}",
      "a X {-1}",
      "a X {1 }",
      "a X { 1}",
      "a X {01}",
      "a X {00}",
      "a X {5-}",
      "a X {x}",
      "a X {x+}",
      "a X {9007199254740992}",
      "a X {18446744073709551617}",
      "}",
      "+}",
    ]
  ) {
    assertEquals(read(readerOf(`${line}\r\nb NOOP\r\n`)), [line, "b NOOP"]);
  }
});

Deno.test("CommandReader knows a header after quoted strings that end", () => {
  for (const before of ['"{3}"', '"\\""', '"\\\\"', "x~", "(", '"" ""']) {
    const reader = readerOf(`a ${before} {1}\r\n`);
    assertEquals(read(reader), [`literal 0 1 of a ${before} {1}\r\n`]);
  }
  const reader = readerOf('a {1+}\r\n" {1}\r\nx\r\n');
  assertEquals(read(reader).at(-1), 'a {1+}\r\n {1}\r\n|"|x');
});

Deno.test("CommandReader takes a non-synchronizing header even inside of quotes (RFC 7888 § 3)", () => {
  const reader = readerOf('a X "y {8+}\r\nb CREATE\r\nc NOOP\r\n');
  assertEquals(read(reader), [
    'literal 0 8+ of a X "y {8+}\r\n',
    'a X "y {8+}\r\n|b CREATE',
    "c NOOP",
  ]);
});

Deno.test("CommandReader ends where nobody knows how much data comes", () => {
  for (
    const header of [
      "{18446744073709551617+}",
      "{9007199254740992+}",
      "{01+}",
      "{-1+}",
      "{1 +}",
      "~{01+}",
    ]
  ) {
    const reader = readerOf(`a X ${header}\r\nb NOOP\r\n`);
    assertEquals(read(reader), ["overflow literal-number"], header);
    reader.push(bytes("c NOOP\r\n"));
    assertEquals(reader.next(), undefined);
    assertEquals(reader.buffered, 0);
  }
});

Deno.test("CommandReader sets nothing aside for a literal that is only announced", () => {
  const reader = readerOf("a LOGIN {9007199254740991+}\r\nalice");
  assert(reader.next()?.type === "literal");
  reader.accept();
  assertEquals(reader.expected, Number.MAX_SAFE_INTEGER - 5);
});

Deno.test("CommandReader.refuse() forgets a command with a synchronizing literal", () => {
  const reader = readerOf("a LOGIN {5}\r\nb NOOP\r\n");
  assertEquals(read(reader, () => false), [
    "literal 0 5 of a LOGIN {5}\r\n",
    "b NOOP",
  ]);
});

Deno.test("CommandReader.refuse() swallows non-synchronizing data and the rest of the command", () => {
  const input =
    "p1 APPEND w {16+}\r\np2 CREATE smug\r\n (x {3+}\r\n\r\n\r y\r\np3 NOOP\r\n";
  const expected = ["literal 0 16+ of p1 APPEND w {16+}\r\n", "p3 NOOP"];
  assertEquals(read(readerOf(input), () => false), expected);
  const reader = new CommandReader({ lineLength: 100 });
  const found: string[] = [];
  for (const byte of bytes(input)) {
    reader.push(Uint8Array.of(byte));
    found.push(...read(reader, () => false));
  }
  assertEquals(found, expected);
});

Deno.test("CommandReader.refuse() runs no command out of a literal's data", () => {
  const reader = readerOf(
    "p1 APPEND w (\\Bogus) {15+}\r\np2 CREATE smug\r\n\r\np3 NOOP\r\n",
  );
  assertEquals(read(reader, () => false).slice(1), ["", "p3 NOOP"]);
});

Deno.test("CommandReader.refuse() ends the command at a further synchronizing literal", () => {
  const reader = readerOf("a X {1+}\r\nx {5}\r\nb NOOP\r\n");
  assertEquals(read(reader, () => false), [
    "literal 0 1+ of a X {1+}\r\n",
    "b NOOP",
  ]);
});

Deno.test("CommandReader.refuse() of a second literal drops the first", () => {
  const reader = readerOf("a X {1+}\r\nx {2+}\r\nyz\r\nb {1+}\r\nv\r\n");
  let refused = false;
  const found = read(reader, (index) => {
    if (index === 1) refused = true;
    return !refused || index === 0;
  });
  assertEquals(found.slice(2), [
    "literal 0 1+ of b {1+}\r\n",
    "b {1+}\r\n|v",
  ]);
});

Deno.test("CommandReader keeps the limit of a command's text", () => {
  const line = "a".repeat(20);
  assertEquals(read(readerOf(`${line}\r\n`, 20)), [line]);
  assertEquals(read(readerOf(`${line}\n`, 20)), [line]);
  assertEquals(read(readerOf(`${line}\r`, 20)), []);
  assertEquals(read(readerOf(`${line}\r\r`, 20)), ["overflow line"]);
  assertEquals(read(readerOf(`${line}a`, 20)), ["overflow line"]);
  assertEquals(read(readerOf(`${line}a\r\n`, 20)), ["overflow line"]);
});

Deno.test("CommandReader counts all lines of a command together, kept or not", () => {
  const input = "a" + " {1+}\r\nx".repeat(4) + "\r\n";
  for (const accept of [true, false]) {
    const found = read(readerOf(input, 28), () => accept);
    assertEquals(found.at(-1), "overflow line");
    const longer = read(readerOf(input, 29), () => accept);
    assertEquals(longer.includes("overflow line"), false);
  }
});

Deno.test("CommandReader.nextLine() takes lines as they are", () => {
  const reader = readerOf("a AUTHENTICATE PLAIN\r\n{5}\r\n*\nDON", 20);
  assertEquals(reader.next()?.type, "command");
  assertEquals(decoder.decode(reader.nextLine()), "{5}");
  assertEquals(decoder.decode(reader.nextLine()), "*");
  assertEquals(reader.nextLine(), undefined);
  reader.push(bytes("E\r\nb NOOP\r\n"));
  assertEquals(decoder.decode(reader.nextLine()), "DONE");
  assertEquals(read(reader), ["b NOOP"]);
  reader.push(bytes("x".repeat(21)));
  assertThrows(() => reader.nextLine(), RangeError);
  reader.push(bytes("\r\nc NOOP\r\n"));
  assertEquals(reader.nextLine(), undefined);
});

Deno.test("CommandReader.takeRest() leaves nothing behind", () => {
  const reader = readerOf("a STARTTLS\r\nb LOGIN alice ");
  assertEquals(reader.next()?.type, "command");
  assertEquals(reader.next(), undefined);
  assertEquals(decoder.decode(reader.takeRest()), "b LOGIN alice ");
  assertEquals(reader.buffered, 0);
  reader.push(bytes("pw\r\n"));
  assertEquals(read(reader), ["pw"]);
});

Deno.test("CommandReader keeps what it has given when more comes", () => {
  const reader = new CommandReader({ lineLength: 1_000 });
  const chunk = bytes("a NOOP\r\nb {3+}\r\nxyz\r\n");
  reader.push(chunk);
  const first = reader.next();
  reader.next();
  reader.accept();
  const second = reader.next();
  chunk.fill(0);
  for (let count = 0; count < 500; count++) {
    reader.push(bytes("c NOOP\r\n"));
    reader.next();
  }
  assert(first && second);
  assertEquals(describe(first), "a NOOP");
  assertEquals(describe(second), "b {3+}\r\n|xyz");
});

Deno.test("CommandReader may be given many chunks before it is asked", () => {
  const reader = readerOf("a");
  assertEquals(reader.next(), undefined);
  for (let count = 0; count < 200; count++) {
    reader.push(bytes(` NOOP\r\na`));
  }
  assertEquals(read(reader), Array(200).fill("a NOOP"));
});

Deno.test("CommandReader reads a literal of many chunks", () => {
  const data = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
  const reader = readerOf("a APPEND x {300000}\r\n");
  assertEquals(reader.next()?.type, "literal");
  reader.accept();
  for (let from = 0; from < data.length; from += 7_001) {
    reader.push(data.subarray(from, from + 7_001));
  }
  reader.push(bytes("\r\n"));
  const event = reader.next();
  assert(event?.type === "command");
  assertEquals(event.frame.literals, [data]);
});

Deno.test("CommandReader refuses to be asked out of turn", () => {
  const reader = readerOf("a {3}\r\n");
  assertThrows(() => reader.accept(), Error, "No literal is announced");
  assertEquals(reader.next()?.type, "literal");
  assertThrows(() => reader.nextLine(), Error, "A command is under way");
});

Deno.test("CommandReader reads a large literal in its place", () => {
  const data = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251);
  const input = new Uint8Array([...data, ...bytes("\r\nb NOOP\r\n")]);
  for (const piece of [1_000, 100_000, 1_000_000]) {
    const reader = readerOf("a APPEND x {300000}\r\n");
    assertEquals(reader.room(), undefined);
    assertEquals(reader.next()?.type, "literal");
    reader.accept();
    let inPlace = 0;
    for (let at = 0, turn = 0; at < input.length; turn++) {
      const room = reader.room();
      const part = input.subarray(at, at + Math.min(piece, room?.length ?? 9));
      at += part.length;
      // Now and then input comes from elsewhere.
      if (room === undefined || turn % 4 === 3) {
        reader.push(part);
        continue;
      }
      inPlace += part.length;
      room.set(part);
      reader.push(room.subarray(0, part.length));
    }
    assert(inPlace > 100_000);
    const event = reader.next();
    assert(event?.type === "command");
    assertEquals(event.frame.literals, [data]);
    assertEquals(read(reader), ["b NOOP"]);
  }
});

Deno.test("CommandReader sets no more aside for a literal than goes with what has come", () => {
  const reader = readerOf("a APPEND x {900000000}\r\n");
  reader.next();
  reader.accept();
  for (const come of [0, 30_000, 65_536, 200_000]) {
    while (reader.expected > 900_000_000 - come) {
      const room = reader.room()!;
      const missing = reader.expected - (900_000_000 - come);
      reader.push(room.subarray(0, Math.min(missing, room.length)));
    }
    const { byteLength } = reader.room()!.buffer;
    assert(byteLength <= 70_000 + come * 16, `${byteLength} for ${come}`);
  }
});

Deno.test("CommandReader has no room for a literal that is small or refused", () => {
  const small = readerOf("a APPEND x {60000}\r\n");
  small.next();
  small.accept();
  assertEquals(small.room(), undefined);
  const refused = readerOf("a APPEND x {900000+}\r\n");
  refused.next();
  refused.refuse();
  assertEquals(refused.room(), undefined);
  refused.push(new Uint8Array(900_000));
  refused.push(bytes("\r\nb NOOP\r\n"));
  assertEquals(read(refused), ["b NOOP"]);
});
