/**
 * Random keys over random mailboxes, against an evaluator that knows what the messages mean because it has
 * not parsed them: it looks at what they were made of.
 */

import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { search } from "./evaluate.ts";
import { makePredicate } from "./predicate.ts";
import type { SearchKey } from "./search_key.ts";
import { contextOf, mailboxOf } from "./testing.ts";
import { TextIndexes } from "./text_index.ts";
import { rounds } from "../../../tests/shards/part.ts";

const DAY = 86_400_000;

/** What a message is made of. */
interface Model {
  readonly flags: readonly string[];
  readonly subject: string | undefined;
  readonly custom: string | undefined;
  readonly body: string;
  readonly inner: string | undefined;
  readonly encoding: "8bit" | "base64" | "quoted-printable";
  readonly encodeWords: boolean;
  readonly arrivalDay: number;
  readonly sentDay: number | undefined;
  readonly summary: boolean;
}

const WORDS = ["red", "Green", "BLUE", "größe", "мир", "日本", "a", ""];
const FLAGS = ["\\Seen", "\\Deleted", "\\Flagged", "work"];
const phrase = fc.array(fc.constantFrom(...WORDS), { maxLength: 4 })
  .map((words) => words.filter((word) => word !== "").join(" "));
const day = fc.integer({ min: 10_000, max: 10_004 });

const models: fc.Arbitrary<Model> = fc.record({
  flags: fc.subarray(FLAGS),
  subject: fc.option(phrase, { nil: undefined }),
  custom: fc.option(phrase, { nil: undefined }),
  body: phrase,
  inner: fc.option(phrase, { nil: undefined }),
  encoding: fc.constantFrom("8bit", "base64", "quoted-printable"),
  encodeWords: fc.boolean(),
  arrivalDay: day,
  sentDay: fc.option(day, { nil: undefined }),
  summary: fc.boolean(),
});

/** The message of a model. */
function sourceOf(model: Model): string {
  const word = (text: string) =>
    model.encodeWords && text !== ""
      ? `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`
      : text.replaceAll(" ", "\n  ");
  const date = new Date((model.sentDay ?? 0) * DAY).toUTCString();
  const text = [
    "Content-Type: text/plain; charset=utf-8",
    `Content-Transfer-Encoding: ${model.encoding}`,
    "",
    encode(model.body, model.encoding),
  ];
  return [
    ...model.sentDay === undefined
      ? []
      : [`Date: ${date.replace("GMT", "+1400")}`],
    ...model.subject === undefined ? [] : [`Subject: ${word(model.subject)}`],
    ...model.custom === undefined ? [] : [`X-Custom: ${word(model.custom)}`],
    ...model.inner === undefined ? text : [
      "Content-Type: multipart/mixed; boundary=x",
      "",
      "--x",
      ...text,
      "--x",
      "Content-Type: message/rfc822",
      "",
      `Comments: ${word(model.inner)}`,
      "",
      "--x--",
    ],
    "",
  ].join("\n");
}

function encode(text: string, encoding: Model["encoding"]): string {
  const bytes = Buffer.from(text);
  switch (encoding) {
    case "8bit":
      return text;
    case "base64":
      return bytes.toString("base64");
    case "quoted-printable":
      return Array.from(
        bytes,
        (byte) => "=" + byte.toString(16).toUpperCase().padStart(2, "0"),
      ).join("");
  }
}

const bounds = day.chain((from) =>
  fc.constantFrom([-Infinity, from], [from, from + 1], [from, Infinity])
);
const set = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
  { minLength: 1, maxLength: 3 },
);
const needle = fc.oneof(fc.constantFrom(...WORDS), phrase).map((text) =>
  text.replace("größe", "GRÖßE").toLowerCase()
);

const { key: keys } = fc.letrec<{ key: SearchKey }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 4, depthSize: "medium" },
    fc.constant<SearchKey>({ kind: "all" }),
    fc.constantFrom(...FLAGS).map((flag): SearchKey => ({
      kind: "flag",
      flag: flag.toLowerCase(),
    })),
    set.chain((ranges) =>
      fc.constantFrom<SearchKey>(
        { kind: "numbers", set: { kind: "ranges", ranges } },
        { kind: "uids", set: { kind: "ranges", ranges } },
        { kind: "numbers", set: { kind: "saved" } },
      )
    ),
    bounds.chain(([from, to]) =>
      fc.constantFrom<SearchKey>(
        { kind: "internalDate", from: from!, to: to! },
        { kind: "sentDate", from: from!, to: to! },
      )
    ),
    fc.integer({ min: 0, max: 400 }).map((above): SearchKey => ({
      kind: "size",
      above,
      below: Infinity,
    })),
    needle.chain((text) =>
      fc.constantFrom<SearchKey>(
        { kind: "header", field: "subject", text },
        { kind: "header", field: "x-custom", text },
        { kind: "body", text },
        { kind: "text", text },
      )
    ),
    tie("key").map((key): SearchKey => ({ kind: "not", key })),
    fc.array(tie("key"), { minLength: 1, maxLength: 3 }).chain((keys) =>
      fc.constantFrom<SearchKey>({ kind: "and", keys }, { kind: "or", keys })
    ),
  ),
}));

/** A message, where it is, and how large it turned out to be. */
interface Placed {
  readonly model: Model;
  readonly uid: number;
  readonly number: number;
  readonly size: number;
}

const SAVED = [2, 3, 7];

function has(text: string | undefined, needle: string): boolean {
  const plain = (text: string) => text.toLowerCase();
  return text !== undefined && plain(text).includes(plain(needle));
}

/** Whether a key matches a message, straight from the RFC. */
function matches(key: SearchKey, message: Placed): boolean {
  const { model, uid, number, size } = message;
  const within = (key: { from: number; to: number }, day: number | undefined) =>
    day !== undefined && day >= key.from && day < key.to;
  switch (key.kind) {
    case "all":
      return true;
    case "flag":
      return model.flags.some((flag) => flag.toLowerCase() === key.flag);
    case "numbers":
    case "uids": {
      if (key.set.kind === "saved") return SAVED.includes(uid);
      const value = key.kind === "uids" ? uid : number;
      return key.set.ranges.some(([a, b]) =>
        value >= Math.min(a, b) && value <= Math.max(a, b)
      );
    }
    case "internalDate":
      return within(key, model.arrivalDay);
    case "sentDate":
      return within(key, model.sentDay);
    case "size":
      return size > key.above && size < key.below;
    case "header":
      return has(
        key.field === "subject" ? model.subject : model.custom,
        key.text,
      );
    case "body":
      return has(model.body, key.text);
    case "text":
      return [model.body, model.subject, model.custom, model.inner]
        .some((text) => has(text, key.text)) ||
        // The names and values of the other fields hold no more of the words than these.
        (key.text === "a" || key.text === "");
    case "not":
      return !matches(key.key, message);
    case "and":
      return key.keys.every((key) => matches(key, message));
    case "or":
      return key.keys.some((key) => matches(key, message));
    case "recent":
    case "column":
    case "deferred":
      throw new Error("Not among the keys");
  }
}

Deno.test("search() finds what the messages are made of", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(models, { maxLength: 8 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 2 }),
      fc.array(keys, { minLength: 5, maxLength: 10 }),
      fc.constantFrom(0, 1_000, 1_000_000),
      async (models, gone, keys, room) => {
        const sources = models.map(sourceOf);
        const mailbox = await mailboxOf(models.map((model, index) => ({
          source: sources[index]!,
          flags: model.flags,
          internalDate: model.arrivalDay * DAY + 1,
          summary: model.summary,
        })));
        const context = contextOf(mailbox, {
          saved: () => Uint32Array.from(SAVED),
          indexes: new TextIndexes(room),
        });
        const placed = models.map((model, index): Placed => ({
          model,
          uid: index + 1,
          number: index + 1,
          size: mailbox.state.sizes[index]!,
        }));
        const there = gone.filter((uid) => uid <= models.length).sort();
        await mailbox.expunge(Uint32Array.from(there));
        for (const key of keys) {
          assertEquals(
            [...await search(context, key)],
            placed.filter((message) =>
              !gone.includes(message.uid) && matches(key, message)
            ).map(({ uid }) => uid),
          );
        }
      },
    ),
    { numRuns: rounds(800), seed: 2 },
  );
});

Deno.test("makePredicate() asks for the fields and strings of a key once", async () => {
  const context = contextOf(await mailboxOf([]));
  const body: SearchKey = { kind: "body", text: "x" };
  const subject: SearchKey = { kind: "header", field: "subject", text: "x" };
  const { fields, strings } = makePredicate(context, {
    kind: "or",
    keys: [body, subject, { kind: "not", key: body }, {
      kind: "and",
      keys: [subject, { kind: "text", text: "x" }],
    }],
  });
  assertEquals([...fields], ["subject"]);
  assertEquals(strings.map((string) => string.inHeaders), [false, true]);
});
