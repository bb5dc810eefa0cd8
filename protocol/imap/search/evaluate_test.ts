import { assertEquals } from "@std/assert";
import { search } from "./evaluate.ts";
import { Pace } from "../../../storage/pace.ts";
import { TextSigner } from "./sign_message.ts";
import { contextOf, crlf, found, mailboxOf, watch } from "./testing.ts";
import { TextIndexes } from "./text_index.ts";

const DAY = 86_400_000;
const latin1 = (text: string) =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

/** A message with a header and a body. */
const simple = (header: string, body = "Hello\n") => ({
  source: `${header}\n\n${body}`,
});

Deno.test("search() matches flags, keywords and \\Recent", async () => {
  const mailbox = await mailboxOf([
    { source: "A: b\n\n" },
    { source: "A: b\n\n", flags: ["\\Seen", "$Junk"] },
    { source: "A: b\n\n", flags: ["\\Answered", "\\Draft"] },
    { source: "A: b\n\n", flags: ["\\Deleted", "\\Flagged", "\\Seen"] },
  ]);
  const context = contextOf(mailbox, { isRecent: (uid) => uid >= 3 });
  const cases: [string, number[]][] = [
    ["ALL", [1, 2, 3, 4]],
    ["SEEN", [2, 4]],
    ["UNSEEN", [1, 3]],
    ["ANSWERED", [3]],
    ["UNANSWERED", [1, 2, 4]],
    ["DRAFT", [3]],
    ["UNDRAFT", [1, 2, 4]],
    ["DELETED", [4]],
    ["UNDELETED", [1, 2, 3]],
    ["FLAGGED", [4]],
    ["UNFLAGGED", [1, 2, 3]],
    ["KEYWORD $jUNK", [2]],
    ["UNKEYWORD $Junk", [1, 3, 4]],
    ["KEYWORD none", []],
    ["RECENT", [3, 4]],
    ["NEW", [3]],
    ["OLD", [1, 2]],
    ["OR SEEN DRAFT", [2, 3, 4]],
    ["NOT (SEEN DELETED)", [1, 2, 3]],
    ["SEEN DELETED", [4]],
  ];
  for (const [key, uids] of cases) {
    assertEquals(await found(context, key), uids, key);
  }
});

Deno.test("search() sees flags as they are after the table of sets was tidied", async () => {
  const mailbox = await mailboxOf([
    { source: "A: b\n\n", flags: ["x"] },
    { source: "A: b\n\n", flags: ["y"] },
  ]);
  await mailbox.storeFlags(Uint32Array.of(1), { mode: "replace", flags: [] });
  const context = contextOf(mailbox);
  assertEquals(await found(context, "KEYWORD y"), [2]);
  mailbox.state.compactFlags();
  assertEquals(await found(context, "KEYWORD y"), [2]);
  assertEquals(await found(context, "KEYWORD x"), []);
});

Deno.test("search() matches numbers, UIDs and the saved result", async () => {
  const mailbox = await mailboxOf(Array(6).fill({ source: "A: b\n\n" }));
  await mailbox.expunge(Uint32Array.of(2));
  const context = contextOf(mailbox, { saved: () => Uint32Array.of(2, 4, 6) });
  const cases: [string, number[]][] = [
    ["1:2", [1, 3]],
    ["5,1,9", [1, 6]],
    ["*", [6]],
    ["9:*", [6]],
    ["UID 2:3", [3]],
    ["UID 6:1", [1, 3, 4, 5, 6]],
    ["UID 900:*", [6]],
    ["$", [4, 6]],
    ["UID $", [4, 6]],
    ["NOT $", [1, 3, 5]],
    ["NOT 1:*", []],
  ];
  for (const [key, uids] of cases) {
    assertEquals(await found(context, key), uids, key);
  }
  const empty = contextOf(await mailboxOf([]));
  for (const key of ["ALL", "1:*", "UID 1:*", "*", "NOT ALL", "TEXT x"]) {
    assertEquals(await found(empty, key), [], key);
  }
});

Deno.test("search() goes by the numbers that the client knows and leaves out what has gone", async () => {
  const mailbox = await mailboxOf(
    Array(5).fill({ source: "Subject: b\n\nbody\n" }),
  );
  const context = contextOf(mailbox, { length: 4 });
  await mailbox.expunge(Uint32Array.of(1, 3));
  const cases: [string, number[]][] = [
    ["ALL", [2, 4]],
    ["NOT SEEN", [2, 4]],
    ["1:2", [2]],
    ["4", [4]],
    ["*", [4]],
    ["UID 3:*", [4]],
    ["SUBJECT b 2", [2]],
    ["BODY body NOT 2", [4]],
  ];
  for (const [key, uids] of cases) {
    assertEquals(await found(context, key), uids, key);
  }
});

Deno.test("search() judges a message that goes while it runs as gone", async () => {
  const mailbox = await mailboxOf(Array(3).fill(simple("X-A: b")));
  const context = contextOf({
    ...mailbox,
    state: mailbox.state,
    name: mailbox.name,
    async *readSources(uids) {
      for await (const batch of mailbox.readSources(uids)) {
        await mailbox.expunge(Uint32Array.of(2));
        yield batch;
      }
    },
  });
  assertEquals(await found(context, "BODY hello"), [1, 3]);
});

Deno.test("search() matches sizes and INTERNALDATE by its day in UTC", async () => {
  const noon = Date.UTC(2001, 1, 3, 12);
  const mailbox = await mailboxOf([
    { source: "A: 1\n\n", internalDate: noon - DAY },
    { source: "A: 12\n\n", internalDate: noon - noon % DAY },
    { source: "A: 123\n\n", internalDate: noon - noon % DAY + DAY - 1 },
    { source: "A: 1234\n\n", internalDate: noon + DAY },
  ]);
  const context = contextOf(mailbox);
  const cases: [string, number[]][] = [
    ["LARGER 9", [3, 4]],
    ["SMALLER 9", [1]],
    ["LARGER 8 SMALLER 10", [2]],
    ["LARGER 0", [1, 2, 3, 4]],
    ["SMALLER 0", []],
    ["BEFORE 3-Feb-2001", [1]],
    ["ON 3-Feb-2001", [2, 3]],
    ["SINCE 3-Feb-2001", [2, 3, 4]],
    ["NOT SINCE 4-Feb-2001", [1, 2, 3]],
  ];
  for (const [key, uids] of cases) {
    assertEquals(await found(context, key), uids, key);
  }
});

Deno.test("search() matches the Date field by the day that is written there", async () => {
  const context = contextOf(
    await mailboxOf([
      simple("Date: Fri, 2 Feb 2001 23:59:59 -1200"),
      simple("Date: Sat, 3 Feb 2001 00:00:00 +1400"),
      simple("DATE:\n Sat, 3 Feb 2001 23:59:59 -1200 (late)"),
      simple("Date: Sun, 4 Feb 2001 00:00:00 +1400"),
      simple("Date: no date"),
      simple("Subject: undated"),
    ]),
  );
  const cases: [string, number[]][] = [
    ["SENTBEFORE 3-Feb-2001", [1]],
    ["SENTON 3-Feb-2001", [2, 3]],
    ["SENTSINCE 3-Feb-2001", [2, 3, 4]],
    ["NOT SENTSINCE 3-Feb-2001", [1, 5, 6]],
  ];
  for (const [key, uids] of cases) {
    assertEquals(await found(context, key), uids, key);
  }
});

const HEADERS = [
  simple("From: John Smith <john@example.com>\nSubject: Hello"),
  simple("From: =?ISO-8859-1?Q?Andr=E9?= <a@example.com>\nTo: bob@example.org"),
  simple(
    "Subject: =?UTF-8?B?0L/RgNC40LI=?=\n =?UTF-8?B?0LXRgiDQvNC40YA=?=\nCc: smith",
  ),
  simple("Subject: folded\n\t over   two\n lines\nBcc: hidden@example.net"),
  simple("Subject:\nX-Custom: a\nX-Custom: Needle"),
  simple("Subject: Grüße aus der STRAßE\nTo: Ｑ"),
];

Deno.test("search() matches header fields, decoded and unfolded", async () => {
  for (const summary of [true, false]) {
    const messages = HEADERS.map((message) => ({ ...message, summary }));
    const context = contextOf(await mailboxOf(messages));
    const cases: [string, number[]][] = [
      ["FROM smith", [1]],
      ['FROM "andré"', [2]],
      ["FROM ANDRE", [2]],
      ["FROM =E9", []],
      ["FROM example.com", [1, 2]],
      ["TO BOB@", [2]],
      ["TO q", [6]],
      ["CC SMITH", [3]],
      ["BCC hidden", [4]],
      ['SUBJECT "привет"', [3]],
      ['SUBJECT "ПРИВЕТ МИР"', [3]],
      ['SUBJECT "folded over two lines"', [4]],
      ['SUBJECT "over  two"', [4]],
      ['SUBJECT "straße"', [6]],
      ['SUBJECT "GRÜßE"', [6]],
      // RFC 5051 has the simple titlecase of each character alone; ß has none.
      ['SUBJECT "strasse"', []],
      ['SUBJECT ""', [1, 3, 4, 5, 6]],
      ['HEADER subject ""', [1, 3, 4, 5, 6]],
      ['HEADER X-CUSTOM ""', [5]],
      ["HEADER x-custom needle", [5]],
      ["HEADER x-custom hello", []],
      ["HEADER X-None x", []],
      ['HEADER X-None ""', []],
      ["HEADER bcc example.net", [4]],
      ['NOT HEADER X-Custom ""', [1, 2, 3, 4, 6]],
      ['OR FROM smith HEADER X-Custom ""', [1, 5]],
    ];
    for (const [key, uids] of cases) {
      assertEquals(await found(context, key), uids, `${key} ${summary}`);
    }
  }
});

const BODIES = [
  simple("Subject: apple", "banana\n"),
  simple(
    "Content-Type: text/plain; charset=utf-8\n" +
      "Content-Transfer-Encoding: base64",
    "0L/RgNC4\n0LLQtdGC\n",
  ),
  simple(
    "Content-Type: text/plain; charset=iso-8859-1\n" +
      "Content-Transfer-Encoding: quoted-printable",
    "caf=E9 ba=\nnana\n",
  ),
  {
    source: latin1(
      "Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n" +
        "\x1b$BF|K\\\x1b(B\r\n",
    ),
  },
  {
    source: latin1(
      "Content-Type: text/plain; charset=windows-1252\r\n\r\nna\xefve\r\n",
    ),
  },
  simple(
    "Content-Type: multipart/mixed; boundary=b",
    `preamble
--b
Content-Description: outer part

first
--b
Content-Type: application/octet-stream; name="cherry.bin"

cherry
--b
Content-Type: message/rfc822

Subject: =?utf-8?q?inner=20subject?=
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>d=C3=A9j=C3=A0 vu</p>
--c--
--b--
epilogue
`,
  ),
];

Deno.test("search() matches bodies, decoded, and headers for TEXT alone", async () => {
  const context = contextOf(await mailboxOf(BODIES));
  const cases: [string, number[]][] = [
    ["BODY BANANA", [1, 3]],
    ["BODY apple", []],
    ["TEXT apple", [1]],
    ["TEXT banana", [1, 3]],
    ['BODY "привет"', [2]],
    ["BODY 0L/", []],
    ['BODY "café"', [3]],
    ['BODY "日本"', [4]],
    ['BODY "NAÏVE"', [5]],
    ["BODY first", [6]],
    ["BODY cherry", []],
    ["TEXT cherry.bin", [6]],
    ['TEXT "outer part"', [6]],
    ['BODY "outer part"', []],
    ['TEXT "inner subject"', [6]],
    ['BODY "inner subject"', []],
    ['BODY "DÉJÀ VU"', [6]],
    ["TEXT iso-2022-jp", [4]],
    ['TEXT "Content-Type: text/plain; charset=iso-"', [3, 4]],
    ['BODY ""', [1, 2, 3, 4, 5, 6]],
    ['TEXT ""', [1, 2, 3, 4, 5, 6]],
    ['NOT TEXT ""', []],
    ["BODY banana BODY caf", [3]],
    ['OR BODY first BODY "日"', [4, 6]],
    ["NOT BODY banana", [2, 4, 5, 6]],
    ["TEXT apple BODY banana", [1]],
  ];
  for (const [key, uids] of cases) {
    assertEquals(await found(context, key), uids, key);
  }
});

Deno.test("search() takes strings in other charsets", async () => {
  const context = contextOf(await mailboxOf([...BODIES, ...HEADERS]));
  assertEquals(
    await found(
      context,
      "CHARSET ISO-8859-1 OR TEXT {4}\r\n FROM {5}\r\n",
      latin1("caf\xe9"),
      latin1("andr\xe9"),
    ),
    [3, 8],
  );
  assertEquals(
    await found(
      context,
      "CHARSET iso-2022-jp BODY {8}\r\n",
      latin1("\x1b$BF|\x1b(B"),
    ),
    [4],
  );
});

Deno.test("search() reads no more than it needs", async () => {
  const mailbox = await mailboxOf([...HEADERS, ...BODIES]);
  const read: string[] = [];
  const context = contextOf({
    ...mailbox,
    state: mailbox.state,
    name: mailbox.name,
    readSummaries(uids) {
      read.push(`summaries ${uids}`);
      return mailbox.readSummaries(uids);
    },
    readSources(uids) {
      read.push(`sources ${uids}`);
      return mailbox.readSources(uids);
    },
  });
  const cases: [string, string[]][] = [
    ["UNSEEN 1:4", []],
    ["TEXT x SEEN", []],
    ["OR BODY x ALL", []],
    ["BODY x UID 2", ["sources 2"]],
    ["FROM smith UID 1:3", ["summaries 1,2,3"]],
    ["HEADER X-Custom x UID 5", ["sources 5"]],
    ["BODY x SUBJECT hello UID 1:3", ["summaries 1,2,3", "sources 1"]],
    ["OR BODY x NOT SUBJECT hello UID 1:3", ["summaries 1,2,3", "sources 1"]],
  ];
  for (const [key, expected] of cases) {
    read.length = 0;
    await found(context, key);
    assertEquals(read, expected, key);
  }
});

Deno.test("search() asks extensions' keys of the columns", async () => {
  const mailbox = await mailboxOf([
    { source: "A: b\n\n", internalDate: 1_000 },
    { source: "A: b\n\n", internalDate: 5_000 },
  ]);
  const uids = await search(contextOf(mailbox, { now: () => 6_000 }), {
    kind: "column",
    matches: (state, index, now) => now - state.internalDates[index]! < 2_000,
  });
  assertEquals([...uids], [2]);
});

Deno.test("search() finds strings of any length in time linear to the text", async () => {
  const long = "a".repeat(200_000);
  const context = contextOf(
    await mailboxOf([
      { source: crlf(`Subject: ${long.slice(0, 5_000)}\n\n${long}${long}\n`) },
      { source: crlf(`Subject: x\n\nb${long}\n`) },
    ]),
  );
  const literal = crlf(`b${long}`);
  const length = literal.length;
  assertEquals(await found(context, `BODY {${length}}\r\n`, literal), [2]);
  assertEquals(await found(context, `TEXT {${length}}\r\n`, literal), [2]);
  assertEquals(await found(context, `SUBJECT {${length}}\r\n`, literal), []);
  const part = crlf(long.slice(0, 4_000));
  assertEquals(await found(context, "SUBJECT {4000}\r\n", part), [1]);
});

Deno.test("search() looks at the clock between the structure of a message and its signature", async () => {
  const mailbox = await mailboxOf([simple("A: b")]);
  const context = contextOf(mailbox, { indexes: new TextIndexes(10_000) });
  const events: string[] = [];
  const { state } = mailbox;
  using _place = watch(state, "indexOf", () => events.push("turn to it"));
  using _sign = watch(TextSigner.prototype, "sign", () => events.push("sign"));
  const pace = new Pace(() => events.push("look") * 0);
  await search(context, { kind: "body", text: "hello" }, { pace });
  const signed = events.indexOf("sign");
  assertEquals(events.slice(signed - 2, signed), ["turn to it", "look"]);
});
