import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  canonicalName,
  compilePattern,
  decodeModifiedUtf7,
  encodeModifiedUtf7,
  isMailboxName,
  matchPattern,
} from "./mailbox_name.ts";
import { ParseError } from "./parse_error.ts";
import { rounds } from "../../tests/shards/part.ts";

// The same cases each time.
fc.configureGlobal({ seed: 9051 });

const SPELLINGS: readonly [name: string, encoded: string][] = [
  ["INBOX", "INBOX"],
  ["", ""],
  ["a&b", "a&-b"],
  ["&", "&-"],
  ["Entwürfe", "Entw&APw-rfe"],
  // RFC 3501 § 5.1.3
  ["~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"],
  ["☺!", "&Jjo-!"],
  ["台&", "&U,A-&-"],
  ["💩", "&2D3cqQ-"],
  ["\u007f", "&AH8-"],
];

Deno.test("Modified UTF-7 is written and read", () => {
  for (const [name, encoded] of SPELLINGS) {
    assertEquals(encodeModifiedUtf7(name), encoded);
    assertEquals(decodeModifiedUtf7(encoded), name);
  }
});

Deno.test("Modified UTF-7 has one spelling for a name", () => {
  for (
    const encoded of [
      "a&",
      "&AGEAYg-", // ab, printable
      "&2AA-", // half a surrogate pair
      "&3AA-",
      "&2D0-&3Kk-", // a pair cut in two
      "&APw-&APw-", // one shift would do
      "&AOQ", // no shift back
      "&AOT-", // spare bits
      "&AOQA-", // half a character
      "&A-",
      "&Jjo!", // RFC 3501 § 5.1.3: not to be created
      "&U,BTFw-&ZeVnLIqe-",
      "&AO==-",
      "&AO/-",
      "&--&",
      "ü",
      "a\tb",
      "\x7f",
    ]
  ) {
    assertThrows(() => decodeModifiedUtf7(encoded), ParseError, "", encoded);
  }
});

Deno.test("Property: modified UTF-7 reads back any name, in ASCII", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
    const encoded = encodeModifiedUtf7(name);
    assert(/^[ -~]*$/.test(encoded));
    assertEquals(decodeModifiedUtf7(encoded), name);
  }));
});

Deno.test("Property: whatever decodes is spelled in the one way", () => {
  const alphabet = fc.constantFrom(..."&-,+AJUQw4a /é");
  fc.assert(fc.property(fc.string({ unit: alphabet }), (text) => {
    let name: string;
    try {
      name = decodeModifiedUtf7(text);
    } catch (error) {
      assert(error instanceof ParseError);
      return;
    }
    assertEquals(encodeModifiedUtf7(name), text);
  }));
});

Deno.test("isMailboxName() refuses control characters and broken Unicode", () => {
  for (const name of ["a", "", "Entwürfe", "a b", "💩", "../x"]) {
    assert(isMailboxName(name), name);
  }
  for (
    const name of [
      "a\0",
      "a\r",
      "a\n* b",
      "\t",
      "\x7f",
      "\x85",
      "\u2028",
      "\u2029",
      "\ud800",
    ]
  ) {
    assertFalse(isMailboxName(name), JSON.stringify(name));
  }
});

Deno.test("canonicalName() writes INBOX in capitals and composes", () => {
  assertEquals(canonicalName("inbox", "/"), "INBOX");
  assertEquals(canonicalName("InBoX/x", "/"), "INBOX/x");
  assertEquals(canonicalName("inbox.x", "/"), "inbox.x");
  assertEquals(canonicalName("inboxes", "/"), "inboxes");
  assertEquals(canonicalName("a/inbox", "/"), "a/inbox");
  assertEquals(canonicalName("ınbox", "/"), "ınbox");
  assertEquals(canonicalName("inbo", "/"), "inbo");
  assertEquals(canonicalName("u\u0308", "/"), "ü");
});

Deno.test("matchPattern() knows * and %", () => {
  const cases: readonly [pattern: string, name: string, matches: boolean][] = [
    ["*", "a/b", true],
    ["*", "", true],
    ["%", "a", true],
    ["%", "", true],
    ["%", "a/b", false],
    ["%/%", "a/b", true],
    ["%/%", "a/b/c", false],
    ["%/*", "a/b/c", true],
    ["a*c", "a/b/c", true],
    ["a%c", "abc", true],
    ["a%c", "a/c", false],
    ["*%", "a/b", true],
    ["%*%", "a/b", true],
    ["%%", "a/b", false],
    ["a", "a", true],
    ["a", "b", false],
    ["a", "ab", false],
    ["ab", "a", false],
    ["", "", true],
    ["", "a", false],
    ["a%", "a", true],
    ["*a", "banana", true],
    ["*na", "banan", false],
    ["%a%/x*", "banana/xy/z", true],
    ["A", "a", false],
    ["a/%/b", "a/c/d/b", false],
  ];
  for (const [pattern, name, matches] of cases) {
    assertEquals(matchPattern(pattern, name, "/"), matches, pattern + name);
  }
  assert(matchPattern("%", "a/b", "."));
});

Deno.test("matchPattern() knows INBOX in any case, and nothing else", () => {
  assert(matchPattern("inbox", "INBOX", "/"));
  assert(matchPattern("iNb%", "INBOX", "/"));
  assert(matchPattern("*box", "INBOX", "/"));
  assert(matchPattern("inbox/%", "INBOX/x", "/"));
  assertFalse(matchPattern("inbox/X", "INBOX/x", "/"));
  assertFalse(matchPattern("inbox*", "INBOXES", "/"));
  assertFalse(matchPattern("a/inbox", "a/INBOX", "/"));
  assertFalse(matchPattern("INBOX", "inbox", "/"));
});

Deno.test("Property: compilePattern() says what a regular expression says", () => {
  const unit = fc.constantFrom(..."ab/*%");
  const letters = fc.constantFrom(..."ab/");
  const pattern = fc.string({ unit, maxLength: 12 });
  const long = fc.string({ unit, minLength: 28, maxLength: 70 });
  const name = fc.string({ unit: letters, maxLength: 12 });
  fc.assert(
    fc.property(pattern, name, (pattern, name) => {
      const source = pattern.replace(
        /\*+|%+/g,
        (run) => run.startsWith("*") ? ".*" : "[^/]*",
      );
      const expected = new RegExp(`^${source}$`).test(name);
      assertEquals(compilePattern(pattern, "/")(name), expected);
    }),
    { numRuns: rounds(1_000) },
  );
  // Names made of the pattern itself, so that some match across words of 32 places.
  fc.assert(fc.property(long, name, (pattern, filling) => {
    const name = pattern.replaceAll("*", filling).replaceAll("%", "aa");
    assert(compilePattern(pattern, "/")(name));
    assertFalse(compilePattern(pattern + "c", "/")(name));
  }));
});

Deno.test("compilePattern() takes many wildcards over many names", () => {
  const matches = compilePattern("a%".repeat(200) + "x", "/");
  const name = "a".repeat(300);
  for (let count = 0; count < 1_000; count++) assertFalse(matches(name));
  assert(matches(name + "x"));
});
