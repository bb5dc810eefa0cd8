import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseDate } from "./date.ts";

/** The moment in UTC and the day as written, in ISO 8601. */
function read(value: string): string | undefined {
  const date = parseDate(value);
  if (date === undefined) return undefined;
  const iso = (time: number) => new Date(time).toISOString();
  return `${iso(date.time).slice(0, 19)} ${
    iso(date.day * 86_400_000).slice(0, 10)
  }`;
}

Deno.test("dates as RFC 5322 has them", () => {
  for (
    const [value, expected] of [
      ["Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06 1997-11-21"],
      ["Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T08:52:37 2003-07-01"],
      [
        "Thu,\t13\tFeb\t1969\t23:32\t-0330 (Newfoundland)",
        "1969-02-14T03:02:00 1969-02-13",
      ],
      ["21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06 1997-11-21"],
      [
        "Fri, 21 Nov 1997 09(comment): 55 : 06 -0600",
        "1997-11-21T15:55:06 1997-11-21",
      ],
      ["1 Jan 49 00:00 UT", "2049-01-01T00:00:00 2049-01-01"],
      ["1 Jan 50 00:00 Z", "1950-01-01T00:00:00 1950-01-01"],
      ["1 Jan 103 00:00 K", "2003-01-01T00:00:00 2003-01-01"],
      ["31 Dec 1999 23:59:60 PDT", "2000-01-01T07:00:00 1999-12-31"],
      ["1 Jan 2000 00:00:00 EST", "2000-01-01T05:00:00 2000-01-01"],
    ] as const
  ) assertEquals(read(value), expected, value);
});

Deno.test("dates as others have them", () => {
  for (
    const [value, expected] of [
      ["Mon Feb  7 21:52:25 1994", "1994-02-07T21:52:25 1994-02-07"],
      ["Fri Sep 26 17:18:53 +0100 2025", "2025-09-26T16:18:53 2025-09-26"],
      ["Fri Sep 26 17:18:53 PST 2025", "2025-09-27T01:18:53 2025-09-26"],
      ["Fri Sep 26 17:18:53 2025 -0100", "2025-09-26T18:18:53 2025-09-26"],
      ["2003-07-01 10:52:37 +0200", "2003-07-01T08:52:37 2003-07-01"],
      ["2003-07-01T10:52:37.5Z", "2003-07-01T10:52:37 2003-07-01"],
      ["2003-07-01", "2003-07-01T00:00:00 2003-07-01"],
      [
        "Tuesday, 1-July-2003 10:52:37 GMT+02:00",
        "2003-07-01T08:52:37 2003-07-01",
      ],
      ["Tue, 1 Jul 2003", "2003-07-01T00:00:00 2003-07-01"],
      ["Tue, 1 Jul 2003 10.52.37 +9900", "2003-07-01T10:52:37 2003-07-01"],
      ["1 Jan 2000 24:00", "2000-01-01T00:00:00 2000-01-01"],
      ["1 Jan 2000 10:60 +0100", "1999-12-31T23:00:00 2000-01-01"],
    ] as const
  ) assertEquals(read(value), expected, value);
});

Deno.test("what is no date", () => {
  for (
    const value of [
      "",
      "yesterday",
      "30 Feb 2000 00:00 GMT",
      "1 Xyz 2000 00:00 GMT",
      "0 Jan 2000",
      "1 Jan 99999",
      "2000-13-01",
      "(1 Jan 2000",
      `1 Jan 2000 ${"(".repeat(2_000)}`,
    ]
  ) assertEquals(read(value), undefined, value);
});

Deno.test("what is written is read", () => {
  const time = fc.date({
    min: new Date(0),
    max: new Date("2100-01-01"),
    noInvalidDate: true,
  });
  fc.assert(fc.property(time, (date) => {
    const seconds = Math.floor(date.getTime() / 1_000) * 1_000;
    const day = Math.floor(seconds / 86_400_000);
    assertEquals(parseDate(date.toUTCString()), { time: seconds, day });
  }));
});

Deno.test("anything at all is read or refused", () => {
  const piece = fc.constantFrom(
    "1",
    "Jan",
    " ",
    ":",
    "Mon",
    ",",
    "-",
    "+0200",
    "(",
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const date = parseDate(pieces.join(""));
    if (date !== undefined) assertEquals(Number.isInteger(date.day), true);
  }));
});
