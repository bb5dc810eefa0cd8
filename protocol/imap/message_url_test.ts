import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { ParseContext } from "./command.ts";
import { parseMessageUrl, urlText } from "./message_url.ts";

const context = { limits: DEFAULT_LIMITS } as ParseContext;
const parse = (url: string, delimiter = "/") =>
  parseMessageUrl(url, delimiter, context);

Deno.test("a URL of a message, with all that it may have", () => {
  assertEquals(
    parse(
      "/a%20b/c;UIDVALIDITY=7/;UID=4294967295/;SECTION=1.2.MIME/;PARTIAL=3.4",
    ),
    {
      mailbox: "a b/c",
      uidValidity: 7,
      uid: 4_294_967_295,
      section: { part: [1, 2], text: "MIME" },
      partial: { origin: 3, length: 4 },
    },
  );
  assertEquals(parse("/inbox/;uid=1"), {
    mailbox: "INBOX",
    uidValidity: undefined,
    uid: 1,
    section: { part: [], text: "" },
    partial: undefined,
  });
});

Deno.test("mailbox names are percent-encoded UTF-8 (RFC 5092 § 8)", () => {
  const name = (url: string, delimiter?: string) =>
    parse(`${url}/;UID=1`, delimiter)?.mailbox;
  assertEquals(name("/~peter/%E6%97%A5"), "~peter/日");
  assertEquals(name("/u%CC%88"), "ü");
  assertEquals(name("/a%2Fb"), "a/b");
  assertEquals(name("/a/b", "."), "a/b");
  assertEquals(name("/inbox.x", "."), "INBOX.x");
  assertEquals(name("/&AOk-"), "&AOk-");
  assertEquals(name("/a;b"), undefined);
  assertEquals(name("/a%3Bb"), "a;b");
  assertEquals(name("/%2e%2e/a"), "../a");
  assertEquals(name("/x/../a"), "a");
  assertEquals(name("/.."), undefined);
});

Deno.test("what is no URL of a message", () => {
  for (
    const url of [
      ...["", "/", "//", "/INBOX", "INBOX/;UID=1", ";UID=1", "/;UID=1"],
      ...["imap://h/INBOX/;UID=1", "//h/INBOX/;UID=1", "/INBOX/;UID=x"],
      ...["/INBOX/;UID=", "/INBOX/;UID=0", "/INBOX/;UID=4294967296"],
      ...["/INBOX;UID=1", "/INBOX/;UID=1/", "/INBOX/;UID=1/;SECTION="],
      ...["/INBOX/;UID=1:2", "/INBOX/;UID=*", "/INBOX;UIDVALIDITY=0/;UID=1"],
      ...["/INBOX/;UID=1/;SECTION=0.1", "/INBOX/;UID=1/;SECTION=MIME"],
      ...["/INBOX/;UID=1/;SECTION=1%5D%20x", "/INBOX/;UID=1/;PARTIAL=1.0"],
      ...["/INBOX/;UID=1/;PARTIAL=x", "/INBOX/;UID=1/;PARTIAL=9e99"],
      ...["/INBOX/;UID=1/;PARTIAL=99999999999999999999"],
      ...["/INBOX/;UID=1/;PARTIAL=1/;SECTION=1", "/INBOX/;UID=1?x"],
      ...["/a b/;UID=1", "/a%/;UID=1", "/a%zz/;UID=1", "/%ff/;UID=1"],
      ...["/%00/;UID=1", "/a%0d%0a/;UID=1", "/%E2%80%A8/;UID=1", "/ü/;UID=1"],
      ...["/INBOX/;UID=1/;SECTION=HEADER.FIELDS", "/INBOX/;UID=1\r\n"],
      ...["/INBOX/;UID=1/;SECTION=HEADER.FIELDS%20(%7B1%7D%0d%0ax)"],
    ]
  ) assertEquals(parse(url), undefined, url);
});

Deno.test("a long URL takes time in proportion", () => {
  const long = "a/".repeat(30_000);
  assertEquals(parse(`/${long}`), undefined);
  assertEquals(parse(`/${long};UID=1/;SECTION=${long}`), undefined);
});

Deno.test("a URL in a response code breaks nothing", () => {
  const text = (url: string) => urlText(new TextEncoder().encode(url));
  assertEquals(text("/INBOX/;UID=1"), "/INBOX/;UID=1");
  assertEquals(text("a]\r\n\0 ü\\[\x7f"), "a%5D%0D%0A%00%20%C3%BC%5C%5B%7F");
  assertEquals(text(""), '""');
});
