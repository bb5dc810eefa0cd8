import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { Decoder } from "../../wire/decoder.ts";
import { ParseError } from "../../wire/parse_error.ts";
import {
  BadCharset,
  parseSearchProgram,
  type SearchKey,
  type SearchKeyParser,
  TooManyKeys,
} from "./key.ts";
import { rounds } from "../../../tests/shards/part.ts";

const encoder = new TextEncoder();

/** A decoder at the start of a search program; literals stand in it as `{n}` CRLF. */
function decoder(text: string, ...literals: Uint8Array[]): Decoder {
  return new Decoder({ text: encoder.encode(text), literals });
}

function parse(text: string, ...literals: Uint8Array[]): SearchKey {
  return parseSearchProgram(decoder(text, ...literals), { maxKeys: 1_000 }).key;
}

function rejects(text: string): void {
  assertThrows(() => parse(text), ParseError, undefined, text);
}

const day = (date: string) => Date.parse(`${date}T00:00:00Z`) / 86_400_000;

const seen: SearchKey = { kind: "flag", flag: "\\seen" };
const all: SearchKey = { kind: "all" };
const not = (key: SearchKey): SearchKey => ({ kind: "not", key });

Deno.test("parseSearchProgram() reads every key of RFC 9051 § 6.4.4", () => {
  const may = day("1994-05-02");
  const cases: [string, SearchKey][] = [
    ["ALL", all],
    ["ANSWERED", { kind: "flag", flag: "\\answered" }],
    ["BCC x", { kind: "header", field: "bcc", text: "x" }],
    ["BEFORE 2-May-1994", { kind: "internalDate", from: -Infinity, to: may }],
    ["BODY x", { kind: "body", text: "x" }],
    ["CC x", { kind: "header", field: "cc", text: "x" }],
    ["DELETED", { kind: "flag", flag: "\\deleted" }],
    ["DRAFT", { kind: "flag", flag: "\\draft" }],
    ["FLAGGED", { kind: "flag", flag: "\\flagged" }],
    ["FROM x", { kind: "header", field: "from", text: "x" }],
    ['HEADER X-Y ""', { kind: "header", field: "x-y", text: "" }],
    ["KEYWORD $Junk", { kind: "flag", flag: "$junk" }],
    ["LARGER 5", { kind: "size", above: 5, below: Infinity }],
    [
      "NEW",
      { kind: "and", keys: [{ kind: "recent" }, not(seen)] },
    ],
    ["NOT SEEN", not(seen)],
    ["OLD", not({ kind: "recent" })],
    [
      'ON "02-May-1994"',
      { kind: "internalDate", from: may, to: may + 1 },
    ],
    ["OR ALL SEEN", { kind: "or", keys: [all, seen] }],
    ["RECENT", { kind: "recent" }],
    ["SEEN", seen],
    ["SENTBEFORE 2-May-1994", { kind: "sentDate", from: -Infinity, to: may }],
    ["SENTON 2-May-1994", { kind: "sentDate", from: may, to: may + 1 }],
    ["SENTSINCE 2-May-1994", { kind: "sentDate", from: may, to: Infinity }],
    ["SINCE 2-May-1994", { kind: "internalDate", from: may, to: Infinity }],
    ["SMALLER 5", { kind: "size", above: -1, below: 5 }],
    ["SUBJECT x", { kind: "header", field: "subject", text: "x" }],
    ["TEXT x", { kind: "text", text: "x" }],
    ["TO x", { kind: "header", field: "to", text: "x" }],
    [
      "UID 3:5",
      { kind: "uids", set: { kind: "ranges", ranges: [[3, 5]] } },
    ],
    ["UID $", { kind: "uids", set: { kind: "saved" } }],
    ["UNANSWERED", not({ kind: "flag", flag: "\\answered" })],
    ["UNDELETED", not({ kind: "flag", flag: "\\deleted" })],
    ["UNDRAFT", not({ kind: "flag", flag: "\\draft" })],
    ["UNFLAGGED", not({ kind: "flag", flag: "\\flagged" })],
    ["UNKEYWORD work", not({ kind: "flag", flag: "work" })],
    ["UNSEEN", not(seen)],
    [
      "2,4:7",
      { kind: "numbers", set: { kind: "ranges", ranges: [[2, 2], [4, 7]] } },
    ],
    ["$", { kind: "numbers", set: { kind: "saved" } }],
    ["(SEEN)", seen],
    ["(ALL SEEN)", { kind: "and", keys: [all, seen] }],
    ["ALL SEEN", { kind: "and", keys: [all, seen] }],
  ];
  for (const [text, key] of cases) {
    assertEquals(parse(text), key, text);
    assertEquals(
      parse(text.replace(/^[A-Z]+/, (name) => name.toLowerCase())),
      key,
    );
  }
});

Deno.test("parseSearchProgram() reads OR, NOT and lists inside one another", () => {
  const a: SearchKey = { kind: "body", text: "a" };
  const b: SearchKey = { kind: "body", text: "b" };
  const cases: [string, SearchKey][] = [
    ["OR BODY a OR BODY b SEEN", { kind: "or", keys: [a, b, seen] }],
    ["OR OR BODY a BODY b SEEN", {
      kind: "or",
      keys: [{ kind: "or", keys: [a, b] }, seen],
    }],
    ["OR BODY a NOT OR BODY b SEEN", {
      kind: "or",
      keys: [a, not({ kind: "or", keys: [b, seen] })],
    }],
    ["OR (BODY a SEEN) NOT BODY b", {
      kind: "or",
      keys: [{ kind: "and", keys: [a, seen] }, not(b)],
    }],
    ["NOT NOT NOT SEEN", not(seen)],
    ["NOT NOT SEEN", seen],
    ["NOT (SEEN BODY a) BODY b", {
      kind: "and",
      keys: [not({ kind: "and", keys: [seen, a] }), b],
    }],
  ];
  for (const [text, key] of cases) assertEquals(parse(text), key, text);
});

Deno.test("parseSearchProgram() rejects what is no search program", () => {
  [
    "",
    " ALL",
    "ALL ",
    "ALL  SEEN",
    "(ALL",
    "ALL)",
    "()",
    "( ALL)",
    "NOT",
    "OR ALL",
    "OR ALL  SEEN",
    "FROBNICATE",
    "BODY",
    "HEADER x",
    "KEYWORD \\Seen",
    'KEYWORD "work"',
    "UNKEYWORD \\*",
    "KEYWORD a{b",
    "LARGER -1",
    "LARGER x",
    "SMALLER 99999999999999999999",
    "ON 31-Foo-1994",
    "ON 1994-05-02",
    "UID",
    "UID 0",
    "0",
    "1:2:3",
    "$$",
    "CHARSET",
    "CHARSET UTF-8",
  ].forEach(rejects);
});

Deno.test("parseSearchProgram() reads strings in the charset of the command", () => {
  const cases: [string, number[], string][] = [
    ["ISO-8859-1", [0xe9, 0x74, 0xe9], "été"],
    ["utf-8", [0xc3, 0xa9], "é"],
    ["US-ASCII", [0x65], "e"],
    [
      "ISO-2022-JP",
      [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42],
      "日本",
    ],
    ['"KOI8-R"', [0xcd, 0xc1, 0xd4, 0xd8], "мать"],
  ];
  for (const [charset, bytes, text] of cases) {
    const program = parseSearchProgram(
      decoder(
        `CHARSET ${charset} SUBJECT {${bytes.length}}\r\n`,
        Uint8Array.from(bytes),
      ),
      { maxKeys: 10 },
    );
    assertEquals(program.key, { kind: "header", field: "subject", text });
    assertEquals(program.charset, charset.replaceAll('"', ""));
  }
  assertEquals(parse("TEXT {2}\r\n", Uint8Array.of(0xc3, 0xa9)), {
    kind: "text",
    text: "é",
  });
});

Deno.test("parseSearchProgram() refuses charsets and strings that it cannot read", () => {
  const error = assertThrows(() => parse("CHARSET X-NONE ALL"), BadCharset);
  assertEquals(error.supported, ["UTF-8", "US-ASCII"]);
  for (const charset of ["UTF-8", "US-ASCII", "EUC-JP"]) {
    assertThrows(
      () => parse(`CHARSET ${charset} TEXT {1}\r\n`, Uint8Array.of(0xff)),
      ParseError,
    );
  }
});

Deno.test("parseSearchProgram() reads the charset of SORT and THREAD", () => {
  const sort = (text: string) =>
    parseSearchProgram(decoder(text), { maxKeys: 10, bareCharset: true });
  assertEquals(sort("US-ASCII SEEN"), { key: seen, charset: "US-ASCII" });
  assertThrows(() => sort("X-NONE SEEN"), BadCharset);
  assertThrows(() => sort("UTF-8"), ParseError);
});

Deno.test("parseSearchProgram() counts all keys", () => {
  const count = (text: string, maxKeys: number) =>
    parseSearchProgram(decoder(text), { maxKeys });
  count("NOT (ALL SEEN)", 4);
  assertThrows(() => count("NOT (ALL SEEN)", 3), TooManyKeys);
  assertThrows(() => count("ALL ALL ALL", 2), TooManyKeys);
});

Deno.test("parseSearchProgram() survives long and deep input, whatever the limit", () => {
  for (const maxKeys of [1_000, Infinity]) {
    const outcome = (text: string) => {
      try {
        return parseSearchProgram(decoder(text), { maxKeys }).key;
      } catch (error) {
        assert(error instanceof ParseError || error instanceof TooManyKeys);
        return error;
      }
    };
    assertInstanceOf(outcome("(".repeat(5_000)), Error);
    assertInstanceOf(outcome("OR ".repeat(15_000)), Error);
    assertInstanceOf(outcome("NOT (".repeat(5_000)), Error);
    assertInstanceOf(outcome("OR ALL NOT ".repeat(5_000) + "ALL"), Error);
    outcome("NOT ".repeat(15_000));
    outcome("NOT ".repeat(15_000) + "ALL");
    outcome("OR ALL ".repeat(5_000));
    outcome("OR ALL ".repeat(5_000) + "ALL");
    outcome("ALL ".repeat(15_000) + "ALL");
  }
});

Deno.test("parseSearchProgram() reads the keys of extensions", () => {
  const test = () => true;
  const extraKeys = new Map<string, SearchKeyParser>([
    ["YOUNGER", (d) => {
      assertEquals(d.sp().nzNumber(), 60);
      return { kind: "column", matches: test };
    }],
    ["FUZZY", (d, context) => {
      d.sp();
      return context.key();
    }],
    ["ABOUT", (_, context) => ({ kind: "text", text: context.string() })],
  ]);
  const { key } = parseSearchProgram(
    decoder("younger 60 FUZZY NOT SEEN ABOUT x"),
    { maxKeys: 10, extraKeys },
  );
  assertEquals(key, {
    kind: "and",
    keys: [
      { kind: "column", matches: test },
      not(seen),
      { kind: "text", text: "x" },
    ],
  });
});

Deno.test("parseSearchProgram() ends in a key or a refusal for any input", () => {
  const word = fc.constantFrom(
    ...["(", ")", " ", "NOT", "OR", "ALL", "FROM", "x", '"y"', "1:*", "$"],
    ...["UID", "ON", "1-Jan-2000", "HEADER", "{1}\r\n", "KEYWORD", "\\Seen"],
    ...["CHARSET", "UTF-8", "LARGER", "9", "\0", "é"],
  );
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 30 }),
      fc.boolean(),
      (words, sp) => {
        try {
          parse(words.join(sp ? " " : ""), Uint8Array.of(0x78));
        } catch (error) {
          assert(error instanceof ParseError || error instanceof BadCharset);
        }
      },
    ),
    { numRuns: rounds(2_000), seed: 1 },
  );
});
