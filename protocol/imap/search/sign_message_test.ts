/**
 * Random messages in charsets and transfer encodings of all kinds: what is found in their texts has to pass their
 * signatures.
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FieldNames } from "../../mime/header.ts";
import { parseMessage } from "../../mime/parse.ts";
import { Pace } from "../../../storage/pace.ts";
import { rounds } from "../../../tests/shards/part.ts";
import { readSummary, summarize } from "../summary.ts";
import { searchBody } from "./body_search.ts";
import { search } from "./evaluate.ts";
import { fold } from "./fold.ts";
import { HeaderTexts } from "./header_texts.ts";
import { FieldSigner, TextSigner } from "./sign_message.ts";
import { mayContain, saltOf, triplesOf } from "./signature.ts";
import { contextOf, mailboxOf, watch } from "./testing.ts";
import { TextIndexes } from "./text_index.ts";
import { Needle } from "./text_match.ts";

const encoder = new TextEncoder();

const unit = fc.constantFrom(
  ...["a", "B", "cd ", "  ", "\r\n", "\t", "=", "=?", "=\r\n", "=E9", "=00"],
  ...[
    "é",
    "e\u0301\u0323",
    "ß",
    "ﬁ",
    "Жж",
    "日本",
    "한국",
    "𝐚",
    "😀",
    "\0",
    "\u00a0",
  ],
  ...[
    "\u0301".repeat(31),
    '\u001b$B$"\u001b(B',
    "+AOk-",
    "+2AA-",
    "w6k=",
    "ＡＢ",
  ],
);
const units = (maxLength: number) => fc.array(unit, { maxLength });

const charset = fc.constantFrom(
  ...["", "us-ascii", "utf-8", "iso-8859-1", "koi8-r", "iso-2022-jp", "utf-7"],
  ...["utf-16le", "shift_jis", "gb18030", "cp437", "x-none"],
);

/** One byte a character where there is one, as old mail has it. */
const oldBytes = (text: string) =>
  Uint8Array.from(text, (char) => char.codePointAt(0)! & 0xff);

const value = units(4).map((units) =>
  units.join("").replaceAll("\r\n", "\r\n ")
);

/** A message of a part or two, each with a header field of its own. */
const message = fc.record({
  subject: value,
  word: value,
  parts: fc.array(
    fc.record({
      charset,
      encoding: fc.constantFrom("8bit", "base64", "quoted-printable", "x"),
      body: units(12).map((units) => units.join("")),
      field: value,
    }),
    { minLength: 1, maxLength: 2 },
  ),
  isOld: fc.boolean(),
}).map(({ subject, word, parts, isOld }) => {
  const bytes = isOld ? oldBytes : (text: string) => encoder.encode(text);
  const encoded = encoder.encode(word).toBase64();
  const source = [
    `Subject: ${subject}\r\nFrom: =?utf-8?b?${encoded}?= <a@b>\r\n`,
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n",
    ...parts.map(({ charset, encoding, body, field }) =>
      `--x\r\nX-Part: ${field}\r\nContent-Type: text/plain` +
      (charset === "" ? "" : `; charset=${charset}`) +
      `\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n` +
      (encoding === "base64" && !isOld ? bytes(body).toBase64() : body) +
      "\r\n"
    ),
    "--x--\r\n",
  ];
  return bytes(source.join(""));
});

const needles = fc.array(
  fc.array(
    fc.oneof(unit, fc.constantFrom("é", "b", "ss", "fi", "Subject", "\ud800")),
    {
      minLength: 1,
      maxLength: 3,
    },
  ).map((units) => units.join("")),
  { minLength: 1, maxLength: 6 },
);

Deno.test("what is found in a message passes its signature", async () => {
  const pace = new Pace();
  const signer = new TextSigner(pace);
  let found = 0;
  await fc.assert(
    fc.asyncProperty(message, needles, async (source, texts) => {
      const root = parseMessage(source);
      const signature = await signer.sign(source, root);
      const strings = texts.flatMap((text) =>
        [true, false].map((inHeaders) => ({
          needle: new Needle(text),
          inHeaders,
        }))
      );
      const matches = await searchBody(source, root, strings, pace);
      for (const [index, { needle, inHeaders }] of strings.entries()) {
        if (matches[index] === 0) continue;
        found++;
        assert(
          mayContain(signature, needle.textTriples()) ||
            (inHeaders && mayContain(signature, needle.headerTriples())),
        );
      }
    }),
    { numRuns: rounds(3_000) },
  );
  assert(found > 0);
});

Deno.test("what is found in a header field passes the signature of fields", () => {
  const signer = new FieldSigner();
  const names = ["subject", "from"];
  fc.assert(
    fc.property(message, needles, (source, texts) => {
      const summary = readSummary(summarize(source))!;
      const signature = signer.sign(summary);
      const header = new HeaderTexts(summary.fields, new FieldNames(names));
      for (const name of names) {
        for (const needle of texts.map((text) => new Needle(text))) {
          if (!header.contains(name, needle)) continue;
          assert(mayContain(signature, needle.headerTriples(saltOf(name))));
        }
      }
    }),
    { numRuns: rounds(3_000) },
  );
});

Deno.test("search() finds what it would without signatures, the first time and again", async () => {
  const pace = new Pace();
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { minLength: 1, maxLength: 5 }),
      needles,
      async (sources, texts) => {
        const mailbox = await mailboxOf(sources.map((source) => ({ source })));
        const indexes = new TextIndexes(1_000_000);
        const contexts = [
          contextOf(mailbox),
          contextOf(mailbox, { indexes }),
          contextOf(mailbox, { indexes }),
        ];
        for (const text of texts) {
          for (const kind of ["body", "text"] as const) {
            const strings = [{
              needle: new Needle(text),
              inHeaders: kind === "text",
            }];
            const expected: number[] = [];
            for (const [index, source] of sources.entries()) {
              const root = parseMessage(source);
              const [has] = await searchBody(source, root, strings, pace);
              if (has === 1) expected.push(index + 1);
            }
            for (const context of contexts) {
              const found = await search(context, { kind, text });
              assertEquals([...found], expected);
            }
          }
        }
      },
    ),
    { numRuns: rounds(300) },
  );
});

/** A message that is one text in a charset. */
function textMessage(charset: string, body: Uint8Array): Uint8Array {
  const header = encoder.encode(
    `Content-Type: text/plain; charset=${charset}\r\n\r\n`,
  );
  const source = new Uint8Array(header.length + body.length);
  source.set(header);
  source.set(body, header.length);
  return source;
}

Deno.test("a long text is signed across the places where it is cut", async () => {
  const signer = new TextSigner(new Pace());
  const fills = ["filler ", "größe ", "ÿÿÿÿ ÿÿÿÿÿÿÿÿÿ\u00a0", "ÿ\u00d7ÿ"];
  for (const fill of fills) {
    const text = Array.from(
      { length: Math.ceil(150_000 / fill.length) },
      (_, n) => fill + String.fromCharCode(0xc0 + n % 61),
    ).join("");
    const bodies = [
      ["utf-8", encoder.encode(text)],
      ["iso-8859-1", oldBytes(text)],
    ] as const;
    const folded = fold(text);
    const triples = new Set<string>();
    for (let at = 2; at < folded.length; at++) {
      triples.add(folded.slice(at - 2, at + 1));
    }
    for (const [charset, body] of bodies) {
      const source = textMessage(charset, body);
      const signature = await signer.sign(source, parseMessage(source));
      for (const triple of triples) {
        assert(mayContain(signature, triplesOf(triple)), triple);
      }
    }
  }
});

Deno.test("no long text is encoded at once, and none that is UTF-8 already", async () => {
  const lengths: number[] = [];
  const note = (text: unknown) => lengths.push((text as string).length);
  using _encode = watch(TextEncoder.prototype, "encode", note);
  using _encodeInto = watch(TextEncoder.prototype, "encodeInto", note);
  const sign = async (source: Uint8Array) => {
    lengths.length = 0;
    const signer = new TextSigner(new Pace());
    await signer.sign(source, parseMessage(source));
  };
  const old = textMessage("windows-1252", oldBytes("grün ".repeat(100_000)));
  await sign(old);
  assert(lengths.length > 5);
  assert(lengths.every((length) => length <= 65_536));
  for (const odd of ["日本".repeat(1_000), "\0"]) {
    const source = textMessage(
      "utf-8",
      encoder.encode(odd + "grün ".repeat(20_000)),
    );
    await sign(source);
    assertEquals(lengths, []);
  }
});
