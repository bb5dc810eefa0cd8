import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { quoteFrom, readMboxRecord, writeMboxRecord } from "./mbox_record.ts";
import { unixLines } from "./unix_lines.ts";

const bytes = (text: string) =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);

Deno.test("a record is what mail programs expect of an mbox", () => {
  const record = text(writeMboxRecord({
    source: bytes(
      "Return-Path: <a@b.example>\r\nSubject: x\r\n\r\nFrom here\r\n>From\r\n>>From there\r\n",
    ),
    flags: ["\\Seen", "\\Flagged", "\\Draft", "$Junk", "work"],
    internalDate: Date.UTC(2003, 6, 1, 10, 52, 37, 123),
  }));
  assertEquals(
    record,
    "From a@b.example Tue Jul  1 10:52:37 2003\n" +
      "X-Imapd-Message: size=74 date=1057056757123 lines=lf fields=3\n" +
      "Status: RO\nX-Status: FT\nX-Keywords: $Junk work\n" +
      "Return-Path: <a@b.example>\nSubject: x\n\n>From here\n>From\n>>>From there\n\n",
  );
});

Deno.test("without a sender the From line has a name all the same", () => {
  const record = text(writeMboxRecord({
    source: bytes("Return-Path: <a b\r\n c>\r\n\r\n"),
    flags: [],
    internalDate: -1,
  }));
  assertMatch(record, /^From MAILER-DAEMON Wed Dec 31 23:59:59 1969\n/);
  assertStringIncludes(record, "\nStatus: O\nReturn-Path:");
});

Deno.test("what another program has changed is no record of ours", () => {
  const record = text(writeMboxRecord({
    source: bytes("Subject: x\r\n\r\nHello\r\n"),
    flags: [],
    internalDate: 0,
  }));
  const body = record.slice(record.indexOf("\n") + 1, -1);
  assertEquals(
    text(readMboxRecord(bytes(body))!.source),
    "Subject: x\r\n\r\nHello\r\n",
  );
  assertEquals(readMboxRecord(bytes(body.replace("Hello", "Hi"))), undefined);
  assertEquals(readMboxRecord(bytes(`${body}More\n`)), undefined);
  assertEquals(readMboxRecord(bytes(body.slice(1))), undefined);
  assertEquals(readMboxRecord(bytes("")), undefined);
  assertEquals(
    readMboxRecord(bytes("X-Imapd-Message: size=5 date=0 lines=lf fields=3")),
    undefined,
  );
});

Deno.test("only lines that would be taken for From lines are quoted", () => {
  assertEquals(text(quoteFrom(bytes("From x"))), ">From x");
  assertEquals(text(quoteFrom(bytes("a\n>From x\n"))), "a\n>>From x\n");
  const plain = "from x\n From x\nFromx\n> From x\n>";
  assertEquals(text(quoteFrom(bytes(plain))), plain);
});

Deno.test("lines end in LF only where that can be undone", () => {
  assertEquals(text(unixLines(bytes("a\r\nb\rc\r\n"))!), "a\nb\rc\n");
  assertEquals(text(unixLines(bytes("a\r\nb"))!), "a\nb");
  assertEquals(text(unixLines(bytes("a\r\nb\r"))!), "a\nb\r");
  for (const odd of ["a\nb", "a\r\nb\n", "\n", "a\r\r\n", "a\rb", "\r"]) {
    assertEquals(unixLines(bytes(odd)), undefined, JSON.stringify(odd));
  }
});
