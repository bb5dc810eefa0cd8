/**
 * The parts of this folder together: what a client writes is what a server reads, however the network cuts
 * it, and rubbish is refused.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CommandReader, type Frame } from "./command_reader.ts";
import { formatDateTime } from "./date_time.ts";
import { Decoder, ParseError } from "./decoder.ts";
import { Encoder } from "./encoder.ts";
import { canonicalName, isMailboxName } from "./mailbox_name.ts";
import { type Range, STAR } from "./sequence_set.ts";
import { rounds } from "../../tests/shards/part.ts";

// The same cases each time.
fc.configureGlobal({ seed: 9051 });

/** An argument of a command, of any kind that the grammar has. */
type Argument =
  | { kind: "atom" | "astring" | "string" | "mailbox"; value: string }
  | { kind: "number" | "dateTime"; value: number }
  | { kind: "bytes" | "literal8"; value: Uint8Array }
  | { kind: "nstring"; value: string | null }
  | { kind: "flags"; value: string[] }
  | { kind: "set"; value: readonly Range[] }
  | { kind: "list"; value: Argument[] };

interface Command {
  readonly tag: string;
  readonly args: readonly Argument[];
}

const atom = fc.string({
  unit: fc.constantFrom(..."abzAZ019$&'+,-./:;<=>?@[^_`|}~!#"),
  minLength: 1,
});
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'ab\r\n"\\ {}()5+%*ü💩\x01') }),
  fc.string({ unit: "binary" }),
).map((value) => value.replaceAll("\0", ""));
const mailbox = fc.string({ unit: "binary", maxLength: 40 })
  .map((value) => canonicalName(value, "/"))
  .filter(isMailboxName);
const bytes = fc.uint8Array({ maxLength: 40 });
const nz = fc.integer({ min: 1, max: 0xffff_ffff });
const setEnd = fc.oneof(nz, fc.constant(STAR));
const flag = fc.oneof(atom, fc.constantFrom("\\Seen", "\\Answered", "\\Draft"));

const argument = fc.letrec<{ argument: Argument }>((tie) => ({
  argument: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    of("atom", atom),
    of("astring", fc.oneof(atom, text)),
    of("string", text),
    of("mailbox", mailbox),
    of("number", fc.nat({ max: 0xffff_ffff })),
    of(
      "dateTime",
      fc.integer({ min: -62_135_596_800, max: 253_402_300_799 })
        .map((seconds) => seconds * 1_000),
    ),
    of("bytes", bytes.map((value) => value.filter((byte) => byte !== 0))),
    of("literal8", bytes),
    of("nstring", fc.option(text)),
    of("flags", fc.array(flag, { maxLength: 4 })),
    of("set", fc.array(fc.tuple(setEnd, setEnd), { minLength: 1 })),
    of("list", fc.array(tie("argument"), { maxLength: 4 })),
  ),
})).argument;

function of<K extends Argument["kind"], V>(
  kind: K,
  value: fc.Arbitrary<V>,
): fc.Arbitrary<Argument> {
  return value.map((value) => ({ kind, value }) as unknown as Argument);
}

const command: fc.Arbitrary<Command> = fc.record({
  tag: atom.map((tag) => tag.replaceAll("+", "a")),
  args: fc.array(argument, { maxLength: 5 }),
});

/** Writes a command as a client does; literals are non-synchronizing when it says so. */
function write(command: Command, utf8: boolean, nonSync: boolean): Uint8Array {
  const e = new Encoder({ utf8 });
  e.text(command.tag);
  for (const argument of command.args) writeArgument(e.sp(), argument);
  const bytes = e.crlf().take();
  return nonSync ? withNonSync(bytes) : bytes;
}

function writeArgument(e: Encoder, argument: Argument): void {
  switch (argument.kind) {
    case "atom":
      e.text(argument.value);
      break;
    case "astring":
      e.astring(argument.value);
      break;
    case "string":
    case "bytes":
      e.string(argument.value);
      break;
    case "nstring":
      e.nstring(argument.value);
      break;
    case "literal8":
      e.literal8(argument.value);
      break;
    case "mailbox":
      e.mailbox(argument.value);
      break;
    case "number":
      e.number(argument.value);
      break;
    case "dateTime":
      e.text(formatDateTime(argument.value));
      break;
    case "flags":
      e.flags(argument.value);
      break;
    case "set": {
      const name = (end: number): string => end === STAR ? "*" : String(end);
      const ranges = argument.value.map(([first, last]) =>
        first === last ? name(first) : `${name(first)}:${name(last)}`
      );
      e.text(ranges.join(","));
      break;
    }
    case "list":
      e.open();
      argument.value.forEach((item, index) => {
        if (index > 0) e.sp();
        writeArgument(e, item);
      });
      e.close();
      break;
  }
}

/** Puts a plus into each literal header, found as a reader finds it. */
function withNonSync(input: Uint8Array): Uint8Array {
  const reader = new CommandReader({ lineLength: 1_000_000 });
  reader.push(input);
  const e = new Encoder();
  for (let event = reader.next(); event; event = reader.next()) {
    assert(event.type !== "overflow");
    if (event.type === "literal") {
      reader.accept();
      continue;
    }
    const { text, literals } = event.frame;
    let from = 0;
    for (const literal of literals) {
      const lineFeed = text.indexOf(0x0a, from);
      e.bytes(text.subarray(from, lineFeed - 2)).text("+}").crlf();
      e.bytes(literal);
      from = lineFeed + 1;
    }
    e.bytes(text.subarray(from)).crlf();
  }
  return e.take();
}

/** Reads a command of which the kinds of the arguments are known. */
function readCommand(frame: Frame, like: Command, utf8: boolean): Command {
  const d = new Decoder(frame, { utf8 });
  const tag = d.tag();
  const args = like.args.map((argument) => readArgument(d.sp(), argument));
  d.end();
  return { tag, args };
}

function readArgument(d: Decoder, like: Argument): Argument {
  const { kind } = like;
  switch (kind) {
    case "atom":
      return { kind, value: d.atom() };
    case "astring":
      return { kind, value: d.astring() };
    case "string":
      return { kind, value: d.string() };
    case "nstring":
      return { kind, value: d.nstring() };
    case "bytes":
      return { kind, value: d.stringBytes() };
    case "literal8":
      return { kind, value: d.literalBytes() };
    case "mailbox":
      return { kind, value: d.mailbox() };
    case "number":
      return { kind, value: d.number() };
    case "dateTime":
      return { kind, value: d.dateTime() };
    case "flags":
      return { kind, value: d.flagList() };
    case "set": {
      const set = d.sequenceSet();
      if (set.kind === "saved") throw new ParseError("Expected ranges");
      return { kind, value: set.ranges };
    }
    case "list": {
      let index = 0;
      const read = (): Argument => {
        const item = like.value[index++];
        if (item === undefined) throw new ParseError("Expected fewer items");
        return readArgument(d, item);
      };
      return { kind, value: d.list(read) };
    }
  }
}

/** The commands in an input that comes in pieces; a literal is accepted when the rule says so. */
function frames(
  pieces: Iterable<Uint8Array>,
  accepts: (index: number) => boolean = () => true,
): Frame[] {
  const reader = new CommandReader({ lineLength: 1_000_000 });
  const found: Frame[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let event = reader.next(); event; event = reader.next()) {
      if (event.type === "command") found.push(event.frame);
      else if (event.type === "overflow") return found;
      else if (accepts(event.header.index)) reader.accept();
      else reader.refuse();
    }
  }
  return found;
}

function* cut(input: Uint8Array, places: readonly number[]) {
  let from = 0;
  const ends = places.map((place) => place % (input.length + 1));
  for (const to of [...ends.sort((a, b) => a - b), input.length]) {
    yield input.slice(from, to);
    from = to;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const e = new Encoder();
  for (const part of parts) e.bytes(part);
  return e.take();
}

Deno.test("Property: commands are read as they were written, however they are cut", () => {
  fc.assert(
    fc.property(
      fc.array(command, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      fc.boolean(),
      fc.boolean(),
      (commands, places, utf8, nonSync) => {
        const input = concat(commands.map((c) => write(c, utf8, nonSync)));
        const found = frames(cut(input, places));
        const read = found.map((frame, index) =>
          readCommand(frame, commands[index]!, utf8)
        );
        assertEquals(read, commands);
      },
    ),
    { numRuns: rounds(500) },
  );
});

Deno.test("Property: decode, encode, decode gives the first decode", () => {
  fc.assert(
    fc.property(
      command,
      fc.boolean(),
      fc.boolean(),
      (command, utf8, toUtf8) => {
        const [frame] = frames([write(command, utf8, false)]);
        const first = readCommand(frame!, command, utf8);
        const [again] = frames([write(first, toUtf8, true)]);
        assertEquals(readCommand(again!, first, toUtf8), first);
      },
    ),
    { numRuns: rounds(300) },
  );
});

const TRANSCRIPT = [
  "a CAPABILITY\r\n",
  "b LOGIN {5}\r\nalice {6}\r\nsecret\r\n",
  'c APPEND "x {3}" (\\Seen) {12+}\r\nd NOOP\r\n{1}\r {2+}\r\n\r\n\r\n',
  "\r\n",
  'e SEARCH TEXT "{4+}\r\nfgh\n {0}\r\n\n',
  "g X ~{3+}\r\n\0\r\n{5}\n12345\r\n",
  "h NOOP \r {01}\r\n",
  "i NOOP\r\n",
].join("");

Deno.test("Commands are the same, wherever the input is cut", () => {
  const input = new TextEncoder().encode(TRANSCRIPT);
  const rules = [() => true, () => false, (index: number) => index === 0];
  for (const accepts of rules) {
    const whole = frames([input], accepts);
    assert(whole.length > 4);
    for (let place = 0; place <= input.length; place++) {
      assertEquals(frames(cut(input, [place]), accepts), whole);
    }
    const singles = Array.from(input, (byte) => Uint8Array.of(byte));
    assertEquals(frames(singles, accepts), whole);
  }
});

/** Bytes of which the grammar is made, more often than others. */
const rubbish = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(
    fc.constantFrom(
      ...'a 1(){}[]"\\+~*%:,&-$\0\x80',
      "\r\n",
      "{3}\r\n",
      "{2+}\r\n",
      "{99999999999999999999}\r\n",
      "{00+}\r\n",
      "NIL",
      "&AOQ-",
      '"17-Jul-1996 02:44:25 -0700"',
    ),
    { maxLength: 60 },
  ).map((parts) =>
    Uint8Array.from(parts.join(""), (char) => char.charCodeAt(0))
  ),
);

/** Everything that a decoder can be asked for. */
const QUESTIONS: readonly ((d: Decoder) => unknown)[] = [
  (d) => d.sp(),
  (d) => d.trySp(),
  (d) => d.tag(),
  (d) => d.atom(),
  (d) => d.tryAtom(),
  (d) => d.keyword(),
  (d) => d.tryKeyword("NIL", "A"),
  (d) => d.char("("),
  (d) => d.number(),
  (d) => d.nzNumber(),
  (d) => d.number64(),
  (d) => d.nzNumber64(),
  (d) => d.quoted(),
  (d) => d.string(),
  (d) => d.nstring(),
  (d) => d.astring(),
  (d) => d.stringBytes(),
  (d) => d.nstringBytes(),
  (d) => d.astringBytes(),
  (d) => d.literalBytes(),
  (d) => d.mailbox(),
  (d) => d.listMailbox(),
  (d) => d.sequenceSet(),
  (d) => d.uidSet(),
  (d) => d.flag(),
  (d) => d.flagList(),
  (d) => d.flagsOrList(),
  (d) => d.dateTime(),
  (d) => d.date(),
  (d) => d.base64(),
  (d) => d.nonEmptyList(() => d.astring()),
  (d) => d.end(),
];

Deno.test("Property: rubbish gives values or a ParseError, and an end", () => {
  const questions = fc.array(fc.nat({ max: QUESTIONS.length - 1 }), {
    minLength: 30,
    maxLength: 30,
  });
  const rule = fc.func(fc.boolean());
  fc.assert(
    fc.property(
      rubbish,
      fc.array(fc.nat(), { maxLength: 4 }),
      questions,
      rule,
      fc.boolean(),
      (input, places, questions, accepts, utf8) => {
        const found = frames(cut(input, places), accepts);
        assertEquals(found, frames([input], accepts));
        assert(found.length <= input.length);
        for (const frame of found) {
          const d = new Decoder(frame, { utf8 });
          for (const question of questions) ask(d, QUESTIONS[question]!);
        }
      },
    ),
    { numRuns: rounds(2_000) },
  );
});

Deno.test("Property: a damaged command gives values or a ParseError", () => {
  fc.assert(
    fc.property(
      command,
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (command, place, damage, utf8) => {
        const input = write(command, utf8, true);
        damage.forEach((byte, index) => {
          input[(place + index) % input.length] = byte;
        });
        for (const frame of frames([input])) {
          try {
            readCommand(frame, command, utf8);
          } catch (error) {
            assertIsRefusal(error);
          }
        }
      },
    ),
    { numRuns: rounds(1_000) },
  );
});

function ask(d: Decoder, question: (d: Decoder) => unknown): void {
  const before = d.position;
  try {
    question(d);
  } catch (error) {
    assertIsRefusal(error);
  }
  assert(d.position >= before);
}

function assertIsRefusal(error: unknown): void {
  if (!(error instanceof ParseError)) throw error;
  assert(/^Expected [ -~]+$/.test(error.message), error.message);
}
