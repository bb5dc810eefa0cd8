import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { headerFields } from "../mime/header.ts";
import { KEPT_FIELDS, KeptNames } from "./kept_fields.ts";
import { MIME_LIMITS } from "../mime/limits.ts";
import {
  describe,
  describeLater,
  readSummary,
  summarize,
  summaryOf,
} from "./summary.ts";
import { olderSummary } from "./summary_testing.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

/** The summary of a source in every format that can be read. */
function inAllFormats(source: Uint8Array) {
  const summary = summarize(source);
  return [summary, olderSummary(summary, 2), olderSummary(summary, 1)]
    .map((one) => readSummary(one)!);
}

Deno.test("a field is picked as often as it is there, folded or with blanks before its colon", () => {
  const source = bytes(
    "to: a@b\r\nX-Other: 1\r\n\tTo: 2\r\nSubject \t: s\r\n t\r\nTO: c@d\r\n\r\nTo: text",
  );
  for (const summary of inAllFormats(source)) {
    const pick = (...names: string[]) =>
      text(summary.pick(new KeptNames(names)));
    assertEquals(pick("To"), "to: a@b\r\nTO: c@d\r\n\r\n");
    assertEquals(pick("SUBJECT", "to", "To"), text(summary.fields));
    assertEquals(pick("subject"), "Subject \t: s\r\n t\r\n\r\n");
    assertEquals(pick("Cc", "X-Other", "\u212aeywords"), "\r\n");
  }
});

Deno.test("what is picked of a summary is what would be picked of the source", () => {
  const name = fc.constantFrom(...KEPT_FIELDS, "x-other", "received", "");
  const field = fc.tuple(
    name,
    fc.constantFrom(":", ": ", " :", "\t: ", ""),
    fc.constantFrom("", "value", "a\r\n b", "\n\tc", "ä\0"),
    fc.constantFrom("\r\n", "\n", "\r"),
  ).map((parts) => parts.join(""));
  fc.assert(fc.property(
    fc.array(field, { maxLength: 12 }),
    fc.constantFrom("", "\n", "\r\n", "\r\n\r\nSubject: text\r\n"),
    fc.array(fc.constantFrom(...KEPT_FIELDS), { minLength: 1, maxLength: 9 }),
    (fields, rest, names) => {
      const source = bytes(fields.join("") + rest);
      for (const summary of inAllFormats(source)) {
        assertEquals(
          text(summary.pick(new KeptNames(names))),
          text(headerFields(source, 0, summary.headerSize, names, false)),
        );
      }
    },
  ));
});

Deno.test("each field of a summary is told of where it is", () => {
  const source = bytes(
    "to: a@b\r\nX-Other: 1\r\nSubject \t: s: t\r\n u\r\nTO: c@d\r\nCc:\r\n\r\nTo: text",
  );
  const names = [...KEPT_FIELDS];
  for (const summary of [...inAllFormats(source), summaryOf(source)]) {
    const told: string[][] = [];
    summary.eachField((name, start, valueStart, end) =>
      told.push([
        names[name]!,
        text(summary.fields.subarray(start, valueStart)),
        text(summary.fields.subarray(valueStart, end)),
      ])
    );
    assertEquals(told, [
      ["to", "to:", " a@b\r\n"],
      ["subject", "Subject \t:", " s: t\r\n u\r\n"],
      ["to", "TO:", " c@d\r\n"],
      ["cc", "Cc:", "\r\n"],
    ]);
  }
});

Deno.test("fields that are too much to be kept are picked of the source", () => {
  const folded = `Subject: x\r\n${" y\r\n".repeat(20_000)}`;
  const many = "X: y\r\n".repeat(MIME_LIMITS.maxEnvelopeBytes / 6);
  const names = new KeptNames(["subject", "to"]);
  for (
    const [header, kept] of [
      [`${folded}To: a@b\r\nX: y\r\n\r\n`, `${folded}To: a@b\r\n\r\n`],
      [`${folded}${folded}`, folded + folded],
      // The field that is the last to be looked at ends far beyond.
      [`${many}${folded}${folded}To: a@b\r\n\r\n`, `${folded}\r\n`],
    ] as const
  ) {
    const source = bytes(header);
    assertEquals(summarize(source).length, 0);
    const summary = summaryOf(source);
    assertEquals(summary.headerSize, header.length);
    assertEquals(text(summary.pick(names)), kept);
    assertEquals(text(summary.fields), kept);
  }
  // What reaches far beyond but is not kept is no reason to keep nothing.
  const source = bytes(`Subject: s\r\n${many}${many}\r\n`);
  const summary = readSummary(summarize(source))!;
  assertEquals(text(summary.pick(names)), "Subject: s\r\n\r\n");
});

Deno.test("what is described later is described the same", () => {
  const source = bytes("Subject: a\r\nMessage-ID: <b@c>\r\n\r\nd\r\n");
  const later = Object.assign(describeLater(source), { flags: [] });
  const { summary } = later;
  assertEquals({ ...later }, { ...describe(source), flags: [] });
  assertEquals(later.summary === summary, true);
});
