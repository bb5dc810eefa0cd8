/**
 * SORT, with orders that are known beforehand.
 *
 * @module
 */

import { facts, sentAt } from "../mail.ts";
import { type Bench, mustBe, type Row, timed } from "../row.ts";

/** Sorts the archive for the second time: what a server finds out about messages when it first sorts them, it knows. */
async function sort(
  bench: Bench,
  key: string,
  valueOf: (n: number) => number | string,
): Promise<number | undefined> {
  using client = await bench.openArchive();
  if (
    !(await client.lines("CAPABILITY")).some((line) => / SORT\b/.test(line))
  ) {
    return undefined;
  }
  const command = `SORT (${key}) UTF-8 ALL`;
  await client.lines(command);
  let sorted = "";
  const time = await timed(async () => {
    sorted = (await client.lines(command))
      .find((line) => line.startsWith("* SORT")) ?? "";
  });
  const expected = Array.from(
    bench.archive.messages,
    (_, n) => ({ number: n + 1, value: valueOf(n) }),
  ).sort((a, b) =>
    a.value < b.value ? -1 : a.value > b.value ? 1 : a.number - b.number
  );
  const numbers = expected.map(({ number }) => number);
  mustBe(`SORT (${key})`, sorted, ["* SORT", ...numbers].join(" "));
  return time;
}

/** As i;unicode-casemap has it, as far as the generated subjects go. */
function collated(subject: string): string {
  return subject.toUpperCase().normalize("NFKD");
}

/** SORT of the archive. */
export const sortRows: readonly Row[] = [
  {
    name: "SORT (DATE), again",
    unit: "ms",
    runs: 9,
    measure: (bench) => sort(bench, "DATE", sentAt),
  },
  {
    name: "SORT (SUBJECT), again",
    unit: "ms",
    runs: 9,
    measure: (bench) =>
      sort(bench, "SUBJECT", (n) => collated(facts(n).subject)),
  },
];
