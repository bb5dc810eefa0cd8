import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { CommandReader, type Frame } from "./command_reader.ts";
import { Decoder, type DecoderOptions, ParseError } from "./decoder.ts";
import { STAR } from "./sequence_set.ts";

/** The first command in some bytes, given as one character a byte. */
function frameOf(input: string): Frame {
  const reader = new CommandReader({ lineLength: 100_000 });
  reader.push(
    Uint8Array.from(input + "\r\n", (char) => char.charCodeAt(0)),
  );
  for (let event = reader.next(); event; event = reader.next()) {
    if (event.type === "command") return event.frame;
    if (event.type === "literal") reader.accept();
  }
  throw new Error("No command");
}

function decoderOf(input: string, options?: DecoderOptions): Decoder {
  return new Decoder(frameOf(input), options);
}

/** The UTF-8 of a text, as one character a byte. */
function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** Reads each input whole, and expects a value. */
function assertReads<T>(
  read: (decoder: Decoder) => T,
  cases: readonly (readonly [input: string, value: T])[],
  options?: DecoderOptions,
): void {
  for (const [input, value] of cases) {
    const decoder = decoderOf(input, options);
    assertEquals(read(decoder), value, input);
    decoder.end();
  }
}

/** Expects a ParseError on each input, at its end at the latest. */
function assertRefuses(
  read: (decoder: Decoder) => unknown,
  inputs: readonly string[],
  options?: DecoderOptions,
): void {
  for (const input of inputs) {
    assertThrows(
      () => {
        const decoder = decoderOf(input, options);
        read(decoder);
        decoder.end();
      },
      ParseError,
      undefined,
      JSON.stringify(input),
    );
  }
}

Deno.test("A command is read from left to right", () => {
  const d = decoderOf("A142 uid Fetch 1:5,9:* (FLAGS body.peek[1.2]<0.100>)");
  assertEquals(d.tag(), "A142");
  assertEquals(d.sp().keyword(), "UID");
  assertEquals(d.sp().keyword(), "FETCH");
  assertEquals(d.sp().sequenceSet(), {
    kind: "ranges",
    ranges: [[1, 5], [9, STAR]],
  });
  assertEquals(d.sp().peek(), 0x28);
  assertEquals(
    d.list(() => {
      const name = d.keyword();
      if (!d.tryChar("[")) return [name];
      const section = [d.number(), d.char(".").number()];
      const partial = [d.char("]").char("<").number64()];
      partial.push(d.char(".").nzNumber64());
      d.char(">");
      return [name, section, partial];
    }),
    [["FLAGS"], ["BODY.PEEK", [1, 2], [0, 100]]],
  );
  assert(d.atEnd());
  assertEquals(d.position, 52);
  assertEquals(d.peek(), -1);
  d.end();
});

Deno.test("tag() is what ASTRING-CHAR is, but for the plus", () => {
  assertReads((d) => d.tag(), [["a1", "a1"], ["]", "]"], ["a.b[", "a.b["]]);
  assertRefuses((d) => d.tag(), ["", "+", "a+b", "*", '"a"', " a", "a ", "\t"]);
});

Deno.test("atom() and tryAtom()", () => {
  assertReads((d) => d.atom(), [["a[b<", "a[b<"], ["$Junk", "$Junk"]]);
  assertRefuses((d) => d.atom(), [
    "",
    "]",
    "a]",
    "a\\",
    "a%",
    "{",
    "é",
    "\x7f",
  ]);
  assertReads((d) => d.tryAtom(), [["", undefined], ["x", "x"]]);
});

Deno.test("keyword() is in capitals and ends before a section", () => {
  const d = decoderOf("Body.Peek[]<0.1>");
  assertEquals(d.keyword(), "BODY.PEEK");
  assertEquals(d.position, 9);
  assertReads((d) => d.keyword(), [["+flags.silent", "+FLAGS.SILENT"]]);
  assertRefuses((d) => d.keyword(), ["", "[", "<", "("]);
});

Deno.test("tryKeyword() reads a whole word or nothing", () => {
  const d = decoderOf("Charset utf-8");
  assertEquals(d.tryKeyword("CHAR", "CHARSETS"), undefined);
  assertEquals(d.position, 0);
  assertEquals(d.tryKeyword("RETURN", "CHARSET"), "CHARSET");
  assertEquals(d.position, 7);
  assertEquals(d.tryKeyword("UTF-8"), undefined);
  assertFalse(d.tryChar("u"));
  assert(d.trySp());
  assertFalse(d.trySp());
  assertEquals(decoderOf("").tryKeyword("A"), undefined);
});

Deno.test("number(), nzNumber() and number64() keep their bounds", () => {
  assertReads((d) => d.number(), [
    ["0", 0],
    ["007", 7],
    ["4294967295", 4294967295],
  ]);
  assertRefuses((d) => d.number(), [
    "",
    "-1",
    "4294967296",
    "18446744073709551617",
    "1x",
    "x",
  ]);
  assertReads((d) => d.nzNumber(), [["1", 1]]);
  assertRefuses((d) => d.nzNumber(), ["0", "01", ""]);
  const max = Number.MAX_SAFE_INTEGER;
  assertReads((d) => d.number64(), [[String(max), max]]);
  assertRefuses((d) => d.number64(), [
    "9007199254740992",
    "18446744073709551615",
    "9".repeat(400),
  ]);
  assertRefuses((d) => d.nzNumber64(), ["0", "01"]);
});

Deno.test("string() is quoted or a literal", () => {
  assertReads((d) => d.string(), [
    ['""', ""],
    ['"a b"', "a b"],
    ['"a \\"b\\" \\\\"', 'a "b" \\'],
    ['"\t\x7f"', "\t\x7f"],
    ["{0}\r\n", ""],
    ['{5+}\r\na"\r\nb', 'a"\r\nb'],
    [`"${utf8("ü💩")}"`, "ü💩"],
    [`"${utf8("\ufeffx")}"`, "\ufeffx"],
    ['"\xfc\\\\"', "\xfc\\"],
    ["{1}\r\n\xfc", "\xfc"],
  ]);
  assertRefuses((d) => d.string(), [
    "",
    "a",
    '"',
    '"a',
    '"a\\"',
    '"\\a"',
    '"a\\',
    '"a\0b"',
    '"a\rb"',
    '"a {3+}\r\nb"c',
    "{3}x",
    "{1}\r\n\0",
    "~{1}\r\nx",
    "{01}",
    "{-1}",
    "{18446744073709551617}",
  ]);
});

Deno.test("string() wants UTF-8 in quotes of a client that knows it", () => {
  const options = { utf8: true };
  assertReads((d) => d.string(), [
    [`"${utf8("ü")}"`, "ü"],
    ["{1}\r\n\xfc", "\xfc"],
  ], options);
  assertRefuses((d) => d.string(), ['"\xfc"', '"\xed\xa0\x80"'], options);
});

Deno.test("nstring() knows NIL in any case, but not quoted", () => {
  assertReads((d) => d.nstring(), [
    ["NIL", null],
    ["nil", null],
    ['"NIL"', "NIL"],
    ["{3}\r\nNIL", "NIL"],
  ]);
  assertRefuses((d) => d.nstring(), ["NILS", "a", ""]);
  const d = decoderOf("(NIL nil)");
  assertEquals(d.list(() => d.nstringBytes()), [null, null]);
});

Deno.test("astring() is an atom, with ] too, or a string", () => {
  assertReads((d) => d.astring(), [
    ["a]b", "a]b"],
    ["NIL", "NIL"],
    ['"a b"', "a b"],
    ["{3}\r\na b", "a b"],
    ["user+tag@example.com", "user+tag@example.com"],
  ]);
  assertRefuses((d) => d.astring(), [
    "",
    "a b",
    "%",
    'a"b"',
    "a{1}\r\nx",
    "\xfc",
  ]);
});

Deno.test("The readers of bytes resolve escapes and decode nothing", () => {
  const bytes = Uint8Array.of(0xfc, 0x22, 0x5c);
  assertReads((d) => d.stringBytes(), [
    ['"\xfc\\"\\\\"', bytes],
    ['{3}\r\n\xfc"\\', bytes],
  ]);
  assertReads((d) => d.nstringBytes(), [['"\xfc\\"\\\\"', bytes]]);
  assertReads((d) => d.astringBytes(), [
    ['"\xfc\\"\\\\"', bytes],
    ["a", Uint8Array.of(0x61)],
  ]);
  assertRefuses((d) => d.astringBytes(), ["", "(", '"\0"', "{1}\r\n\0"]);
});

Deno.test("literalBytes() tells a literal8, which alone may hold NUL", () => {
  const d = decoderOf("x ~{2+}\r\n\0\n {1}\r\ny");
  assertFalse(d.isLiteral());
  assertEquals(d.atom(), "x");
  assert(d.sp().isLiteral());
  assertEquals(d.literalBytes(), Uint8Array.of(0, 10));
  assert(d.lastLiteralBinary);
  assert(d.sp().isLiteral());
  assertEquals(d.literalBytes(), Uint8Array.of(0x79));
  assertFalse(d.lastLiteralBinary);
  d.end();
  assertRefuses((d) => d.literalBytes(), ["{1}\r\n\0", '"a"', "~", "~a", ""]);
});

Deno.test("literalBytes() refuses a frame whose literals are not those of its text", () => {
  const text = new TextEncoder().encode("{3}\r\n");
  for (const literals of [[], [new Uint8Array(2)]]) {
    const decoder = new Decoder({ text, literals });
    assertThrows(() => decoder.literalBytes(), ParseError);
  }
});

Deno.test("mailbox() reads modified UTF-7 without UTF-8", () => {
  assertReads((d) => d.mailbox(), [
    ["inbox", "INBOX"],
    ['"iNBOX"', "INBOX"],
    ["{5}\r\ninbox", "INBOX"],
    ["inbox/x", "INBOX/x"],
    ["Entw&APw-rfe", "Entwürfe"],
    ['"a&-b c"', "a&b c"],
    ['""', ""],
  ]);
  assertRefuses((d) => d.mailbox(), [
    "a&",
    "&AGEAYg-",
    "&2AA-",
    `"${utf8("ü")}"`,
    "{1}\r\n\xfc",
    "{6}\r\na\r\n* b",
    '"a\tb"',
    "{1}\r\n\0",
    "&AAA-",
    "&AA0ACg-",
    "&ICg-",
    "%",
    "",
    "a".repeat(1_001),
    "&" + "APwA".repeat(300) + "-",
  ]);
});

Deno.test("mailbox() reads UTF-8 where the client knows it", () => {
  const options = { utf8: true };
  assertReads((d) => d.mailbox(), [
    ["inbox", "INBOX"],
    [`"${utf8("Entwürfe")}"`, "Entwürfe"],
    [`{2}\r\n${utf8("ü")}`, "ü"],
    ["a&b", "a&b"],
    ["Entw&APw-rfe", "Entw&APw-rfe"],
  ], options);
  assertRefuses((d) => d.mailbox(), [
    '"\xfc"',
    "{1}\r\n\xfc",
    '"\xed\xa0\x80"',
    '"\xc0\xaf"',
    `"${utf8("\u0085")}"`,
    `"${utf8("\u2028")}"`,
    `"${utf8("ü".repeat(501))}"`,
  ], options);
});

Deno.test("mailbox() composes a name and keeps how it was given", () => {
  const d = decoderOf(`"${utf8("u\u0308")}" "${utf8("ü")}"`, { utf8: true });
  assertEquals(d.mailbox(), "ü");
  assertEquals(d.lastDenormalized, "u\u0308");
  assertEquals(d.sp().mailbox(), "ü");
  assertEquals(d.lastDenormalized, undefined);
});

Deno.test("mailbox() follows the delimiter and the limit it is told", () => {
  const options = { delimiter: ".", maxMailboxName: 9 };
  assertReads((d) => d.mailbox(), [
    ["inbox.abc", "INBOX.abc"],
    ["inbox/abc", "inbox/abc"],
  ], options);
  assertRefuses((d) => d.mailbox(), ["inbox.abcd"], options);
});

Deno.test("listMailbox() takes wildcards", () => {
  assertReads((d) => d.listMailbox(), [
    ["*", "*"],
    ["a/%]", "a/%]"],
    ['"a b*"', "a b*"],
    ['""', ""],
    ["Entw&APw-*", "Entwü*"],
    ["inbox", "inbox"],
  ]);
  assertRefuses((d) => d.listMailbox(), [
    "",
    "(",
    "a&*",
    "{1}\r\n\n",
    '"\xfc"',
  ]);
  assertReads((d) => d.listMailbox(), [[`"${utf8("ü%")}"`, "ü%"]], {
    utf8: true,
  });
});

Deno.test("sequenceSet() and uidSet()", () => {
  assertReads((d) => d.sequenceSet(), [
    ["$", { kind: "saved" }],
    ["*", { kind: "ranges", ranges: [[STAR, STAR]] }],
  ]);
  assertRefuses((d) => d.sequenceSet(), ["", "a", "1:", "$1", "0", "1,,2"]);
  assertRefuses((d) => d.sequenceSet(), ["1,2,3"], { maxSequenceSet: 2 });
  assertReads((d) => d.uidSet(), [["3:1,4294967295", [
    [3, 1],
    [4294967295, 4294967295],
  ]]]);
  assertRefuses((d) => d.uidSet(), ["$", "*", "1:*", "*:1"]);
});

Deno.test("flagList() and flagsOrList()", () => {
  assertReads((d) => d.flagList(), [
    ["()", []],
    ["(\\Seen $Junk \\flagged)", ["\\Seen", "$Junk", "\\Flagged"]],
  ]);
  assertReads((d) => d.flagsOrList(), [
    ["()", []],
    ["(a)", ["a"]],
    ["\\Seen a", ["\\Seen", "a"]],
  ]);
  const bad = [
    "\\Bogus",
    "\\Recent",
    "\\rECENT",
    "\\*",
    "\\",
    "a  b",
    "a]",
    '"a"',
    "a\\b",
  ];
  assertRefuses((d) => d.flagsOrList(), [...bad, ""]);
  assertRefuses((d) => d.flagList(), [
    ...bad.map((flag) => `(${flag})`),
    "(a",
    "(a )",
    "( a)",
    "a",
  ]);
  assertRefuses((d) => d.flagsOrList(), ["a b c", "(a b c)"], {
    maxListItems: 2,
  });
});

Deno.test("dateTime() and date()", () => {
  assertReads((d) => d.dateTime(), [
    ['"17-Jul-1996 02:44:25 -0700"', Date.UTC(1996, 6, 17, 9, 44, 25)],
    ['" 7-Jul-1996 02:44:25 +0000"', Date.UTC(1996, 6, 7, 2, 44, 25)],
  ]);
  assertRefuses((d) => d.dateTime(), [
    "17-Jul-1996",
    '"17-Jul-1996"',
    '"31-Feb-1996 02:44:25 -0700"',
  ]);
  const day = Date.UTC(1994, 1, 1) / 86_400_000;
  assertReads((d) => d.date(), [["1-Feb-1994", day], ['"01-feb-1994"', day]]);
  assertRefuses((d) => d.date(), [
    '"1-Feb-1994',
    '1-Feb-1994"',
    "31-Feb-1994",
    "",
  ]);
});

Deno.test("list() and nonEmptyList()", () => {
  assertReads((d) => d.list(() => d.number()), [["()", []], ["(1 2)", [1, 2]]]);
  assertReads((d) => d.nonEmptyList(() => d.number()), [["(1)", [1]]]);
  assertRefuses((d) => d.nonEmptyList(() => d.number()), ["()"]);
  assertRefuses((d) => d.list(() => d.number()), ["", "(", "(1", "(1 )", "1)"]);
});

Deno.test("Recursive lists end at the depth that is allowed", () => {
  type Tree = readonly Tree[];
  const tree = (d: Decoder): Tree => d.list(() => tree(d));
  assertEquals(tree(decoderOf("((()) ())")), [[[]], []]);
  assertEquals(tree(decoderOf("((()))", { maxDepth: 2 })), [[[]]]);
  assertRefuses(tree, ["(((())))"], { maxDepth: 2 });
  assertRefuses(tree, ["(".repeat(50_000)]);
  const d = decoderOf("", { maxDepth: 1 });
  d.enter();
  assertThrows(() => d.enter(), ParseError, "at most 1 levels");
  d.leave();
  d.enter();
});

Deno.test("base64() reads an initial response", () => {
  assertReads((d) => d.base64(), [
    ["=", new Uint8Array(0)],
    ["QUI=", Uint8Array.of(0x41, 0x42)],
    ["++//", Uint8Array.of(0xfb, 0xef, 0xff)],
  ]);
  assertRefuses((d) => d.base64(), [
    "",
    "!!!",
    "QUJDR",
    "QU=J",
    "QUJ=",
    "QUI",
    "QUI==",
    "==",
    "QUI= ",
  ]);
});

Deno.test("rest() is all that is left", () => {
  const d = decoderOf("a b  c\xfc");
  d.tag();
  assertEquals(d.rest(), Uint8Array.of(0x20, 0x62, 0x20, 0x20, 0x63, 0xfc));
  assert(d.atEnd());
});

Deno.test("A ParseError says where, and repeats nothing of the input", () => {
  const secret = "Pa55w0rd";
  const d = decoderOf(`a LOGIN alice ${secret}\x01`);
  d.tag();
  d.sp().keyword();
  d.sp().astring();
  d.sp().astring();
  const error = assertThrows(() => d.end(), ParseError);
  assertEquals(error.message, "Expected the end of the command at offset 22");
});
