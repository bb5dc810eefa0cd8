import { assertEquals, assertMatch } from "@std/assert";
import { parseDate } from "./mime/date.ts";
import {
  traceFields,
  type TraceOrigin,
  withoutReturnPath,
} from "./trace_fields.ts";

const ORIGIN: TraceOrigin = {
  client: "client.example",
  remote: "192.0.2.1:1234",
  hostname: "mail.example",
  protocol: "LMTP",
  id: "abc-1-1",
  time: 1_000_000_000_000,
};

/** The Received field alone, unfolded. */
function received(origin: Partial<TraceOrigin>, recipient?: string): string {
  const text = traceFields(undefined, recipient, { ...ORIGIN, ...origin });
  return text.slice(text.indexOf("Received:")).replace(/\r\n\t/g, " ");
}

Deno.test("traceFields() tells where a message came from", () => {
  const addresses: Record<string, string> = {
    "192.0.2.1:1234": " ([192.0.2.1])",
    "[2001:db8::1]:1234": " ([IPv6:2001:db8::1])",
    "[::ffff:192.0.2.1]:1234": " ([192.0.2.1])",
    "unix": "",
    "[x\r\ny]:1": "",
  };
  for (const [remote, shown] of Object.entries(addresses)) {
    assertMatch(
      received({ remote }),
      new RegExp(
        `^Received: from client\\.example${
          shown.replace(/[[\]().]/g, "\\$&")
        } by mail\\.example with LMTP id abc-1-1; [^;]*\r\n$`,
      ),
    );
  }
  assertMatch(received({}, "a@b.example"), / id abc-1-1 for <a@b\.example>; /);
});

Deno.test("traceFields() writes a date that is the time", () => {
  for (const time of [0, 1_000_000_000_000, 1_719_791_557_000]) {
    const [, date] = /; ([^;]+)\r\n$/.exec(received({ time }))!;
    assertMatch(
      date!,
      /^[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}$/,
    );
    assertEquals(parseDate(date!)?.time, time);
  }
});

Deno.test("traceFields() keeps each value in its field", () => {
  const evil = "x\r\nEvil: y\n\0\ud800";
  const text = traceFields(evil, evil, {
    ...ORIGIN,
    client: evil,
    hostname: evil,
    id: evil,
  });
  assertEquals(text.match(/^[A-Za-z-]+:/gm), [
    "Return-Path:",
    "Delivered-To:",
    "Received:",
  ]);
  assertEquals(/[\0\ud800]/.test(text), false);
  assertEquals(text.replaceAll("\r\n", "").includes("\n"), false);
});

Deno.test("traceFields() leaves out what nobody knows", () => {
  assertEquals(traceFields(undefined, undefined, undefined), "");
  assertEquals(traceFields("", undefined, undefined), "Return-Path: <>\r\n");
  assertEquals(traceFields(undefined, "a", undefined), "Delivered-To: a\r\n");
});

Deno.test("withoutReturnPath() takes it out of the header, and nothing else", () => {
  const cases: readonly [before: string, after: string][] = [
    ["", ""],
    ["A: b\r\n\r\nReturn-Path: <x>\r\n", "A: b\r\n\r\nReturn-Path: <x>\r\n"],
    ["Return-Path: <x>\r\n\r\nbody", "\r\nbody"],
    ["RETURN-PATH:\r\n\t<x>\r\nA: b\r\n", "A: b\r\n"],
    ["A: b\nReturn-Path: <x>\nC: d\n\ne", "A: b\nC: d\n\ne"],
    ["Return-Path: 1\r\nA: b\r\nReturn-Path: 2\r\nC: d", "A: b\r\nC: d"],
    ["A: b\r\nReturn-Path: <x>", "A: b\r\n"],
    ["A: Return-Path: <x>\r\n\r\n", "A: Return-Path: <x>\r\n\r\n"],
  ];
  for (const [before, after] of cases) {
    const bytes = new TextEncoder().encode("Return-Path: <new>\r\n" + before);
    assertEquals(
      new TextDecoder().decode(withoutReturnPath(bytes, 20)),
      "Return-Path: <new>\r\n" + after,
    );
  }
});
