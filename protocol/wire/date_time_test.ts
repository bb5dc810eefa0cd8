import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  formatDate,
  formatDateTime,
  parseDate,
  parseDateTime,
} from "./date_time.ts";
import { ParseError } from "./parse_error.ts";

// The same cases each time.
fc.configureGlobal({ seed: 9051 });

Deno.test("parseDateTime() reads moments", () => {
  const cases: readonly [text: string, iso: string][] = [
    ["17-Jul-1996 02:44:25 -0700", "1996-07-17T09:44:25Z"],
    [" 7-feb-1994 21:52:25 -0800", "1994-02-08T05:52:25Z"],
    ["07-FEB-1994 21:52:25 +0530", "1994-02-07T16:22:25Z"],
    ["29-Feb-2024 00:00:00 +0000", "2024-02-29T00:00:00Z"],
    ["31-Dec-2016 23:59:60 +0000", "2017-01-01T00:00:00Z"],
    ["31-Dec-1969 23:59:59 +0000", "1969-12-31T23:59:59Z"],
    [" 1-Jan-0001 00:00:00 +0000", "0001-01-01T00:00:00Z"],
    ["31-Dec-9999 23:59:59 +0000", "9999-12-31T23:59:59Z"],
  ];
  for (const [text, iso] of cases) {
    assertEquals(parseDateTime(text), Date.parse(iso), text);
  }
});

Deno.test("parseDateTime() reads the obsolete form of RFC 1730", () => {
  const cases: readonly [zone: string, hour: number][] = [
    ["GMT", 2],
    ["z", 2],
    ["PDT", 9],
    ["BST", 13],
    ["A", 1],
    ["I", -7],
    ["K", -8],
    ["Y", 14],
  ];
  for (const [zone, hour] of cases) {
    assertEquals(
      parseDateTime(`17-Jul-94 02:44:25-${zone}`),
      Date.UTC(1994, 6, 17, hour, 44, 25),
      zone,
    );
  }
});

Deno.test("parseDateTime() refuses moments that are none", () => {
  for (
    const text of [
      "",
      "31-Feb-2024 00:00:00 +0000",
      "29-Feb-2023 00:00:00 +0000",
      "00-Jan-2023 00:00:00 +0000",
      " 0-Jan-2023 00:00:00 +0000",
      "32-Jan-2023 00:00:00 +0000",
      "1-Jan-2023 00:00:00 +0000",
      "01-Foo-2023 00:00:00 +0000",
      "01-Jan-2023 24:00:00 +0000",
      "01-Jan-2023 00:60:00 +0000",
      "01-Jan-2023 00:00:61 +0000",
      "01-Jan-2023 00:00:00 +2400",
      "01-Jan-2023 00:00:00 +0060",
      "01-Jan-2023 00:00:00 0000",
      "01-Jan-2023 00:00:00",
      "01-Jan-2023  00:00:00 +0000",
      "01-Jan-12023 00:00:00 +0000",
      "01-Jan-0000 00:00:00 +0000",
      "01-Jan-0001 00:00:00 +0001",
      "31-Dec-9999 23:59:59 -0001",
      "17-Jul-94 02:44:25-J",
      "17-Jul-94 02:44:25-toS",
      "17-Jul-94 02:44:25 -0700",
      "01-Jan-2023 00:00:00 +0000\n",
    ]
  ) {
    assertThrows(() => parseDateTime(text), ParseError, undefined, text);
  }
});

Deno.test("formatDateTime() writes UTC with a space before a single digit", () => {
  assertEquals(
    formatDateTime(Date.UTC(1996, 6, 17, 9, 44, 25, 999)),
    '"17-Jul-1996 09:44:25 +0000"',
  );
  assertEquals(formatDateTime(0), '" 1-Jan-1970 00:00:00 +0000"');
  assertEquals(formatDateTime(-1), '"31-Dec-1969 23:59:59 +0000"');
});

Deno.test("formatDateTime() writes a date whatever it is given", () => {
  assertEquals(formatDateTime(NaN), '" 1-Jan-1970 00:00:00 +0000"');
  assertEquals(formatDateTime(Infinity), '"31-Dec-9999 23:59:59 +0000"');
  assertEquals(formatDateTime(-1e20), '" 1-Jan-0001 00:00:00 +0000"');
});

Deno.test("Property: parseDateTime() reads back what formatDateTime() writes", () => {
  const min = Date.parse("0001-01-01T00:00:00Z") / 1_000;
  const max = Date.parse("9999-12-31T23:59:59Z") / 1_000;
  fc.assert(fc.property(fc.integer({ min, max }), (seconds) => {
    const text = formatDateTime(seconds * 1_000);
    assert(/^"[ \d]\d-[A-Z][a-z]{2}-\d{4} [\d:]{8} \+0000"$/.test(text));
    assertEquals(parseDateTime(text.slice(1, -1)), seconds * 1_000);
  }));
});

Deno.test("parseDate() reads days and those of RFC 1730", () => {
  assertEquals(parseDate("1-Feb-1994"), Date.UTC(1994, 1, 1) / 86_400_000);
  assertEquals(parseDate("01-feb-1994"), parseDate("1-Feb-94"));
  assertEquals(parseDate("31-Dec-1969"), -1);
  assertEquals(formatDate(parseDate("1-Feb-0994")), "1-Feb-0994");
  for (
    const text of ["31-Apr-2024", " 1-Feb-1994", "1-Feb-994", "1 Feb 1994", ""]
  ) {
    assertThrows(() => parseDate(text), ParseError, undefined, text);
  }
});
