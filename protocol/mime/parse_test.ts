import { assert, assertEquals } from "@std/assert";
import { checkInvariants } from "./invariants_testing.ts";
import { parseMessage, type Part } from "./parse.ts";

const encoder = new TextEncoder();

/** A part in few words: type, header, body, then what is in it. */
function shape(text: string, part: Part): unknown[] {
  return [
    `${part.type}/${part.subtype}`,
    text.slice(part.headerStart, part.bodyStart),
    text.slice(part.bodyStart, part.bodyEnd),
    ...(part.message === null ? [] : [shape(text, part.message)]),
    ...part.children.map((child) => shape(text, child)),
  ];
}

function parse(text: string): Part {
  return parseMessage(encoder.encode(text));
}

/** The bodies of the leaves, in order. */
function leaves(text: string, part: Part = parse(text)): string[] {
  if (part.message !== null) return leaves(text, part.message);
  if (part.type === "MULTIPART") {
    return part.children.flatMap((child) => leaves(text, child));
  }
  return [text.slice(part.bodyStart, part.bodyEnd)];
}

/** A multipart/mixed with the boundary "a" around lines that are given. */
function mixed(...lines: string[]): string {
  return ["Content-Type: multipart/mixed; boundary=a", "", ...lines].join("\n");
}

Deno.test("a message of nothing, of a header, of a body", () => {
  for (
    const [text, header, body] of [
      ["", "", ""],
      ["Subject: x", "Subject: x", ""],
      ["Subject: x\n", "Subject: x\n", ""],
      ["Subject: x\r\n\r\n", "Subject: x\r\n\r\n", ""],
      ["\nbody\n", "\n", "body\n"],
      ["\r\nbody", "\r\n", "body"],
      ["Subject: x\n\nbody", "Subject: x\n\n", "body"],
      ["Subject: x\r\n\nbody", "Subject: x\r\n\n", "body"],
      // A line of white space alone is folded, not empty.
      ["Subject: x\n \nTo: y\n\nbody", "Subject: x\n \nTo: y\n\n", "body"],
      // A line without a colon does not end the header.
      [
        "Subject: x\nhello\nTo: y\n\nbody",
        "Subject: x\nhello\nTo: y\n\n",
        "body",
      ],
      [
        "From a@b Mon Jan 1\nTo: y\n\nbody",
        "From a@b Mon Jan 1\nTo: y\n\n",
        "body",
      ],
      // A CR alone ends nothing.
      ["Subject: x\r\rbody", "Subject: x\r\rbody", ""],
    ] as const
  ) {
    assertEquals(shape(text, parse(text)), ["TEXT/PLAIN", header, body]);
  }
});

Deno.test("lines of a body are its line feeds", () => {
  assertEquals(parse("\na").bodyLines, 0);
  assertEquals(parse("\na\n").bodyLines, 1);
  assertEquals(parse("\r\na\r\n\r\nb\r\n").bodyLines, 3);
  const text = mixed("--a", "", "one", "two", "", "--a", "", "x", "--a--", "");
  const { children } = parse(text);
  assertEquals(children.map((part) => part.bodyLines), [2, 0]);
});

Deno.test("preamble, epilogue, and the line end before a boundary", () => {
  for (const end of ["\n", "\r\n"]) {
    const text = [
      'Content-Type: multipart/mixed; boundary="a"',
      "",
      "preamble",
      "--a",
      "Content-Type: text/html",
      "",
      "one",
      "",
      "--a",
      "",
      "two",
      "--a--",
      "epilogue",
      "--a",
      "no part",
    ].join(end);
    const [type, , , ...children] = shape(text, parse(text));
    assertEquals(type, "MULTIPART/MIXED");
    assertEquals(children, [
      ["TEXT/HTML", `Content-Type: text/html${end}${end}`, `one${end}`],
      ["TEXT/PLAIN", end, "two"],
    ]);
  }
});

Deno.test("missing pieces of a multipart", () => {
  // No closing delimiter, no line end at the end.
  assertEquals(leaves(mixed("--a", "", "one", "--a", "", "two")), [
    "one",
    "two",
  ]);
  // No delimiter at all, a closing one alone, no boundary parameter.
  assertEquals(parse(mixed("text")).children, []);
  assertEquals(parse(mixed("--a--", "text")).children, []);
  const none = parse("Content-Type: multipart/mixed\n\n--a\n\nx\n--a--\n");
  assertEquals([none.type, none.children.length], ["MULTIPART", 0]);
  // Parts without a header, without a body, without either.
  const text = mixed("--a", "--a", "", "--a", "", "", "--a", "X: y", "--a--");
  assertEquals(parse(text).children.map((part) => shape(text, part).slice(1)), [
    ["", ""],
    ["", ""],
    ["\n", ""],
    ["X: y\n", ""],
  ]);
});

Deno.test("the empty line before a delimiter belongs to the delimiter", () => {
  // RFC 2046 § 5.1.1: body-part := MIME-part-headers [CRLF *OCTET], delimiter := CRLF dash-boundary.
  const text = mixed("--a", "X: y", "", "--a--");
  assertEquals(shape(text, parse(text).children[0]!).slice(1), ["X: y\n", ""]);
  const inner = mixed(
    "--a",
    "Content-Type: message/rfc822",
    "",
    "X: y",
    "",
    "--a--",
  );
  const message = parse(inner).children[0]!;
  assertEquals(shape(inner, message).slice(1), [
    "Content-Type: message/rfc822\n\n",
    "X: y\n",
    ["TEXT/PLAIN", "X: y\n", ""],
  ]);
});

Deno.test("a delimiter of an outer multipart ends what is inside", () => {
  const text = mixed(
    "--a",
    "Content-Type: multipart/alternative; boundary=b",
    "",
    "--b",
    "",
    "one",
    "--a",
    "",
    "two",
    "--b",
    "still two",
    "--a--",
  );
  const [, , , inner, second] = shape(text, parse(text));
  assertEquals((inner as unknown[])[2], "--b\n\none");
  assertEquals(second, ["TEXT/PLAIN", "\n", "two\n--b\nstill two"]);
});

Deno.test("a delimiter in a header ends the header", () => {
  const text = mixed("--a", "Content-Type: text/html", "--a", "", "x", "--a--");
  assertEquals(parse(text).children.map((part) => shape(text, part)), [
    ["TEXT/HTML", "Content-Type: text/html\n", ""],
    ["TEXT/PLAIN", "\n", "x"],
  ]);
});

Deno.test("boundaries that begin like others, or equal others", () => {
  const nest = (outer: string, inner: string) =>
    [
      `Content-Type: multipart/mixed; boundary="${outer}"`,
      "",
      `--${outer}`,
      `Content-Type: multipart/mixed; boundary="${inner}"`,
      "",
      `--${inner}`,
      "",
      "one",
      `--${inner}--`,
      `--${outer}`,
      "",
      "two",
      `--${outer}--`,
    ].join("\n");
  for (
    const [outer, inner] of [["ab", "a"], ["a", "ab"], ["x", "xx"], ["a", "a"]]
  ) {
    const text = nest(outer!, inner!);
    const root = parse(text);
    assertEquals(root.children[0]!.children.length, 1, `${outer} ${inner}`);
    if (outer !== inner) {
      assertEquals(root.children.length, 2);
      assertEquals(leaves(text, root), ["one", "two"]);
    }
  }
});

Deno.test("boundaries with white space, of nothing, of other charsets", () => {
  assertEquals(leaves(mixed("--a \t", "", "x", "--a-- ", "y")), ["x"]);
  const spaced = 'Content-Type: multipart/mixed; boundary="b c "\n\n';
  assertEquals(leaves(`${spaced}--b c\n\nx\n--b c \n\ny\n--b c --\nz`), [
    "x",
    "y",
  ]);
  const empty = 'Content-Type: multipart/mixed; boundary=""\n\n';
  assertEquals(leaves(`${empty}--\n\nx\n-- y\n--z\n----\n`), ["x\n-- y\n--z"]);
  const bytes = encoder.encode(
    "Content-Type: multipart/mixed; boundary=?\n\n--?\n\nx\n--?--\n",
  ).map((byte) => byte === 63 ? 0xe9 : byte);
  assertEquals(parseMessage(bytes).children.length, 1);
});

Deno.test("multipart/digest has messages by default", () => {
  const text = [
    "Content-Type: multipart/digest; boundary=a",
    "",
    "--a",
    "",
    "Subject: x",
    "",
    "one",
    "--a",
    "Content-Type: text/plain",
    "",
    "two",
    "--a--",
  ].join("\n");
  const [, , , first, second] = shape(text, parse(text));
  assertEquals(first, [
    "MESSAGE/RFC822",
    "\n",
    "Subject: x\n\none",
    ["TEXT/PLAIN", "Subject: x\n\n", "one"],
  ]);
  assertEquals(second, ["TEXT/PLAIN", "Content-Type: text/plain\n\n", "two"]);
});

Deno.test("which messages are read inside messages", () => {
  const embedded = (head: string) =>
    parse(`${head}\n\nSubject: x\n\ny`).message;
  assert(embedded("Content-Type: message/rfc822") !== null);
  assert(embedded("Content-Type: Message/Global") !== null);
  assert(
    embedded(
      "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit",
    ) !==
      null,
  );
  for (
    const head of [
      "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64",
      "Content-Type: message/rfc822\nContent-Transfer-Encoding: Quoted-Printable",
      "Content-Type: message/partial; id=x; number=1",
      "Content-Type: message/delivery-status",
      "Content-Type: message/external-body",
    ]
  ) assertEquals(embedded(head), null, head);
});

Deno.test("Content- fields", () => {
  const part = parse([
    'Content-Type: (a) text (b) / (c) HTML; charset=(d)x; name="a;b\\"c"',
    "content-transfer-encoding: Quoted-Printable (e)",
    "Content-ID: <a@b>",
    "Content-Description: =?utf-8?q?x?=",
    "  y",
    "Content-MD5: Q2hlY2s=",
    "Content-Disposition: Attachment; filename*0=a; filename*1=b",
    "Content-Language: en, de (German)",
    "Content-Location: http://x/",
    " y",
    "Content-Type: text/plain",
    "",
    "",
  ].join("\r\n"));
  assertEquals([part.type, part.subtype], ["TEXT", "HTML"]);
  assertEquals(part.parameters, [["charset", "x"], ["name", 'a;b"c']]);
  assertEquals(part.encoding, "QUOTED-PRINTABLE");
  assertEquals(part.id, "<a@b>");
  assertEquals(part.description, "=?utf-8?q?x?=  y");
  assertEquals(part.md5, "Q2hlY2s=");
  assertEquals(part.disposition, {
    type: "Attachment",
    parameters: [["filename", "ab"]],
  });
  assertEquals(part.language, ["en", "de"]);
  assertEquals(part.location, "http://x/y");
});

Deno.test("a Content-Type that is no type is text/plain", () => {
  for (
    const value of ["", "text", "text/", "/plain", "text; charset=x", "a b/c"]
  ) {
    const part = parse(`Content-Type: ${value}\n\nx`);
    assertEquals(
      [part.type, part.subtype, part.parameters.length],
      ["TEXT", "PLAIN", 0],
      value,
    );
  }
  const part = parse("Content-Type : text/html charset=x; a=b\n\nx");
  assertEquals([part.type, part.subtype, part.parameters], [
    "TEXT",
    "HTML",
    [["a", "b"]],
  ]);
});

Deno.test("limits stop the taking apart and nothing else", () => {
  const many = encoder.encode(mixed(...Array(1_000).fill("--a\n\nx"), "--a--"));
  const limited = parseMessage(many, { maxParts: 4 });
  checkInvariants(many, limited);
  assertEquals(limited.children.length, 3);
  assertEquals(limited.children[2]!.bodyEnd, many.length);
  assertEquals(parseMessage(many).children.length, 1_000);

  const deep = encoder.encode("Content-Type: message/rfc822\n\n".repeat(9));
  let part: Part | null = parseMessage(deep, { maxDepth: 3 });
  let depth = 0;
  for (; part !== null; part = part.message) depth++;
  assertEquals(depth, 3);

  const late = encoder.encode(`${"X: y\n".repeat(50)}Content-Type: a/b\n\n`);
  assertEquals(parseMessage(late).type, "A");
  assertEquals(parseMessage(late, { maxHeaderFields: 50 }).type, "TEXT");
  assertEquals(parseMessage(late, { maxHeaderBytes: 250 }).type, "TEXT");
  for (const end of ["", "\n", "\r\n", "\n\nx", "\r\n\r\nx\ny\r\n"]) {
    const all = encoder.encode(`A: b\nB: c\r\nC: d\rD: e${end}`);
    const far = parseMessage(all, { maxHeaderBytes: 1 });
    checkInvariants(all, far);
    const { bodyStart, bodyEnd, bodyLines } = parseMessage(all);
    assertEquals(
      [far.bodyStart, far.bodyEnd, far.bodyLines],
      [bodyStart, bodyEnd, bodyLines],
    );
  }
});

Deno.test("the end of a header is found wherever it lies", () => {
  for (const empty of ["\n\n", "\n\r\n"]) {
    for (let size = 65_525; size < 65_545; size++) {
      const text = `A: ${"x".repeat(size)}\r\n${"b\r\n"}c${empty}x\ny\n`;
      const bytes = encoder.encode(text);
      const { bodyStart, bodyLines } = parseMessage(bytes, {
        maxHeaderBytes: 1,
      });
      assertEquals([bodyStart, bodyLines], [text.indexOf("x\ny\n"), 2]);
    }
  }
});

Deno.test("a delimiter is found wherever it lies behind an attachment", () => {
  for (const end of ["\n", "\r\n"]) {
    const head = ["Content-Type: multipart/mixed; boundary=a", "", "--a"]
      .concat("Content-Type: application/x", "", "").join(end);
    for (let size = 65_460; size < 65_545; size++) {
      const body = `${"x".repeat(size - head.length)}${end}--b${end}`;
      const text = `${head}${body}--a${end}${end}one${end}two${end}--a--`;
      const root = parse(text);
      checkInvariants(encoder.encode(text), root);
      const [attachment, note] = root.children;
      assertEquals(attachment!.bodyEnd, text.indexOf(`${end}--a${end}${end}`));
      assertEquals([attachment!.bodyLines, note!.bodyLines], [0, 1]);
    }
  }
});
