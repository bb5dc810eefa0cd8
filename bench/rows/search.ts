/**
 * SEARCH with answers that are known beforehand.
 *
 * @module
 */

import { facts, type MailFacts } from "../mail.ts";
import { type Bench, mustBe, type Row, timed } from "../row.ts";
import {
  FREQUENT_TEXT_WORD,
  RARE_SUBJECT_WORD,
  RARE_TEXT_WORD,
} from "../words.ts";

async function search(
  bench: Bench,
  key: string,
  matches: (known: MailFacts) => boolean,
): Promise<number> {
  using client = await bench.openArchive();
  let found = "";
  const time = await timed(async () => {
    found = (await client.lines(`SEARCH ${key}`))
      .find((line) => line.startsWith("* SEARCH")) ?? "";
  });
  const expected: number[] = [];
  for (let n = 0; n < bench.archive.messages.length; n++) {
    if (matches(facts(n))) expected.push(n + 1);
  }
  mustBe(`SEARCH ${key}`, found, ["* SEARCH", ...expected].join(" "));
  return time;
}

function row(
  name: string,
  key: string,
  matches: (known: MailFacts) => boolean,
  runs = 3,
): Row {
  return {
    name,
    unit: "ms",
    runs,
    measure: (bench) => search(bench, key, matches),
  };
}

/** SEARCH of the archive. */
export const searchRows: readonly Row[] = [
  row(
    "SEARCH TEXT, a rare word",
    `TEXT ${RARE_TEXT_WORD}`,
    (known) => known.rareText,
  ),
  row(
    "SEARCH BODY, a rare word",
    `BODY ${RARE_TEXT_WORD}`,
    (known) => known.rareText,
  ),
  row(
    "SEARCH BODY, in a third of the messages",
    `BODY ${FREQUENT_TEXT_WORD}`,
    (known) => known.frequentText,
  ),
  row("SEARCH BODY, nowhere", "BODY xylophonist", () => false),
  row(
    "SEARCH SUBJECT, a rare word",
    `SUBJECT ${RARE_SUBJECT_WORD}`,
    (known) => known.rareSubject,
    9,
  ),
  row(
    "SEARCH FROM, an address",
    `FROM ${facts(1).from}`,
    (known) => known.from === facts(1).from,
    9,
  ),
];
