import { assertEquals } from "@std/assert";
import {
  maildirFlags,
  messageFacts,
  parseDovecotKeywords,
} from "./message_facts.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("Status, X-Status and X-Keywords become flags", () => {
  assertEquals(
    messageFacts(bytes(
      "Status: RO\r\nX-Status: AFT\nX-Keywords: $Forwarded, NonJunk (no) \n" +
        "Date: Tue, 1 Jul 2003 10:52:37 +0200\n\nStatus: D\n",
    )),
    {
      date: Date.UTC(2003, 6, 1, 8, 52, 37),
      flags: [
        "\\Seen",
        "\\Answered",
        "\\Flagged",
        "\\Draft",
        "$Forwarded",
        "NonJunk",
      ],
    },
  );
  assertEquals(messageFacts(bytes("no header at all")), {
    date: undefined,
    flags: [],
  });
});

Deno.test("letters of a Maildir name become flags", () => {
  const keywords = parseDovecotKeywords("0 $Junk\n2 work\n99 no\nx\n1 (bad)\n");
  assertEquals(keywords[0], "$Junk");
  assertEquals(maildirFlags("1.a.host:2,FRSac", keywords), [
    "\\Flagged",
    "\\Answered",
    "\\Seen",
    "$Junk",
    "work",
  ]);
  assertEquals(maildirFlags("1.a.host:2,DTPb", keywords), [
    "\\Draft",
    "\\Deleted",
    "$Forwarded",
  ]);
  assertEquals(maildirFlags("1.a.host", keywords), []);
  assertEquals(maildirFlags("1.a.host:2,", keywords), []);
});
